using System.Text;
using Npgsql;
using NpgsqlTypes;
using OperationTracker.Core.Audit;
using OperationTracker.Core.EventStore;
using OperationTracker.Core.Operations;

namespace OperationTracker.Postgres.Audit;

/// <summary>What a redaction did.</summary>
/// <param name="Events">Events in which something was redacted.</param>
/// <param name="Values">Values that were redacted in them.</param>
/// <param name="Version">The version of the event that tells of it; null when all had been redacted before.</param>
public sealed record RedactionOutcome(int Events, int Values, long? Version);

/// <summary>
/// Erases values of an operation: from its events, refused documents included, and from all that was made of them. Each
/// hash that was ever given away stays what it was: it was made of salted commitments, whose salts are destroyed with
/// the values. One transaction under the append lock, in one round trip; the event that tells of it is part of it.
/// </summary>
public sealed class Redactor(TrackerDatabase database)
{
    /// <summary>How often a redaction may meet a change of its operation before it gives up.</summary>
    private const int Attempts = 10;

    /// <summary>Redacts; null when there is no such operation.</summary>
    /// <param name="id">The operation.</param>
    /// <param name="pointers">JSON Pointers for which <see cref="Redaction.DescribeFault"/> finds nothing.</param>
    /// <param name="reason">Why; becomes part of the history.</param>
    /// <param name="by">Who asked for it; becomes part of the history.</param>
    /// <param name="cancel">Stops it as long as nothing was sent.</param>
    /// <exception cref="EventStoreException">The database could not do it.</exception>
    public async Task<RedactionOutcome?> RedactAsync(
        OperationId id, IReadOnlyList<string> pointers, string reason, string? by, CancellationToken cancel)
    {
        for (var attempt = 1; ; attempt++)
        {
            await using var connection = await database.OpenAsync(cancel).ConfigureAwait(false);
            var rows = await AuditReader.ReadStreamAsync(database, connection, id.Value, cancel).ConfigureAwait(false);
            if (rows.Count == 0)
                return null;
            if (rows.Any(row => row.Event.Seal is null))
            {
                await FlightCommand.PositionForeignEventsAsync(database, connection, cancel).ConfigureAwait(false);
                continue;
            }

            var stream = new RedactedStream([.. rows.Select(row => row.Event)], pointers);
            var operation = stream.Fold();
            if (stream.Redacted.Count == 0 && pointers.All(operation.State.Redactions.Contains))
                return new RedactionOutcome(0, 0, null);
            var told = await TellAsync(
                connection, stream, operation, pointers, reason, by, cancel).ConfigureAwait(false);
            try
            {
                await WriteAsync(connection, id, stream, operation, told, cancel).ConfigureAwait(false);
                return new RedactionOutcome(stream.Redacted.Count, told.Places.Count, operation.State.Version + 1);
            }
            catch (Exception fault) when (PostgresErrors.IsStreamMoved(fault)
                || PostgresErrors.IsAppendLockHeld(fault) || PostgresErrors.IsContention(fault))
            {
                if (attempt == Attempts)
                    throw new EventStoreException(
                        StoreFailure.Overloaded, "The operation is being changed all the time.", fault);
            }
            catch (NpgsqlException fault)
            {
                throw PostgresErrors.AfterSending(fault);
            }
        }
    }

    /// <summary>The event that tells of the redaction, with the hashes of all that stands there now.</summary>
    private async Task<ValuesRedacted> TellAsync(
        NpgsqlConnection connection, RedactedStream stream, LoadedOperation operation, IReadOnlyList<string> pointers,
        string reason, string? by, CancellationToken cancel)
    {
        var places = new List<RedactedPlace>();
        foreach (var item in stream.Redacted)
        {
            var values = item.Values is [-1]
                ? [await PrintAsync(connection, item.Data, cancel).ConfigureAwait(false)]
                : SealedValues.Of(item.Data);
            places.AddRange(item.Values.Select(value => new RedactedPlace
            {
                Version = (int)item.Event.Version, Value = value,
                Sha256 = AuditedEvent.HashOf(value < 0 ? values[0] : values[value]),
            }));
        }

        return new ValuesRedacted
        {
            LastUpdateTime = operation.State.Document?.LastUpdateTime ?? "", Pointers = [.. pointers], Reason = reason,
            By = by, Places = [.. places],
        };
    }

    private async Task<byte[]> PrintAsync(NpgsqlConnection connection, byte[] json, CancellationToken cancel)
    {
        await using var command = database.Command(connection, "print_jsonb")
            .With<byte[][]>([json], NpgsqlDbType.Array | NpgsqlDbType.Jsonb);
        return Encoding.UTF8.GetBytes((string)(await command.ExecuteScalarAsync(cancel).ConfigureAwait(false))!);
    }

    private async Task WriteAsync(
        NpgsqlConnection connection, OperationId id, RedactedStream stream, LoadedOperation operation,
        ValuesRedacted told, CancellationToken cancel)
    {
        var entry = new PendingAppend(
            id.Value,
            new ProposedChange(id, _ => [told], new ChangeSource(UserAgent: "optrack redact", UserName: told.By)),
            0);
        var plan = FlightPlan.Of([entry], new Dictionary<string, LoadedOperation> { [id.Value] = operation });
        await using var batch = new NpgsqlBatch(connection);

        Add(batch, "redact_events")
            .With(id.Value)
            .With(operation.State.Version)
            .With<long[]>([.. stream.Redacted.Select(item => item.Event.SequenceNumber)])
            .With(stream.Redacted.Select(item => item.Data).ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Jsonb)
            .With(stream.Redacted.Select(item => item.Openings).ToArray())
            .With(Redaction.CoversUri(told.Pointers) ? Redaction.Marker : null);
        FlightCommand.AddParameters(Add(batch, "append_changes"), plan);
        AdminLog.Add(
            Add(batch, "add_admin_log"), "redact", told.By,
            new { operation_id = id.Value, pointers = told.Pointers.ToArray(), reason = told.Reason });
        cancel.ThrowIfCancellationRequested();
        await batch.ExecuteNonQueryAsync(CancellationToken.None).ConfigureAwait(false);
    }

    private NpgsqlParameterCollection Add(NpgsqlBatch batch, string name)
    {
        var command = new NpgsqlBatchCommand(database.Sql[name]);
        batch.BatchCommands.Add(command);
        return command.Parameters;
    }
}
