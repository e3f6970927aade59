using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using OperationTracker.Core.Json;
using OperationTracker.Core.Operations;

namespace OperationTracker.Core.Audit;

/// <summary>An event with all that its proof needs, as it was read from a database or from a bundle.</summary>
/// <param name="StreamId">Its stream.</param>
/// <param name="Version">Its place in the stream.</param>
/// <param name="SequenceNumber">What stands in <c>seq_id</c>.</param>
/// <param name="Id">Its id.</param>
/// <param name="Type">The alias of its kind.</param>
/// <param name="DotNetType">What stands in <c>mt_dotnet_type</c>.</param>
/// <param name="Data">The UTF-8 of its data, as PostgreSQL prints jsonb.</param>
/// <param name="Headers">The UTF-8 of its headers, likewise.</param>
/// <param name="Timestamp">When it was appended.</param>
/// <param name="CausationId">What stands in <c>causation_id</c>.</param>
/// <param name="CorrelationId">What stands in <c>correlation_id</c>.</param>
/// <param name="UserName">What stands in <c>user_name</c>.</param>
/// <param name="Seal">Its place in the log and its seal; null while it has none.</param>
public sealed record AuditedEvent(
    string StreamId, long Version, long SequenceNumber, Guid Id, string Type, string? DotNetType, byte[] Data,
    byte[]? Headers, DateTimeOffset Timestamp, string? CausationId, string? CorrelationId, string? UserName,
    StoredSeal? Seal)
{
    /// <summary>The event; null when it is of an unknown kind or does not hold what its kind holds.</summary>
    public OperationEvent? Event => EventUpcasters.Declared.TryRead(
        Type, Data, Headers is null ? null : Encoding.UTF8.GetString(Headers));

    /// <summary>
    /// The hash of its content, by its seal's form; null when that cannot be computed, which in a whole record never
    /// happens: the data are no JSON any more, or the secret is gone.
    /// </summary>
    public byte[]? ContentHash()
    {
        try
        {
            return Seal switch
            {
                { Form: StoredSeal.ByNode } => EventSeal.ContentOf(Canonical(), Openings()!),
                { Form: StoredSeal.ByDatabase, Secret: { } secret } => EventSeal.PlainContentOf(Raw(), secret),
                { Form: StoredSeal.ByDatabase, Openings: { Length: 1 + EventSeal.HashLength } kept } => kept[1..],
                _ => null,
            };
        }
        catch (Exception fault) when (fault is JsonException or FormatException or ArgumentException)
        {
            return null;
        }
    }

    /// <summary>The hash of its leaf in the log's tree.</summary>
    /// <exception cref="InvalidOperationException">It has no seal.</exception>
    public byte[] LeafHash() => EventSeal.LeafOf(
        (Seal ?? throw new InvalidOperationException("The event has no seal.")).Link, SequenceNumber);

    /// <summary>
    /// The numbers of its redacted values with the hashes of what stands there now; -1 for the data as a whole.
    /// </summary>
    public IReadOnlyDictionary<int, string> RedactedValues()
    {
        if (Seal is not { Openings: not null, Secret: null })
            return new Dictionary<int, string>();
        if (Seal.Form == StoredSeal.ByDatabase)
            return new Dictionary<int, string> { [-1] = HashOf(Data) };
        var values = SealedValues.Of(CanonicalJson.OfJsonb(Data));
        var openings = Openings()!;
        return Enumerable.Range(0, values.Count).Where(openings.IsRedacted)
            .ToDictionary(index => index, index => HashOf(values[index]));
    }

    /// <summary>What opens the commitments of its content; null when the database sealed it.</summary>
    public EventOpenings? Openings() => Seal switch
    {
        { Form: StoredSeal.ByNode, Secret: { } secret } => EventOpenings.OfSecret(secret),
        { Form: StoredSeal.ByNode, Openings: { } openings } => EventOpenings.OfBytes(openings),
        { Form: StoredSeal.ByNode } => throw new FormatException("The event has neither a secret nor openings."),
        _ => null,
    };

    /// <summary>SHA-256 in lower-case hexadecimal, as redactions tell it.</summary>
    public static string HashOf(ReadOnlySpan<byte> value) => Convert.ToHexStringLower(SHA256.HashData(value));

    private EventContent Canonical() => Raw() with
    {
        Data = CanonicalJson.OfJsonb(Data),
        Headers = Headers is null ? null : CanonicalJson.OfJsonb(Headers),
    };

    private EventContent Raw() => new(
        StreamId, Version, Id, Type, DotNetType, Data, CausationId, CorrelationId, UserName,
        Headers is null ? null : (ReadOnlyMemory<byte>?)Headers);
}

/// <summary>The seal of an event as it is stored.</summary>
/// <param name="Position">Its place in the log, from 1.</param>
/// <param name="Form">How its content is hashed.</param>
/// <param name="Secret">What its salts are made of; null once something was redacted.</param>
/// <param name="Openings">What stands in the secret's place; null while there is one.</param>
/// <param name="Link">The link of its stream's chain.</param>
public sealed record StoredSeal(long Position, int Form, byte[]? Secret, byte[]? Openings, byte[] Link)
{
    /// <summary>The form of events that the database sealed; <see cref="EventSeal.PlainContentOf"/>.</summary>
    public const int ByDatabase = 0;

    /// <summary>The form of events that a node sealed; <see cref="EventSeal.ContentOf"/>.</summary>
    public const int ByNode = 1;
}
