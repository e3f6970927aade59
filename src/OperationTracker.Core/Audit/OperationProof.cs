using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using OperationTracker.Core.Json;

namespace OperationTracker.Core.Audit;

/// <summary>An event with the path that leads from its leaf to a checkpoint's root.</summary>
/// <param name="Event">The event.</param>
/// <param name="Path">The hashes of <see cref="MerkleTree.InclusionPath"/>.</param>
public sealed record EventProof(AuditedEvent Event, IReadOnlyList<byte[]> Path);

/// <summary>
/// Proves the events of an operation under a signed checkpoint, to anybody who has the log's public key and nothing
/// else. It shows what was recorded, in which order and when, and that nothing is missing in between; that nothing came
/// after is for the next checkpoint to show.
/// </summary>
/// <param name="OperationId">The operation.</param>
/// <param name="Checkpoint">The signed note.</param>
/// <param name="Events">Its events up to the checkpoint, in the order of versions.</param>
public sealed record OperationProof(string OperationId, string Checkpoint, IReadOnlyList<EventProof> Events)
{
    private const string Format = "optrack-proof-1";

    /// <summary>The proof as JSON text.</summary>
    public byte[] ToJson() => JsonBuffer.ToBytes(this, static (writer, proof) =>
    {
        writer.WriteStartObject();
        writer.WriteString("format", Format);
        writer.WriteString("operation_id", proof.OperationId);
        writer.WriteString("checkpoint", proof.Checkpoint);
        writer.WriteStartArray("events");
        foreach (var (@event, path) in proof.Events)
        {
            writer.WriteStartObject();
            writer.WritePropertyName("event");
            AuditedEventJson.Write(writer, @event);
            writer.WriteStartArray("path");
            foreach (var hash in path)
                writer.WriteStringValue(Convert.ToHexStringLower(hash));
            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    });

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <exception cref="FormatException">The text is no proof; the message says where.</exception>
    public static OperationProof Parse(ReadOnlySpan<byte> utf8)
    {
        try
        {
            using var document = JsonDocument.Parse(Encoding.UTF8.GetString(utf8));
            var root = document.RootElement;
            if (root.GetProperty("format").GetString() != Format)
                throw new FormatException($"The proof is not of the format {Format}.");
            return new OperationProof(
                root.GetProperty("operation_id").GetString() ?? "", root.GetProperty("checkpoint").GetString() ?? "",
                [.. root.GetProperty("events").EnumerateArray().Select(item => new EventProof(
                    AuditedEventJson.Read(item.GetProperty("event")),
                    [.. item.GetProperty("path").EnumerateArray().Select(
                        hash => Convert.FromHexString(hash.GetString() ?? ""))]))]);
        }
        catch (Exception fault) when (fault is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new FormatException("The text is not a proof: " + fault.Message, fault);
        }
    }

    /// <summary>What is wrong with the proof; nothing, when it proves its events.</summary>
    /// <param name="key">The log's public key; null to leave the signature unchecked.</param>
    public IReadOnlyList<string> FindFaults(ECDsa? key)
    {
        Checkpoint checkpoint;
        try
        {
            checkpoint = Audit.Checkpoint.Parse(
                key is null ? SignedNote.TextOf(Checkpoint) : SignedNote.Open(Checkpoint, key));
        }
        catch (Exception fault) when (fault is FormatException or CryptographicException)
        {
            return [fault.Message];
        }

        var faults = new List<string>();
        var stream = new StreamAudit(
            OperationId, finding => faults.Add($"version {finding.Version}: {finding.Detail}"));
        foreach (var (@event, path) in Events)
        {
            if (@event.StreamId != OperationId)
                faults.Add($"version {@event.Version}: it is an event of another operation");
            stream.Add(@event);
            if (!MerkleTree.ProvesInclusion(
                @event.Seal!.Position - 1, checkpoint.Size, @event.LeafHash(), path, checkpoint.Root.Span))
                faults.Add($"version {@event.Version}: its path does not lead to the checkpoint's root");
        }

        stream.End(Events.Count == 0 ? 0 : Events[^1].Event.Version);
        if (Events.Count == 0)
            faults.Add("there are no events");
        return faults;
    }
}
