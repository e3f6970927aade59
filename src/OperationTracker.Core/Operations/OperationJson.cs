using System.Security.Cryptography;
using System.Text.Json;
using OperationTracker.Core.Json;

namespace OperationTracker.Core.Operations;

/// <summary>
/// Documents as the contract writes them. What is written is pinned: the table's order, unknown members last in the
/// order in which they first came, compact, escapes of <see cref="CanonicalJsonEncoder"/>. ETags depend on it.
/// </summary>
public static class OperationJson
{
    private static ReadOnlySpan<byte> ByteOrderMark => [0xef, 0xbb, 0xbf];

    /// <summary>
    /// Reads and judges a document. One leading byte order mark is skipped. Never throws: every text gives a document
    /// or at least one fault.
    /// </summary>
    public static DocumentReading Read(ReadOnlySpan<byte> utf8)
    {
        utf8 = WithoutMark(utf8);
        return JsonStructure.FindFault(utf8) is { } fault
            ? new DocumentReading(null, [fault])
            : OperationDocumentReader.Read(utf8);
    }

    /// <summary>Bytes of a body for the bound that it keeps: a byte order mark does not count.</summary>
    public static int LengthOf(ReadOnlySpan<byte> utf8) => WithoutMark(utf8).Length;

    /// <summary>The document's bytes, as GET serves them.</summary>
    public static byte[] Write(OperationDocument document) => JsonBuffer.ToBytes(document, WriteDocument);

    /// <summary>
    /// SHA-256 over the document with its unknown members in canonical order: the same for two documents exactly when
    /// they are equal.
    /// </summary>
    public static string Fingerprint(OperationDocument document) =>
        Convert.ToHexStringLower(SHA256.HashData(Write(WithCanonicalMembers(document))));

    private static ReadOnlySpan<byte> WithoutMark(ReadOnlySpan<byte> utf8) =>
        utf8.StartsWith(ByteOrderMark) ? utf8[ByteOrderMark.Length..] : utf8;

    private static void WriteDocument(Utf8JsonWriter writer, OperationDocument document)
    {
        var names = OperationMembers.Document;
        writer.WriteStartObject();
        writer.WriteString(names[0], document.OperationId);
        writer.WriteString(names[1], document.OccurredTime);
        writer.WriteString(names[2], document.LastUpdateTime);
        writer.WriteString(names[3], document.Status.ToText());
        WriteText(writer, names[4], document.SubStatus);
        writer.WritePropertyName(names[5]);
        WriteRequest(writer, document.Request);
        WriteResponse(writer, names[6], document.Response);
        WriteClusters(writer, names[7], document.TargetClusters);
        WriteRollback(writer, names[8], document.Rollbacks);
        WriteUnknown(writer, document.UnknownMembers);
        writer.WriteEndObject();
    }

    private static void WriteRequest(Utf8JsonWriter writer, OperationRequest request)
    {
        var names = OperationMembers.Request;
        writer.WriteStartObject();
        writer.WriteString(names[0], request.Uri);
        writer.WriteString(names[1], request.Method.ToText());
        WriteText(writer, names[2], request.Body);
        WriteUnknown(writer, request.UnknownMembers);
        writer.WriteEndObject();
    }

    private static void WriteResponse(Utf8JsonWriter writer, JsonEncodedText name, Optional<OperationResponse> member)
    {
        if (!BeginMember(writer, name, member, out var response))
            return;
        var names = OperationMembers.Response;
        writer.WriteStartObject();
        if (BeginMember(writer, names[0], response.StatusCode, out var statusCode))
            writer.WriteNumberValue(statusCode);
        WriteText(writer, names[1], response.Body);
        WriteUnknown(writer, response.UnknownMembers);
        writer.WriteEndObject();
    }

    private static void WriteClusters(
        Utf8JsonWriter writer, JsonEncodedText name, Optional<ValueList<TargetCluster>> member)
    {
        if (!BeginMember(writer, name, member, out var clusters))
            return;
        var names = OperationMembers.Cluster;
        writer.WriteStartArray();
        foreach (var cluster in clusters)
        {
            writer.WriteStartObject();
            writer.WriteString(names[0], cluster.ClusterId);
            writer.WritePropertyName(names[1]);
            WriteRequest(writer, cluster.Request);
            WriteResponse(writer, names[2], cluster.Response);
            WriteUnknown(writer, cluster.UnknownMembers);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteRollback(Utf8JsonWriter writer, JsonEncodedText name, Optional<OperationRollback> member)
    {
        if (!BeginMember(writer, name, member, out var rollback))
            return;
        var names = OperationMembers.Rollback;
        writer.WriteStartObject();
        writer.WriteString(names[0], rollback.Result.ToText());
        writer.WriteString(names[1], rollback.OccurredTime);
        WriteClusters(writer, names[2], rollback.TargetClusters);
        WriteUnknown(writer, rollback.UnknownMembers);
        writer.WriteEndObject();
    }

    private static void WriteText(Utf8JsonWriter writer, JsonEncodedText name, Optional<string> member)
    {
        if (BeginMember(writer, name, member, out var text))
            writer.WriteStringValue(text);
    }

    /// <summary>
    /// Writes nothing for an absent member, null for null, and the name alone when a value is to follow.
    /// </summary>
    private static bool BeginMember<T>(Utf8JsonWriter writer, JsonEncodedText name, Optional<T> member, out T value)
        where T : notnull
    {
        value = member.Value!;
        if (member.IsAbsent)
            return false;
        if (member.IsNull)
        {
            writer.WriteNull(name);
            return false;
        }

        writer.WritePropertyName(name);
        return true;
    }

    private static void WriteUnknown(Utf8JsonWriter writer, UnknownMembers members)
    {
        foreach (var member in members.InOrder)
        {
            writer.WritePropertyName(member.Name);
            writer.WriteRawValue(member.Json, skipInputValidation: true);
        }
    }

    private static OperationDocument WithCanonicalMembers(OperationDocument document) => document with
    {
        Request = WithCanonicalMembers(document.Request),
        Response = WithCanonicalMembers(document.Response),
        TargetClusters = WithCanonicalMembers(document.TargetClusters),
        Rollbacks = document.Rollbacks.HasValue
            ? document.Rollbacks.Value with
            {
                TargetClusters = WithCanonicalMembers(document.Rollbacks.Value.TargetClusters),
                UnknownMembers = document.Rollbacks.Value.UnknownMembers.ToCanonical(),
            }
            : document.Rollbacks,
        UnknownMembers = document.UnknownMembers.ToCanonical(),
    };

    private static OperationRequest WithCanonicalMembers(OperationRequest request) =>
        request with { UnknownMembers = request.UnknownMembers.ToCanonical() };

    private static Optional<OperationResponse> WithCanonicalMembers(Optional<OperationResponse> response) =>
        response.HasValue
            ? response.Value with { UnknownMembers = response.Value.UnknownMembers.ToCanonical() }
            : response;

    private static Optional<ValueList<TargetCluster>> WithCanonicalMembers(
        Optional<ValueList<TargetCluster>> clusters) =>
        clusters.HasValue
            ? new ValueList<TargetCluster>([.. clusters.Value.Select(cluster => cluster with
            {
                Request = WithCanonicalMembers(cluster.Request),
                Response = WithCanonicalMembers(cluster.Response),
                UnknownMembers = cluster.UnknownMembers.ToCanonical(),
            })])
            : clusters;
}
