using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using OperationTracker.Core.Operations;

namespace OperationTracker.Postgres.Projections;

/// <summary>How the projection looks from a node that watches it.</summary>
/// <param name="Ok">Whether nothing is known to be wrong.</param>
/// <param name="Detail">What is known, in words.</param>
public sealed record ProjectionHealth(bool Ok, string Detail);

/// <summary>
/// Looks at stored views beside the requests, some each second, round and round: is each the fold of its events? What
/// it finds it tells by the log, by <see cref="ProjectionMetrics"/> and by <see cref="Health"/>, and goes on looking at
/// until it is right again. It repairs nothing: that something drifted is for people to know first.
/// </summary>
public sealed partial class ProjectionWatch : IAsyncDisposable
{
    /// <summary>Views a second, where nothing else is said: a thousandth of a processor or so.</summary>
    public const int DefaultRate = 20;

    /// <summary>The most that may be asked for: a tenth of a processor.</summary>
    public const int HighestRate = 1_000;

    /// <summary>Drifted views that are kept in mind; with more the number is a lower bound.</summary>
    private const int Remembered = 1_000;

    private const int Chunk = 100;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private readonly TrackerDatabase _database;
    private readonly ILogger _logger;
    private readonly ReplacedTables _replaced;
    private readonly PeriodicWork _rounds;
    private readonly int _rate;
    private readonly HashSet<string> _drifted = new(StringComparer.Ordinal);
    private readonly Cursor _streams = new("sample_streams");
    private readonly Cursor _views = new("sample_views");
    private bool _isStreamsTurn;
    private long _verified;
    private string? _builtBy;

    /// <param name="database">The database of the node.</param>
    /// <param name="rate">Views a second; 0 for none.</param>
    /// <param name="clock">Says when the next round is due.</param>
    /// <param name="logger">Is told what differs.</param>
    public ProjectionWatch(TrackerDatabase database, int rate, TimeProvider clock, ILogger<ProjectionWatch> logger)
    {
        (_database, _rate, _logger) = (database, rate, logger);
        _replaced = new ReplacedTables(database, clock);
        _rounds = new PeriodicWork(
            Interval, LookAsync, fault => LogFailed(PostgresErrors.BeforeSending(fault).Message), clock);
        Metrics = new ProjectionMetrics(() => _drifted.Count);
    }

    /// <summary>What the node knows of its projection.</summary>
    public ProjectionHealth Health { get; private set; } = new(true, "not looked at yet");

    /// <summary>The figures of this watch.</summary>
    public ProjectionMetrics Metrics { get; }

    /// <summary>Begins to look.</summary>
    public void Start() => _rounds.Start();

    /// <summary>Says in the log when the table was built by another fold than this build's.</summary>
    public async Task LookAtFingerprintAsync(CancellationToken cancel)
    {
        var builtBy = await new ProjectionCatalog(_database).AdoptAsync(ProjectionRebuild.Operations, cancel)
            .ConfigureAwait(false);
        if (builtBy != _builtBy && builtBy is not null && builtBy != OperationProjection.Fingerprint)
            LogOtherFold(builtBy, OperationProjection.Fingerprint);
        _builtBy = builtBy;
        Tell();
    }

    /// <summary>
    /// One round: the next views, those that are known to have drifted, and what a rebuild has left behind.
    /// </summary>
    public async Task LookAsync(CancellationToken cancel)
    {
        await LookAtFingerprintAsync(cancel).ConfigureAwait(false);
        await using (var maintenance = await _database.OpenMaintenanceAsync(cancel).ConfigureAwait(false))
        {
            if (await _replaced.DropWhenQuietAsync(maintenance, cancel).ConfigureAwait(false))
                LogDropped();
        }

        if (_rate == 0)
            return;
        // A session that serves: a few streams are looked up, whatever the statistics say, and never scanned for.
        await using var connection = await _database.OpenAsync(cancel).ConfigureAwait(false);
        var comparison = new ViewComparison(
            _database, new EventFaults(_database, OnEventFault.SkipAndReport, _ => { }),
            withMembers: false);
        // By turns the streams, which finds views that are missing, and the views, which finds those without streams.
        _isStreamsTurn = !_isStreamsTurn;
        var cursor = _isStreamsTurn ? _streams : _views;
        var most = (int)(_rate * Interval.TotalSeconds);
        var ids = await cursor.NextAsync(_database, connection, most, cancel).ConfigureAwait(false);
        foreach (var chunk in ids.Union(_drifted, StringComparer.Ordinal).Chunk(Chunk))
        {
            var compared = await comparison.CompareAsync(connection, chunk, cancel).ConfigureAwait(false);
            Note(chunk, compared.Differences);
        }

        _verified += ids.Count;
        Metrics.Verified(ids.Count);
        Tell();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _rounds.DisposeAsync().ConfigureAwait(false);
        Metrics.Dispose();
    }

