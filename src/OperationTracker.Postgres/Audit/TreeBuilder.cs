using Microsoft.Extensions.Logging;

namespace OperationTracker.Postgres.Audit;

/// <summary>
/// Builds the tree over the log a few seconds behind it, so that a change of links that nobody kept a checkpoint of
/// is seen all the same, and a checkpoint is made in no time. In small pieces with pauses between, so that no request
/// waits behind a long one: some 30,000 events a second at most. Several nodes may do it: the hashes are the same.
/// </summary>
internal sealed partial class TreeBuilder : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    private readonly ILogger _logger;
    private readonly PeriodicWork _rounds;

    public TreeBuilder(TrackerDatabase database, TimeProvider clock, ILogger logger)
    {
        var tree = new LogTree(database);
        _logger = logger;
        _rounds = new PeriodicWork(
            Interval, cancel => tree.BuildBesideAsync(resting => Task.Delay(Pause, clock, resting), cancel),
            fault => LogFailed(fault is InvalidDataException
                ? fault.Message : PostgresErrors.BeforeSending(fault).Message), clock);
    }

    public void Start() => _rounds.Start();

    public ValueTask DisposeAsync() => _rounds.DisposeAsync();

    [LoggerMessage(1003, LogLevel.Warning, "The tree over the log could not be built: {Reason}")]
    private partial void LogFailed(string reason);
}
