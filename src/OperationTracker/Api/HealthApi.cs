using System.Text.Json;
using OperationTracker.Hosting;

namespace OperationTracker.Api;

/// <summary>
/// <c>GET /health/live</c>: the process runs; depends on nothing. <c>GET /health/ready</c>: it can serve, and if not,
/// what is wrong.
/// </summary>
internal sealed class HealthApi(Readiness readiness)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public static Task LiveAsync(HttpContext context) =>
        WriteAsync(context, StatusCodes.Status200OK, new { live = true });

    public async Task ReadyAsync(HttpContext context)
    {
        var checks = await readiness.CheckAsync(context.RequestAborted);
        var ready = checks.All(check => check.Ok || !check.Gates);
        await WriteAsync(
            context, ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable, new { ready, checks });
    }

    private static Task WriteAsync<T>(HttpContext context, int status, T body)
    {
        context.Response.StatusCode = status;
        context.Response.Headers.CacheControl = "no-store";
        if (status == StatusCodes.Status503ServiceUnavailable)
            context.Response.Headers.RetryAfter = ApiErrors.RetryAfterSeconds;
        return context.Response.WriteAsJsonAsync(body, Json, "application/json", CancellationToken.None);
    }
}
