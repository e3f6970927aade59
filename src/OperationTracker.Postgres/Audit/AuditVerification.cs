using Npgsql;
using OperationTracker.Core.Audit;
using OperationTracker.Postgres.Projections;

namespace OperationTracker.Postgres.Audit;

/// <summary>What a verification came to.</summary>
/// <param name="Size">Positions of the log when it began, all of which were read.</param>
/// <param name="Events">Events whose hashes were computed again.</param>
/// <param name="Root">The root of the tree over the log, computed from the stored links.</param>
/// <param name="Findings">Where the record is not as it was appended: none, in a whole one.</param>
/// <param name="FindingsBeyond">How many more there were than are told.</param>
public sealed record AuditReport(
    long Size, long Events, ReadOnlyMemory<byte> Root, IReadOnlyList<AuditFinding> Findings, long FindingsBeyond);

/// <summary>
/// Reads the whole record again and finds what was changed, removed, inserted, reordered or cut since it was appended.
/// In a running system, by short statements, and giving way to those who serve; what looks wrong is looked at a second
/// time before it is told, for a redaction may have come in between. Memory does not grow with the log.
/// </summary>
/// <param name="database">Where the record is.</param>
/// <param name="clock">Times the rests while others are at work.</param>
public sealed class AuditVerification(TrackerDatabase database, TimeProvider clock)
{
    private const int PageSize = 1_000;
    private const int PositionsPerPage = 20 * MerkleTree.BlockSize;
    private const int MaxFindings = 10_000;

    /// <summary>
    /// Parts of the streams that are read side by side: two keep two cores busy with a database beside them.
    /// </summary>
    private const int Parts = 2;

    private readonly Lock _lock = new();
    private readonly List<AuditFinding> _findings = [];
    private long _findingsBeyond;
    private long _events;

    /// <summary>Reads everything.</summary>
    /// <param name="checkpoints">Checkpoints of this log, in any order.</param>
    /// <param name="cancel">Stops it.</param>
    public async Task<AuditReport> VerifyAsync(IReadOnlyList<KeptCheckpoint> checkpoints, CancellationToken cancel)
    {
        using var giveWay = new GiveWay(database, clock);
        var size = await new LogTree(database).SizeAsync(cancel).ConfigureAwait(false);
        var ranges = await RangesAsync(giveWay, cancel).ConfigureAwait(false);
        await Parallel.ForAsync(
            0, ranges.Count + 1, new ParallelOptions { MaxDegreeOfParallelism = Parts, CancellationToken = cancel },
            async (i, token) => await VerifyStreamsAsync(
                i == 0 ? null : ranges[i - 1], i == ranges.Count ? null : ranges[i], giveWay, token)
                .ConfigureAwait(false)).ConfigureAwait(false);
        await FindOrphansAsync(cancel).ConfigureAwait(false);
        var log = new LogOrderAudit(size, checkpoints, Report, IsFoundWithin);
        await VerifyLogAsync(log, size, giveWay, cancel).ConfigureAwait(false);
        return new AuditReport(size, _events, log.End(), _findings, _findingsBeyond);
    }

    private async Task VerifyStreamsAsync(string? after, string? last, GiveWay giveWay, CancellationToken cancel)
    {
        await using var connection = await database.OpenWalkAsync(cancel).ConfigureAwait(false);
        var current = default(StreamPass);
        var (stream, version) = (after ?? "", after is null ? -1 : long.MaxValue);
        while (await giveWay.DoAsync(connection, StreamWalk.Rests, VerifyPageAsync, cancel).ConfigureAwait(false))
        {
            // On to the next page.
        }

        await FinishAsync(connection, current, cancel).ConfigureAwait(false);

        async Task<bool> VerifyPageAsync()
        {
            var page = await AuditReader.ReadStreamsAsync(
                database, connection, stream, version, last, PageSize, cancel).ConfigureAwait(false);
            foreach (var row in page)
            {
                if (current?.StreamId != row.Event.StreamId)
                {
                    await FinishAsync(connection, current, cancel).ConfigureAwait(false);
                    current = new StreamPass(row.Event.StreamId);
                }

                current.Add(row);
            }

            Interlocked.Add(ref _events, page.Count);
            if (page.Count > 0)
                (stream, version) = (page[^1].Event.StreamId, page[^1].Event.Version);
            return page.Count == PageSize;
        }
    }

    private async Task FinishAsync(NpgsqlConnection connection, StreamPass? pass, CancellationToken cancel)
    {
        if (pass is null || pass.Finish().Count == 0)
            return;
        for (var attempt = 1; ; attempt++)
        {
            var again = new StreamPass(pass.StreamId);
            foreach (var row in await AuditReader.ReadStreamAsync(
                database, connection, pass.StreamId, cancel).ConfigureAwait(false))
                again.Add(row);
            var findings = again.Finish();
            if (attempt == 1 && again.Unplaced.Count > 0
                && await WaitForPositionAsync(again.Unplaced[0], cancel).ConfigureAwait(false))
                continue;
            foreach (var finding in findings)
                Report(finding);
            return;
        }
    }

