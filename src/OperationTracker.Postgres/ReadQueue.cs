using Npgsql;
using OperationTracker.Core.EventStore;
using OperationTracker.Core.Operations;

namespace OperationTracker.Postgres;

/// <summary>
/// Joins reads of single operations into queries. Promises: a read is answered by a query that was sent after the read
/// came, so it sees everything that was acknowledged before; while a query is out, the next fills; a stream that has to
/// be folded keeps nobody else waiting; what waits is bounded.
/// </summary>
internal sealed class ReadQueue(TrackerDatabase database, StateLoader loader)
{
    /// <summary>
    /// Operations of one query: bounds its answer, at a few kilobytes each, to well under the socket's buffers.
    /// </summary>
    private const int QueryEntries = 128;

    /// <summary>Reads that may wait: about a second's work.</summary>
    private const int Entries = 20_000;

    private readonly Lock _lock = new();
    private readonly Queue<PendingRead> _waiting = new();
    private readonly ViewReader _views = new(database);
    private bool _running;

    /// <summary>
    /// The view of an operation; null when there is none. Without the document when it is the known one.
    /// </summary>
    /// <exception cref="EventStoreException">The database could not answer, or too much waits.</exception>
    public Task<OperationView?> FindAsync(OperationId id, string? knownETag)
    {
        var read = new PendingRead(id.Value, knownETag);
        lock (_lock)
        {
            if (_waiting.Count >= Entries)
                throw new EventStoreException(StoreFailure.Overloaded, "Too many reads wait.");
            _waiting.Enqueue(read);
            if (!_running)
            {
                _running = true;
                _ = Task.Run(RunAsync, CancellationToken.None);
            }
        }

        return read.View;
    }

    private async Task RunAsync()
    {
        while (TakeReads() is { Length: > 0 } reads)
        {
            try
            {
                await AnswerAsync(reads).ConfigureAwait(false);
            }
            catch (Exception fault)
            {
                foreach (var read in reads)
                    read.Fail(PostgresErrors.BeforeSending(fault));
            }

            await Gathering.LetOthersJoinAsync(CountWaiting, QueryEntries).ConfigureAwait(false);
        }
    }

    private int CountWaiting()
    {
        lock (_lock)
            return _waiting.Count;
    }

    private PendingRead[] TakeReads()
    {
        lock (_lock)
        {
            var reads = new PendingRead[Math.Min(_waiting.Count, QueryEntries)];
            for (var i = 0; i < reads.Length; i++)
                reads[i] = _waiting.Dequeue();
            _running = reads.Length > 0;
            return reads;
        }
    }

    /// <summary>A connection from the pool may have died unseen; a read can simply be asked again.</summary>
    private async Task AnswerAsync(PendingRead[] reads)
    {
        for (var attempt = 1; ; attempt++)
        {
            await using var connection = await database.OpenShortAsync(CancellationToken.None).ConfigureAwait(false);
            try
            {
                await _views.ReadAsync(connection, reads).ConfigureAwait(false);
                break;
            }
            catch (NpgsqlException fault) when (attempt == 1 && fault is not PostgresException)
            {
                database.NoteBreak();
            }
        }

        foreach (var read in reads)
        {
            if (read.IsBehind)
                _ = FoldAsync(read);
            else
                read.Settle(null);
        }
    }

    private async Task FoldAsync(PendingRead read)
    {
        try
        {
            await using var connection = await database.OpenAsync(CancellationToken.None).ConfigureAwait(false);
            var operation = await loader.FoldAsync(connection, read.Id, CancellationToken.None).ConfigureAwait(false);
            read.Settle(operation.View);
        }
        catch (Exception fault)
        {
            read.Fail(PostgresErrors.BeforeSending(fault));
        }
    }
}
