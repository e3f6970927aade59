using System.Text.Json;
using OperationTracker.Core.Operations;

namespace OperationTracker.Core.Audit;

/// <summary>
/// Goes through the events of one stream in the order of versions and finds where they are not as they were appended.
/// Holds nothing but the last link and what is redacted, however long the stream is.
/// </summary>
/// <param name="streamId">The stream.</param>
/// <param name="report">Is told what is found.</param>
public sealed class StreamAudit(string streamId, Action<AuditFinding> report)
{
    private const string RedactionKind = "values_redacted";

    private Dictionary<(long Version, int Value), (string Hash, long Position)>? _redacted;
    private Dictionary<(long Version, int Value), string>? _recorded;
    private byte[] _link = EventSeal.NoLink();
    private long _version;
    private long _position;

    /// <summary>Looks at the next event.</summary>
    public void Add(AuditedEvent @event)
    {
        var follows = @event.Version == _version + 1;
        if (!follows)
        {
            Report(
                AuditFindingKind.Removed, _version + 1, null,
                $"versions {_version + 1} to {@event.Version - 1} are missing");
        }

        _version = @event.Version;
        if (@event.Seal is not { } seal)
        {
            Report(AuditFindingKind.Inserted, _version, null, "the event has no position in the log");
            return;
        }

        if (seal.Position <= _position)
            Report(AuditFindingKind.Reordered, _version, seal.Position,
                $"it stands before version {_version - 1} in the log");
        CheckLink(@event, seal, follows);
        NoteRedactions(@event, seal);
        (_link, _position) = (seal.Link, seal.Position);
    }

    /// <summary>Looks at what only the whole stream tells.</summary>
    /// <param name="streamVersion">
    /// What the stream's own row says its version is; null when there is no such row.
    /// </param>
    public void End(long? streamVersion)
    {
        if (streamVersion is null)
            Report(AuditFindingKind.Removed, null, null, "the stream's own row is missing");
        else if (streamVersion > _version)
            Report(AuditFindingKind.Cut, _version + 1, null, $"versions {_version + 1} to {streamVersion} are missing");
        else if (streamVersion < _version)
            Report(
                AuditFindingKind.Changed, null, null, $"its own row says {streamVersion}, its last event {_version}");
        foreach (var (place, (hash, position)) in _redacted ?? [])
        {
            if (_recorded?.GetValueOrDefault(place) is not { } recorded)
                Report(AuditFindingKind.Changed, place.Version, position,
                    "a value was redacted and no redaction is recorded");
            else if (recorded != hash)
                Report(AuditFindingKind.Changed, place.Version, position,
                    "a redacted value is not what the redaction left");
        }
    }

    private void CheckLink(AuditedEvent @event, StoredSeal seal, bool follows)
    {
        if (@event.ContentHash() is not { } content)
        {
            Report(AuditFindingKind.Changed, _version, seal.Position, "its data, headers or seal cannot be read");
            return;
        }

        // After a gap the link before is not known, and the gap is what is told.
        if (follows && !EventSeal.LinkOf(_link, content, @event.Timestamp).AsSpan().SequenceEqual(seal.Link))
            Report(AuditFindingKind.Changed, _version, seal.Position, "its columns do not give its link");
    }

    private void NoteRedactions(AuditedEvent @event, StoredSeal seal)
    {
        try
        {
            foreach (var (value, hash) in @event.RedactedValues())
                (_redacted ??= [])[(_version, value)] = (hash, seal.Position);
        }
        catch (Exception fault) when (fault is JsonException or FormatException)
        {
            // Told already, where its content could not be hashed.
            return;
        }

        if (@event.Type == RedactionKind && @event.Event is ValuesRedacted redacted)
        {
            foreach (var place in redacted.Places)
                (_recorded ??= [])[(place.Version, place.Value)] = place.Sha256;
        }
    }

    private void Report(AuditFindingKind kind, long? version, long? position, string detail) =>
        report(new AuditFinding(kind, streamId, version, position, detail));
}
