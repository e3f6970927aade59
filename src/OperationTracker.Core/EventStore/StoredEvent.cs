using System.Text;
using OperationTracker.Core.Operations;

namespace OperationTracker.Core.EventStore;

/// <summary>An event as it stands in the store, of our own kinds or of another application's.</summary>
/// <param name="Position">Its place in the whole log, from 1, without gaps; 0 while it has none yet.</param>
/// <param name="StreamId">The operation, or another application's stream.</param>
/// <param name="Version">Its place in the stream, from 1, without gaps.</param>
/// <param name="Id">Random, unlike any other.</param>
/// <param name="Type">The alias of its kind.</param>
/// <param name="Data">Its data as JSON text.</param>
/// <param name="Timestamp">When it was appended, by the database's clock.</param>
/// <param name="CausationId">The same for all events of one change.</param>
/// <param name="CorrelationId">The trace id of the request that brought it.</param>
/// <param name="UserName">The principal that brought it.</param>
/// <param name="Headers">Address, user agent, range of versions of its change and schema version, as JSON text.</param>
public sealed record StoredEvent(
    long Position, string StreamId, long Version, Guid Id, string Type, string Data, DateTimeOffset Timestamp,
    string? CausationId, string? CorrelationId, string? UserName, string? Headers)
{
    /// <summary>The event; null when it is of an unknown kind or does not hold what its kind holds.</summary>
    public OperationEvent? Event => EventUpcasters.Declared.TryRead(Type, Encoding.UTF8.GetBytes(Data), Headers);
}
