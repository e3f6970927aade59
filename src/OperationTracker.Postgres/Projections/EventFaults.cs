using System.Collections.Concurrent;
using Npgsql;
using NpgsqlTypes;

namespace OperationTracker.Postgres.Projections;

/// <summary>
/// What is done with events that cannot be folded: told, with their positions, or the end of the work. Each is told
/// once, however often its stream is folded.
/// </summary>
internal sealed class EventFaults(TrackerDatabase database, OnEventFault onFault, Action<EventFault> tell)
{
    private readonly ConcurrentDictionary<(string, long), bool> _told = new();

    /// <summary>How many there were.</summary>
    public long Count => _told.Count;

    /// <exception cref="EventFaultException">It is to stop the work.</exception>
    public async Task ReportAsync(EventFault fault, CancellationToken cancel)
    {
        if (!_told.TryAdd((fault.OperationId, fault.Version), true))
            return;
        var placed = fault with { Position = await PositionAsync(fault, cancel).ConfigureAwait(false) };
        if (onFault == OnEventFault.Stop)
            throw new EventFaultException(placed);
        tell(placed);
    }

    private async Task<long> PositionAsync(EventFault fault, CancellationToken cancel)
    {
        await using var connection = await database.OpenMaintenanceAsync(cancel).ConfigureAwait(false);
        await using var command = database.Command(connection, "find_position")
            .With(fault.OperationId, NpgsqlDbType.Varchar).With(fault.Version);
        return await command.ExecuteScalarAsync(cancel).ConfigureAwait(false) is long position ? position : 0;
    }
}
