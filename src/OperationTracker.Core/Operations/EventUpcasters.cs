using System.Collections.Frozen;
using System.Text.Json;
using System.Text.Json.Nodes;
using OperationTracker.Core.EventStore;

namespace OperationTracker.Core.Operations;

/// <summary>Turns the data of an event as it was stored into those of the next version of the events' form.</summary>
/// <param name="StoredName">The name that the event has in that version.</param>
/// <param name="SchemaVersion">The version that it turns into the next.</param>
/// <param name="Upcast">The new data; may change what it is given. Pure, and for ever: the events are.</param>
/// <param name="NewName">The name from the next version on, where it becomes another.</param>
public sealed record EventUpcaster(
    string StoredName, int SchemaVersion, Func<JsonObject, JsonObject> Upcast, string? NewName = null);

/// <summary>
/// How events of older builds are read. What is stored is never rewritten: when a form changes,
/// <see cref="OperationEventTypes.SchemaVersion"/> is raised and an upcaster for the old form is declared here. The
/// version of an event's form stands in its headers; those of other applications say none, and are read in today's
/// form. Events of names that no upcaster has cost one look-up in a table.
/// </summary>
public sealed class EventUpcasters
{
    private readonly FrozenDictionary<(string Name, int Version), EventUpcaster> _upcasters;
    private readonly FrozenSet<string> _names;
    private readonly int _current;

    /// <summary>These upcasters, leading to the version <paramref name="current"/>.</summary>
    public EventUpcasters(IReadOnlyCollection<EventUpcaster> upcasters, int current)
    {
        _upcasters = upcasters.ToFrozenDictionary(upcaster => (upcaster.StoredName, upcaster.SchemaVersion));
        _names = upcasters.Select(upcaster => upcaster.StoredName).ToFrozenSet(StringComparer.Ordinal);
        _current = current;
    }

    /// <summary>All that there are: none yet, for no form has changed.</summary>
    public static EventUpcasters Declared { get; } = new([], OperationEventTypes.SchemaVersion);

    /// <summary>The names of events whose form was once another: their headers are needed to read them.</summary>
    public IReadOnlyCollection<string> Names => _names;

    /// <summary>Whether events of this name are of the tracker's own kinds, today's or older ones.</summary>
    public bool IsKnown(string alias) => OperationEventTypes.IsKnown(alias) || _names.Contains(alias);

    /// <summary>
    /// Reads a stored event of whatever version. Null when its name is none of ours, or when the data are not those of
    /// such an event.
    /// </summary>
    public OperationEvent? TryRead(string alias, ReadOnlySpan<byte> data, string? headers) =>
        _names.Contains(alias) && ChangeHeaders.SchemaOf(headers) is { } version && version < _current
            ? ReadOlder(alias, version, data)
            : OperationEventTypes.TryRead(alias, data);

    private OperationEvent? ReadOlder(string alias, int version, ReadOnlySpan<byte> data)
    {
        try
        {
            if (JsonNode.Parse(data) is not JsonObject json)
                return null;
            for (var from = version; from < _current; from++)
            {
                if (_upcasters.TryGetValue((alias, from), out var upcaster))
                    (json, alias) = (upcaster.Upcast(json), upcaster.NewName ?? alias);
            }

            return OperationEventTypes.TryRead(alias, JsonSerializer.SerializeToUtf8Bytes<JsonNode>(json));
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            // Another application may have stored anything under the name, and an upcaster expects what the tracker
            // stored.
            return null;
        }
    }
}
