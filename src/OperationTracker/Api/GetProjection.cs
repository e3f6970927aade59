using System.Text.Json;
using OperationTracker.Postgres.Projections;

namespace OperationTracker.Api;

/// <summary>
/// <c>GET /v1/projections/{name}</c>: a projection as it stands, and a rebuild of it wherever that runs.
/// </summary>
internal sealed class GetProjection(ProjectionCatalog catalog)
{
    public async Task HandleAsync(HttpContext context)
    {
        if (!Negotiation.AcceptsJson(context.Request))
        {
            await ApiErrors.WriteAsync(context, ApiErrors.NotAcceptable, "Answers are application/json.");
            return;
        }

        var name = (string)context.Request.RouteValues["name"]!;
        var state = ProjectionCatalog.Names.Contains(name, StringComparer.Ordinal)
            ? await catalog.FindAsync(name, context.RequestAborted)
            : null;
        if (state is null)
        {
            await ApiErrors.WriteAsync(context, ApiErrors.NotFound);
            return;
        }

        var body = JsonSerializer.SerializeToUtf8Bytes(ProjectionJson.Of(state), ProjectionJson.Options);
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = body.Length;
        context.Response.Headers.CacheControl = "no-store";
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }
}
