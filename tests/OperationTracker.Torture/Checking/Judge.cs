using System.Globalization;
using Npgsql;
using OperationTracker.Torture.Servers;
using OperationTracker.Torture.Workload;

namespace OperationTracker.Torture.Checking;

/// <summary>
/// What is asked at rest: of a round that has ended, and of all rounds at the end. What looks at all rounds takes
/// longer with each; it is asked after those that leave it a share of the time, and at the end.
/// </summary>
internal sealed class Judge(Cluster cluster, Violations violations)
{
    private const int LongestText = 400;
    private const double ShareOfEachCheck = 0.08;
    private static readonly int[] Contract = [0, 200, 400, 404, 409, 412, 503];

    private readonly EarlierRounds _earlier = new();
    private readonly RestingReader _reader = new(cluster.ClientPorts);
    private readonly ListCheck _list = new();
    private readonly TimeShare _tablesShare = new(ShareOfEachCheck, TimeProvider.System);
    private readonly TimeShare _listShare = new(ShareOfEachCheck, TimeProvider.System);

    /// <summary>Waits until nothing that clients have given up is still on its way through a node.</summary>
    public async Task BecomeQuietAsync(CancellationToken cancel)
    {
        await using var session = await cluster.Postgres.OpenWhenUpAsync(cancel);
        await using var count = new NpgsqlCommand("select coalesce(max(position), 0) from tracker.positions", session);
        long before;
        var now = -1L;
        do
        {
            before = now;
            await Task.Delay(500, cancel);
            now = (long)(await count.ExecuteScalarAsync(cancel))!;
        }
        while (before != now);
    }

    /// <summary>Holds what stands against what the clients of a round were told.</summary>
    /// <param name="prefix">What the ids of the round's operations begin with.</param>
    /// <param name="attempts">All that its clients sent.</param>
    /// <param name="cancel">Breaks it off.</param>
    /// <returns>The round's operations, as the log has them.</returns>
    public async Task<IReadOnlyDictionary<string, StoredStream>> RunAsync(
        string prefix, IReadOnlyCollection<Attempt> attempts, CancellationToken cancel)
    {
        await using var session = await cluster.Postgres.OpenWhenUpAsync(cancel);
        await using var snapshot = await session.BeginTransactionAsync(
            System.Data.IsolationLevel.RepeatableRead, cancel);
        await KeepTablesAsync(session, cancel);
        if (_tablesShare.IsDue)
            await _tablesShare.RunAsync(() => StoreCheck.RunAsync(session, violations, cancel));
        var streams = await StoredHistory.ReadAsync(session, prefix, text => violations.Add("fold", text), cancel);
        await StoreCheck.CompareViewsAsync(session, prefix, streams, violations, cancel);
        LedgerCheck.Run(attempts, streams, violations);
        LinearizabilityCheck.Run(attempts, streams, violations);
        foreach (var status in attempts.GroupBy(attempt => attempt.Status).Where(
            group => !Contract.Contains(group.Key)))
            violations.Add("answers", $"{status.Count()} answers had the status {status.Key}");
        _earlier.Keep(streams);
        _list.Know(streams.Values);
        if (_listShare.IsDue) await _listShare.RunAsync(() => _list.RunAsync(_reader, violations, cancel));
        await HistoryCheck.RunAsync(_reader, [.. streams.Values], violations, cancel);
        return streams;
    }

    /// <summary>At the end of a run.</summary>
    public async Task FinishAsync(CancellationToken cancel)
    {
        await using (var session = await cluster.Postgres.OpenWhenUpAsync(cancel))
        {
            await StoreCheck.RunAsync(session, violations, cancel);
            await _earlier.CheckAsync(session, violations, cancel);
        }

        await _list.RunAsync(_reader, violations, cancel);
        await VerifyAsync("audit-verify", ["audit", "verify"], cancel);
        await VerifyAsync("projections-verify", ["projections", "verify"], cancel);
    }

    /// <summary>
    /// A rebuild may be running; were its tables swapped in after the snapshot was taken, that would see them empty.
    /// </summary>
    private static async Task KeepTablesAsync(NpgsqlConnection session, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(
            "lock table tracker.operations, tracker.past_operations in access share mode", session);
        await command.ExecuteNonQueryAsync(cancel);
    }

    private async Task VerifyAsync(string name, string[] command, CancellationToken cancel)
    {
        var (exitCode, output) = await TrackerNode.RunAsync(cluster.Postgres.ConnectionString, command, cancel);
        if (exitCode == 0) return;
        violations.Add(name, string.Create(
            CultureInfo.InvariantCulture, $"optrack {string.Join(' ', command)} ended with {exitCode}: {Cut(output)}"));
    }

    private static string Cut(string text) => text.Length < LongestText ? text : text[..LongestText] + "…";
}
