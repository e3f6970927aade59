using Npgsql;
using OperationTracker.Core.Audit;
using OperationTracker.Core.EventStore;
using OperationTracker.Core.Operations;
using OperationTracker.Postgres.Audit;
using OperationTracker.Tests.EventStore;
using static OperationTracker.Tests.EventStore.Documents;

namespace OperationTracker.Tests.Audit;

/// <summary>
/// A record of some operations, own and foreign events mixed, with a copy from which it can be restored.
/// </summary>
internal sealed class AuditedRecord : IAsyncDisposable
{
    private static readonly string[] Tables =
        ["mt_streams", "mt_events", "positions", "openings", "tree_nodes", "operations", "past_operations"];

    private AuditedRecord(TrackerFixture tracker) => Tracker = tracker;

    public TrackerFixture Tracker { get; }

    public static async Task<AuditedRecord> CreateAsync(int operations)
    {
        var record = new AuditedRecord(await TrackerFixture.CreateAsync());
        var source = new ChangeSource("192.0.2.1", "controller \"x\" é/1", "trace", "somebody");
        for (var i = 0; i < operations; i++)
        {
            foreach (var status in (OperationStatus[])
                [OperationStatus.Unexecuted, OperationStatus.Executing, OperationStatus.Completed])
            {
                await record.Tracker.Store.AppendAsync(
                    Wish(Document($"{i}", status, $"note {i} {status}", body: $"{{\"secret\":\"s-{i}\"}}"), source),
                    default);
            }

            if (i % 7 == 0)
                await new ForeignWriter(record.Tracker.ConnectionString).AppendAsync($"{i}", 2);
        }

        await record.SettleAsync();
        await record.Tracker.ExecuteAsync(
            // Who has all rights can do without the constraint and the trigger.
            "alter table tracker.mt_events drop constraint fkey_mt_events_stream_id; "
            + "drop trigger note_foreign_event on tracker.mt_events; create schema copy; "
            + string.Concat(Tables.Select(table =>
                $"create table copy.{table} as table tracker.{table}; ")));
        return record;
    }

    /// <summary>Gives foreign events their positions, and catches up the views of their streams.</summary>
    public async Task SettleAsync()
    {
        while (await Tracker.Store.SweepAsync(default))
        {
        }
    }

    /// <summary>Undoes whatever was done to the record.</summary>
    public Task RestoreAsync() => Tracker.ExecuteAsync(
        $"truncate {string.Join(", ", Tables.Select(table => "tracker." + table))}, tracker.foreign_events cascade; "
        + string.Concat(Tables.Select(table => $"insert into tracker.{table} select * from copy.{table}; ")));

    public Task<Checkpoint> CheckpointAsync() =>
        new AuditProofs(Tracker.Database).CheckpointAsync("test", DateTimeOffset.UnixEpoch, default);

    public async Task<IReadOnlyList<AuditFinding>> VerifyAsync(params Checkpoint[] checkpoints) =>
        (await new AuditVerification(Tracker.Database, TimeProvider.System).VerifyAsync(
            [.. checkpoints.Select(item => new KeptCheckpoint(item, null))], default)).Findings;

    public ValueTask DisposeAsync() => Tracker.DisposeAsync();
}
