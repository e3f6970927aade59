using Microsoft.Extensions.Logging;

namespace OperationTracker.Postgres.Audit;

/// <summary>
/// Builds the tree over the log a few seconds behind it, so that a change of links that nobody kept a checkpoint of is
/// seen all the same, and a checkpoint is made in no time. Several nodes may do it: the hashes are the same.
/// </summary>
internal sealed partial class TreeBuilder : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private readonly LogTree _tree;
    private readonly ILogger _logger;
    private readonly PeriodicWork _rounds;

    public TreeBuilder(TrackerDatabase database, TimeProvider clock, ILogger logger)
    {
        _tree = new LogTree(database);
        _logger = logger;
        _rounds = new PeriodicWork(Interval, _tree.BuildAsync, fault => LogFailed(fault is InvalidDataException
            ? fault.Message : PostgresErrors.BeforeSending(fault).Message), clock);
    }

    public void Start() => _rounds.Start();

    public ValueTask DisposeAsync() => _rounds.DisposeAsync();

    [LoggerMessage(1003, LogLevel.Warning, "The tree over the log could not be built: {Reason}")]
    private partial void LogFailed(string reason);
}
