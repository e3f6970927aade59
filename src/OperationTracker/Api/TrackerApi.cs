namespace OperationTracker.Api;

/// <summary>All routes, one line each.</summary>
internal static class TrackerApi
{
    private static readonly string[] GetAndHead = [HttpMethods.Get, HttpMethods.Head];

    public static void Map(IEndpointRouteBuilder routes)
    {
        MapReading(routes);
        var services = routes.ServiceProvider;
        var put = ActivatorUtilities.CreateInstance<PutOperation>(services);
        var projection = ActivatorUtilities.CreateInstance<GetProjection>(services);
        var health = ActivatorUtilities.CreateInstance<HealthApi>(services);

        routes.MapPut("/v1/operations/{operation_id}", (RequestDelegate)put.HandleAsync);
        routes.MapGet("/v1/projections/{name}", (RequestDelegate)projection.HandleAsync);
        routes.MapGet("/health/live", (RequestDelegate)HealthApi.LiveAsync);
        routes.MapGet("/health/ready", (RequestDelegate)health.ReadyAsync);
        routes.MapGet("/openapi/v1.json", (RequestDelegate)OpenApiDocument.ServeAsync);
    }

    /// <summary>What is answered from operations and their events alone, wherever they stand.</summary>
    public static void MapReading(IEndpointRouteBuilder routes)
    {
        var services = routes.ServiceProvider;
        var get = ActivatorUtilities.CreateInstance<GetOperation>(services);
        var list = ActivatorUtilities.CreateInstance<ListOperations>(services);
        var history = ActivatorUtilities.CreateInstance<GetHistory>(services);
        var diff = ActivatorUtilities.CreateInstance<GetDiff>(services);
        var log = ActivatorUtilities.CreateInstance<GetLog>(services);
        var logReports = ActivatorUtilities.CreateInstance<LogReports>(services);
        var operationReports = ActivatorUtilities.CreateInstance<OperationReports>(services);
        var durations = ActivatorUtilities.CreateInstance<DurationsReport>(services);

        routes.MapMethods("/v1/operations/{operation_id}", GetAndHead, (RequestDelegate)get.HandleAsync);
        routes.MapGet("/v1/operations/{operation_id}/events", (RequestDelegate)history.HandleAsync);
        routes.MapGet("/v1/operations/{operation_id}/diff", (RequestDelegate)diff.HandleAsync);
        routes.MapMethods("/v1/operations", GetAndHead, (RequestDelegate)list.HandleAsync);
        routes.MapGet("/v1/events", (RequestDelegate)log.HandleAsync);
        routes.MapGet("/v1/reports/refused", (RequestDelegate)logReports.RefusedAsync);
        routes.MapGet("/v1/reports/corrected", (RequestDelegate)logReports.CorrectedAsync);
        routes.MapGet("/v1/reports/clashes", (RequestDelegate)logReports.ClashesAsync);
        routes.MapGet("/v1/reports/foreign", (RequestDelegate)logReports.ForeignAsync);
        routes.MapGet("/v1/reports/stuck", (RequestDelegate)operationReports.StuckAsync);
        routes.MapGet("/v1/reports/inconsistent", (RequestDelegate)operationReports.InconsistentAsync);
        routes.MapGet("/v1/reports/durations", (RequestDelegate)durations.HandleAsync);
    }
}
