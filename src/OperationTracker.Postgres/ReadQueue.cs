using Npgsql;
using NpgsqlTypes;
using OperationTracker.Core.EventStore;

namespace OperationTracker.Postgres;

/// <summary>
/// Joins reads of single operations into queries. Promises: a read is answered by a query that was sent after the read
/// came, so it sees everything that was acknowledged before; while the queries are out, the next fills; what waits is
/// bounded.
/// </summary>
internal sealed class ReadQueue(TrackerDatabase database, StateLoader loader)
{
    /// <summary>Queries out at once: one computes while another travels. More would only make them smaller.</summary>
    private const int Queries = 2;

    /// <summary>Operations of one query: bounds its answer, at a few kilobytes each, to well under the socket's buffers.</summary>
    private const int QueryEntries = 128;

    /// <summary>Reads that may wait: about a second's work.</summary>
    private const int Entries = 20_000;

    private readonly Lock _lock = new();
    private readonly Queue<PendingRead> _waiting = new();
    private int _running;

    /// <summary>The view of an operation; null when there is none.</summary>
    /// <exception cref="EventStoreException">The database could not answer, or too much waits.</exception>
    public Task<OperationView?> FindAsync(OperationTracker.Core.Operations.OperationId id, CancellationToken cancel)
    {
        var read = new PendingRead(id.Value);
        lock (_lock)
        {
            if (_waiting.Count >= Entries)
                throw new EventStoreException(StoreFailure.Overloaded, "Too many reads wait.");
            _waiting.Enqueue(read);
            if (_running < Queries)
            {
                _running++;
                _ = Task.Run(RunAsync, CancellationToken.None);
            }
        }

        return cancel.CanBeCanceled ? read.View.WaitAsync(cancel) : read.View;
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
        }
    }

    private PendingRead[] TakeReads()
    {
        lock (_lock)
        {
            var reads = new PendingRead[Math.Min(_waiting.Count, QueryEntries)];
            for (var i = 0; i < reads.Length; i++)
                reads[i] = _waiting.Dequeue();
            if (reads.Length == 0)
                _running--;
            return reads;
        }
    }

    /// <summary>A connection from the pool may have died unseen; a read can simply be asked again.</summary>
    private async Task AnswerAsync(PendingRead[] reads)
    {
        for (var attempt = 1; ; attempt++)
        {
            await using var connection = await database.OpenAsync(CancellationToken.None).ConfigureAwait(false);
            try
            {
                var behind = await QueryAsync(connection, reads).ConfigureAwait(false);
                foreach (var read in behind)
                {
                    var operation = await loader.FoldAsync(connection, read.Id, CancellationToken.None)
                        .ConfigureAwait(false);
                    read.Settle(operation.View);
                }

                foreach (var read in reads)
                    read.Settle(null);
                return;
            }
            catch (NpgsqlException fault) when (attempt == 1 && fault is not PostgresException)
            {
                database.DataSource.Clear();
            }
        }
    }

    /// <summary>Settles the reads whose views stand at their streams' versions; returns those whose views do not.</summary>
    private async Task<List<PendingRead>> QueryAsync(NpgsqlConnection connection, PendingRead[] reads)
    {
        var behind = new List<PendingRead>();
        await using var command = database.Command(connection, "find_views");
        command.Parameters.Add(new NpgsqlParameter<string[]>
        {
            TypedValue = Array.ConvertAll(reads, read => read.Id),
            NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text,
        });
        await command.PrepareAsync(CancellationToken.None).ConfigureAwait(false);
        await using var rows = await command.ExecuteReaderAsync(CancellationToken.None).ConfigureAwait(false);
        while (await rows.ReadAsync(CancellationToken.None).ConfigureAwait(false))
        {
            var read = reads[rows.GetInt32(0) - 1];
            if (rows.GetBoolean(1))
                read.Settle(new OperationView(rows.GetInt64(2), rows.GetFieldValue<byte[]>(4), rows.GetString(3)));
            else
                behind.Add(read);
        }

        return behind;
    }

    private sealed class PendingRead(string id)
    {
        private readonly TaskCompletionSource<OperationView?> _view =
            new(TaskCreationOptions.RunContinuationsAsynchronously);

        public string Id => id;

        public Task<OperationView?> View => _view.Task;

        public void Settle(OperationView? view) => _view.TrySetResult(view);

        public void Fail(Exception fault) => _view.TrySetException(fault);
    }
}
