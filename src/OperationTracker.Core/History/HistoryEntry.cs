using OperationTracker.Core.EventStore;

namespace OperationTracker.Core.History;

/// <summary>An event of an operation, and what became of the document by it.</summary>
/// <param name="Event">The event as it stands.</param>
/// <param name="Origin">Who sent it, and the change that it belongs to.</param>
/// <param name="Changed">
/// The places of the document that it changed, in the order of an RFC 6902 patch; empty for one that changed nothing: a
/// refusal, or an event of another application.
/// </param>
public sealed record HistoryEntry(StoredEvent Event, EventOrigin Origin, IReadOnlyList<ChangedPlace> Changed)
{
    /// <summary>An event between two documents as GET serves them; empty where there is none.</summary>
    public static HistoryEntry Of(StoredEvent @event, ReadOnlyMemory<byte> before, ReadOnlyMemory<byte> after) =>
        new(@event, EventOrigin.Of(@event), ChangedPlaces(before, after));

    private static IReadOnlyList<ChangedPlace> ChangedPlaces(ReadOnlyMemory<byte> before, ReadOnlyMemory<byte> after)
    {
        if (before.Equals(after))
            return [];
        return before.IsEmpty
            ? [new ChangedPlace("add", "")]
            : [.. DocumentDiff.Between(before, after).Select(
                operation => new ChangedPlace(operation.Op, operation.Path))];
    }
}

/// <summary>A place that an event changed.</summary>
/// <param name="Op"><c>add</c>, <c>remove</c> or <c>replace</c>.</param>
/// <param name="Path">A JSON Pointer into the document as GET serves it; empty for the whole document.</param>
public sealed record ChangedPlace(string Op, string Path);

/// <summary>Some events of one operation, in order.</summary>
/// <param name="Entries">The events; fewer than were asked for where they are large.</param>
/// <param name="NextAfter">The version of the last one, from which a reader goes on.</param>
/// <param name="AtEnd">Whether nothing followed when it was read.</param>
public sealed record HistoryPage(IReadOnlyList<HistoryEntry> Entries, long NextAfter, bool AtEnd);

/// <summary>An operation as it stood at a version or an instant.</summary>
/// <param name="View">What GET served.</param>
/// <param name="Version">The number of events folded.</param>
/// <param name="WithinChange">
/// The change that had only partly happened at this version; null at the end of a change. Nobody was ever served what
/// stands within one.
/// </param>
public sealed record PastOperation(OperationView View, long Version, ChangeRange? WithinChange);
