using OperationTracker.Benchmarks.Baselines;
using OperationTracker.Benchmarks.Servers;

namespace OperationTracker.Benchmarks.Scenarios;

/// <summary>What every scenario has.</summary>
/// <param name="Server">The PostgreSQL of the run.</param>
/// <param name="PgBench">Null when the machine has none: what compares with it is left out.</param>
/// <param name="Rounds">How often each figure is taken.</param>
/// <param name="Seconds">How long each is measured.</param>
/// <param name="Operations">Operations of the largest store of <c>growth</c>.</param>
internal sealed record ScenarioContext(
    BenchmarkServer Server, PgBench? PgBench, int Rounds, double Seconds, int Operations)
{
    /// <summary>Until the code is compiled for good and the pools are filled.</summary>
    private const double FirstWarmUp = 3;

    /// <summary>Connections where a scenario does not vary them.</summary>
    public const int Connections = 64;

    public LoadProcess Load(string kind, params HttpServerProcess[] servers) =>
        new(kind, servers) { Postgres = Server, Seconds = Seconds, Connections = Connections };

    /// <summary>A first load, which is not counted.</summary>
    public static Task WarmUpAsync(LoadProcess load, CancellationToken cancel) =>
        (load with { WarmUp = 0, Seconds = FirstWarmUp }).RunAsync(cancel);

    /// <summary>A database with the tracker's schema, and a tracker that runs on it.</summary>
    public async Task<(string Database, HttpServerProcess Tracker)> StartTrackerAsync(CancellationToken cancel)
    {
        var database = await Server.CreateDatabaseAsync(cancel);
        return (database, await HttpServerProcess.StartTrackerAsync(database, cancel));
    }

    /// <summary>A database with the tracker's schema, and no tracker.</summary>
    public async Task<string> CreateMigratedAsync(CancellationToken cancel)
    {
        var (database, tracker) = await StartTrackerAsync(cancel);
        await tracker.DisposeAsync();
        return database;
    }

    public static void Say(string what) => Console.Error.WriteLine($"{DateTime.Now:HH:mm:ss} {what}");
}
