using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;
using OperationTracker.Hosting;

namespace OperationTracker.Benchmarks.Baselines;

/// <summary>
/// <c>baseline</c>: what a GET is compared with. <c>/static/ID</c> answers a document from memory, which is the least
/// that this Kestrel can do, or 304 to who has it; <c>/query/ID</c> asks the database once for each request, over a
/// pool, by a prepared statement. Both answer with the tracker's headers, and the server has the tracker's settings.
/// </summary>
internal static class BaselineServer
{
    /// <summary>Of what is answered from memory.</summary>
    public const string ETag = "\"4-0123456789abcdef0123456789abcdef\"";

    public static async Task<int> RunAsync(string[] arguments)
    {
        var options = new CommandOptions(arguments);
        var document = await File.ReadAllBytesAsync(options.Text("document", ""));
        await using var source = Source(options.Text("database", ""));
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(options.Text("urls", ""));
        WebServer.Configure(builder.WebHost);
        await using var app = builder.Build();
        app.MapGet("/static/{id}", (RequestDelegate)(context => AnswerAsync(context, document)));
        app.MapGet("/query/{id}", (RequestDelegate)(async context => await AnswerAsync(
            context, await QueryAsync(source, (string)context.Request.RouteValues["id"]!, context.RequestAborted))));
        await app.StartAsync();
        Console.WriteLine("ready");
        await app.WaitForShutdownAsync();
        return 0;
    }

    /// <summary>With as many connections as the tracker has.</summary>
    private static NpgsqlDataSource Source(string connectionString) => NpgsqlDataSource.Create(
        new NpgsqlConnectionStringBuilder(connectionString) { MaxPoolSize = 16, NoResetOnClose = true });

    private static async Task<byte[]?> QueryAsync(NpgsqlDataSource source, string id, CancellationToken cancel)
    {
        await using var connection = await source.OpenConnectionAsync(cancel);
        await using var command = new NpgsqlCommand(
            "select document from tracker.operations where operation_id = $1", connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = id, NpgsqlDbType = NpgsqlDbType.Text });
        await command.PrepareAsync(cancel);
        await using var rows = await command.ExecuteReaderAsync(cancel);
        return await rows.ReadAsync(cancel) ? rows.GetFieldValue<byte[]>(0) : null;
    }

    private static Task AnswerAsync(HttpContext context, byte[]? document)
    {
        var response = context.Response;
        if (document is null)
        {
            response.StatusCode = StatusCodes.Status404NotFound;
            response.ContentLength = 0;
            return Task.CompletedTask;
        }

        response.Headers.ETag = ETag;
        response.Headers.CacheControl = "no-cache";
        if (context.Request.Headers.IfNoneMatch == ETag)
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }

        response.ContentType = "application/json";
        response.ContentLength = document.Length;
        return response.BodyWriter.WriteAsync(document, context.RequestAborted).AsTask();
    }
}