    private void Note(IReadOnlyList<string> looked, IReadOnlyList<ViewDifference> differences)
    {
        _drifted.ExceptWith(
            looked.Except(differences.Select(difference => difference.OperationId), StringComparer.Ordinal));
        foreach (var difference in differences)
        {
            if (_drifted.Count >= Remembered || !_drifted.Add(difference.OperationId))
                continue;
            Metrics.Found();
            LogDrifted(difference.OperationId, difference.Kind);
        }
    }

    private void Tell()
    {
        if (_drifted.Count > 0)
        {
            Health = new ProjectionHealth(
                false, $"{_drifted.Count} views differ from their events: see optrack projections verify, and heal");
        }
        else if (_builtBy is not null && _builtBy != OperationProjection.Fingerprint)
        {
            Health = new ProjectionHealth(
                false,
                $"built by {_builtBy}, and this build folds by {OperationProjection.Fingerprint}:"
                + " see optrack projections"
                + " preview, and rebuild");
        }
        else
        {
            Health = new ProjectionHealth(true, _rate == 0
                ? "not sampled" : _verified == 0 ? "not looked at yet" : "as its events tell, in all views looked at");
        }
    }

    [LoggerMessage(
        1011, LogLevel.Error, "The view of operation {OperationId} is not the fold of its events ({Kind}); heal it")]
    private partial void LogDrifted(string operationId, DifferenceKind kind);

    [LoggerMessage(
        1012, LogLevel.Warning,
        "The table operations was built by the fold {BuiltBy}, and this build folds by {Fold}: preview, and rebuild")]
    private partial void LogOtherFold(string builtBy, string fold);

    [LoggerMessage(1014, LogLevel.Information, "Dropped the tables that a rebuild has replaced")]
    private partial void LogDropped();

    [LoggerMessage(1013, LogLevel.Warning, "The views could not be looked at: {Reason}")]
    private partial void LogFailed(string reason);

    /// <summary>A walk over all ids in the order of an index, which begins somewhere and then goes round.</summary>
    private sealed class Cursor(string statement)
    {
        private string? _after;

        public async Task<IReadOnlyList<string>> NextAsync(
            TrackerDatabase database, Npgsql.NpgsqlConnection connection, int most, CancellationToken cancel)
        {
            _after ??= await AnywhereAsync(database, connection, cancel).ConfigureAwait(false);
            await using var command = database.Command(connection, statement).With(_after).With(most);
            await using var rows = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
            var ids = new List<string>();
            while (await rows.ReadAsync(cancel).ConfigureAwait(false))
                ids.Add(rows.GetString(0));
            _after = ids.Count < most ? "" : ids[^1];
            return ids;
        }

        /// <summary>So that nodes which start often do not look at the same few again and again.</summary>
        private static async Task<string> AnywhereAsync(
            TrackerDatabase database, Npgsql.NpgsqlConnection connection, CancellationToken cancel)
        {
            await using var command = database.Command(connection, "any_stream")
                .With(Random.Shared.NextInt64(int.MaxValue));
            return await command.ExecuteScalarAsync(cancel).ConfigureAwait(false) as string ?? "";
        }
    }
}

/// <summary>The metrics of the watch, under the meter <see cref="MeterName"/>.</summary>
public sealed class ProjectionMetrics : IDisposable
{
    /// <summary>The name of the meter.</summary>
    public const string MeterName = "OperationTracker.Projections";

    private readonly Meter _meter = new(MeterName);
    private readonly Counter<long> _verified;
    private readonly Counter<long> _found;

    internal ProjectionMetrics(Func<long> drifted)
    {
        _verified = _meter.CreateCounter<long>(
            "optrack.projection.views.verified", "{view}", "Stored views compared with the fold of their events.");
        _found = _meter.CreateCounter<long>(
            "optrack.projection.views.drifts", "{view}", "Stored views found to differ from the fold of their events.");
        _meter.CreateObservableGauge(
            "optrack.projection.views.drifted", drifted, "{view}", "Stored views known to differ now.");
    }

    internal void Verified(long count) => _verified.Add(count);

    internal void Found() => _found.Add(1);

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();
}
