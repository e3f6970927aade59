using System.CommandLine;
using System.Net.Sockets;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using OperationTracker.Hosting;
using OperationTracker.Postgres;
using OperationTracker.Postgres.Embedded;
using OperationTracker.Postgres.Schema;

namespace OperationTracker.Cli;

/// <summary><c>optrack serve</c>: the tracker itself, over its own PostgreSQL or a given one.</summary>
internal static class ServeCommand
{
    public static Command Build()
    {
        var settings = new ServeSettings();
        var command = new Command(
            "serve", "Runs the tracker, with a PostgreSQL of its own unless --database names one.");
        settings.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            var (options, embedded) = settings.Read(parsed);
            return await RunAsync(options, embedded, parsed.InvocationConfiguration.Output, cancel);
        });
        return command;
    }

    private static async Task<int> RunAsync(
        ServeOptions options, EmbeddedPostgresOptions embeddedOptions, TextWriter output, CancellationToken cancel)
    {
        if (options.Database is not null)
            return await ServeAsync(options, options.Database, null, output, cancel);
        try
        {
            using var logs = LoggerFactory.Create(logging => TrackerApp.AddLogging(logging, options));
            await using var server = await EmbeddedPostgres.StartAsync(
                embeddedOptions, logs.CreateLogger<EmbeddedPostgres>(), TimeProvider.System, cancel);
            return await ServeAsync(options, server.ConnectionString, server, output, cancel);
        }
        catch (EmbeddedPostgresException fault)
        {
            throw new ExitException(ExitCodes.Of(fault.Kind), fault.Message);
        }
    }

    private static async Task<int> ServeAsync(
        ServeOptions options, string connectionString, EmbeddedPostgres? server, TextWriter output,
        CancellationToken cancel)
    {
        await using var app = Build(options, connectionString, server);
        await StartAsync(app, cancel);

        try
        {
            await app.Services.GetRequiredService<SchemaStartup>().RunAsync(cancel);
            await output.WriteLineAsync(ReadyLine(app, server));
            await output.FlushAsync(cancel);
            await Task.Delay(Timeout.Infinite, cancel);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // Told to stop.
        }
        catch (SchemaTooNewException fault)
        {
            throw new ExitException(ExitCodes.Failed, fault.Message);
        }
        finally
        {
            await StopAsync(app, options);
        }

        return ExitCodes.Done;
    }

    private static WebApplication Build(ServeOptions options, string connectionString, EmbeddedPostgres? server)
    {
        try
        {
            return TrackerApp.Build(options, connectionString, () => server?.Problem);
        }
        catch (ArgumentException fault)
        {
            throw new ExitException(ExitCodes.Usage, fault.Message);
        }
    }

    private static async Task StartAsync(WebApplication app, CancellationToken cancel)
    {
        try
        {
            await app.StartAsync(cancel);
        }
        catch (IOException fault)
        {
            throw new ExitException(ExitCodes.Conflict, $"Cannot listen: {fault.Message}");
        }
        catch (SocketException fault)
        {
            throw new ExitException(ExitCodes.Failed, $"Cannot listen: {fault.Message}");
        }
    }

    /// <summary>
    /// The readiness says no first; then the server stops to accept and finishes what has begun. Disposing of the
    /// application finishes the appends, and then closes the pool.
    /// </summary>
    private static async Task StopAsync(WebApplication app, ServeOptions options)
    {
        app.Services.GetRequiredService<Readiness>().Stopping = true;
        await Task.Delay(options.DrainDelay, CancellationToken.None);
        await app.StopAsync(CancellationToken.None);
    }

    private static string ReadyLine(WebApplication app, EmbeddedPostgres? server)
    {
        var url = app.Services.GetRequiredService<IServer>()
            .Features.Get<IServerAddressesFeature>()!.Addresses.First();
        var data = server is null
            ? $"database at {app.Services.GetRequiredService<TrackerDatabase>().Host}"
            : $"data in {server.DataDirectory}";
        return $"optrack is ready at {url}, described at {url}/openapi/v1.json, {data}. Try: curl {url}/v1/operations";
    }
}