    /// <summary>
    /// Whether an event of another application, which has no position yet, got one. That takes the append lock, so the
    /// session is one that nobody has put behind others.
    /// </summary>
    private async Task<bool> WaitForPositionAsync(long sequenceNumber, CancellationToken cancel)
    {
        await using var connection = await database.OpenAsync(cancel).ConfigureAwait(false);
        await using var command = database.Command(connection, "audit_unplaced").With(sequenceNumber);
        if (!(bool)(await command.ExecuteScalarAsync(cancel).ConfigureAwait(false))!)
            return false;
        await FlightCommand.PositionForeignEventsAsync(database, connection, cancel).ConfigureAwait(false);
        return true;
    }

    private async Task VerifyLogAsync(LogOrderAudit log, long size, GiveWay giveWay, CancellationToken cancel)
    {
        await using var connection = await database.OpenWalkAsync(cancel).ConfigureAwait(false);
        var tree = new LogTree(database);
        for (var from = 0L; from < size;)
            from = await giveWay.DoAsync(connection, StreamWalk.Rests, () => VerifyPageAsync(from), cancel)
                .ConfigureAwait(false);

        async Task<long> VerifyPageAsync(long first)
        {
            var to = Math.Min(first + PositionsPerPage, size);
            log.NextStoredBlocks(await tree.StoredBlocksAsync(
                first / MerkleTree.BlockSize, to / MerkleTree.BlockSize, cancel).ConfigureAwait(false));
            await using var command = database.Command(connection, "audit_positions")
                .With(first).With(to).With(PositionsPerPage);
            await using var rows = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
            while (await rows.ReadAsync(cancel).ConfigureAwait(false))
                log.Add(rows.GetInt64(0), rows.GetInt64(1), rows.GetFieldValue<byte[]>(2), rows.GetBoolean(3));
            return first + PositionsPerPage;
        }
    }

    private async Task<IReadOnlyList<string>> RangesAsync(GiveWay giveWay, CancellationToken cancel)
    {
        await using var connection = await database.OpenWalkAsync(cancel).ConfigureAwait(false);
        await giveWay.LookAroundAsync(connection, GiveWay.BetweenLooks, cancel).ConfigureAwait(false);
        await using var command = database.Command(connection, "audit_ranges").With(8 * Parts);
        await using var rows = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        var ranges = new List<string>();
        while (await rows.ReadAsync(cancel).ConfigureAwait(false))
            ranges.Add(rows.GetString(0));
        return ranges;
    }

    private async Task FindOrphansAsync(CancellationToken cancel)
    {
        await using var connection = await database.OpenWalkAsync(cancel).ConfigureAwait(false);
        await using var command = database.Command(connection, "audit_orphans");
        await using var rows = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        while (await rows.ReadAsync(cancel).ConfigureAwait(false))
        {
            Report(rows.GetString(0) == "stream"
                ? new AuditFinding(
                    AuditFindingKind.Removed, rows.GetString(1), 1, null, "all events of the stream are missing")
                : new AuditFinding(
                    AuditFindingKind.Inserted, null, null, null,
                    $"the event with seq_id {rows.GetInt64(2)} is of no stream"));
        }
    }

    private void Report(AuditFinding finding)
    {
        lock (_lock)
        {
            if (_findings.Count < MaxFindings)
                _findings.Add(finding);
            else
                _findingsBeyond++;
        }
    }

    private bool IsFoundWithin(long from, long to)
    {
        lock (_lock)
            return _findings.Exists(finding => finding.Position >= from && finding.Position <= to);
    }

    /// <summary>One stream, on its way.</summary>
    private sealed class StreamPass
    {
        private readonly List<AuditFinding> _findings = [];
        private readonly StreamAudit _audit;
        private long? _streamVersion;

        public StreamPass(string streamId)
        {
            StreamId = streamId;
            _audit = new StreamAudit(streamId, _findings.Add);
        }

        public string StreamId { get; }

        /// <summary>Sequence numbers of events without a position.</summary>
        public List<long> Unplaced { get; } = [];

        public void Add(AuditRow row)
        {
            _audit.Add(row.Event);
            _streamVersion = row.StreamVersion;
            if (row.Event.Seal is null)
                Unplaced.Add(row.Event.SequenceNumber);
            if (row.IsOdd)
            {
                _findings.Add(new AuditFinding(
                    AuditFindingKind.Changed, StreamId, row.Event.Version, row.Event.Seal?.Position,
                    "tenant_id or bdata holds what nobody appended"));
            }
        }

        public List<AuditFinding> Finish()
        {
            _audit.End(_streamVersion);
            return _findings;
        }
    }
}
