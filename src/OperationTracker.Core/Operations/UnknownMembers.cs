using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using OperationTracker.Core.Json;

namespace OperationTracker.Core.Operations;

/// <summary>
/// A member that the contract does not name, kept because nothing that a sender said is dropped. Its value travels as
/// JSON text in a string, because jsonb would rewrite its numbers and sort its keys.
/// </summary>
/// <param name="Name">The member's name, unescaped.</param>
/// <param name="Json">
/// The value as compact JSON text; number tokens as they were sent, members in the order they came.
/// </param>
public sealed record UnknownMember(
    [property: JsonPropertyName("name")] string Name,
    [property: JsonPropertyName("json")] string Json);

/// <summary>
/// The members of one object that the contract does not name, in the order in which they first came. Two of these are
/// equal when they hold equal values under equal names, in whatever order; number tokens are compared as text.
/// </summary>
[JsonConverter(typeof(UnknownMembersConverter))]
public readonly struct UnknownMembers : IEquatable<UnknownMembers>
{
    private readonly ImmutableArray<UnknownMember> _members;

    /// <summary>
    /// The members in this order. Names are unlike each other: a document with a name twice is refused.
    /// </summary>
    public UnknownMembers(ImmutableArray<UnknownMember> members) => _members = members;

    /// <summary>The members, first come first.</summary>
    public ImmutableArray<UnknownMember> InOrder => _members.IsDefault ? [] : _members;

    /// <summary>Whether there are none, which is what the default value says.</summary>
    public bool IsEmpty => _members.IsDefaultOrEmpty;

    /// <summary>The same members sorted by name, their values canonical: equal members give equal text.</summary>
    public UnknownMembers ToCanonical() => IsEmpty
        ? default
        : new([.. _members.OrderBy(member => member.Name, StringComparer.Ordinal)
            .Select(member => member with { Json = JsonValueText.Canonical(member.Json) })]);

    /// <summary>
    /// Refuses an event that has a named member among the unknown ones: its document would have it twice.
    /// </summary>
    /// <exception cref="JsonException">One of these members has a name among <paramref name="names"/>.</exception>
    internal void MustNotBeAmong(JsonEncodedText[] names)
    {
        foreach (var member in InOrder)
        {
            if (Array.Exists(names, name => name.Value == member.Name))
                throw new JsonException();
        }
    }

    /// <inheritdoc/>
    public bool Equals(UnknownMembers other)
    {
        if (IsEmpty || other.IsEmpty)
            return IsEmpty && other.IsEmpty;
        if (_members.Length != other._members.Length)
            return false;
        return _members.AsSpan().SequenceEqual(other._members.AsSpan())
            || ToCanonical()._members.AsSpan().SequenceEqual(other.ToCanonical()._members.AsSpan());
    }

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is UnknownMembers other && Equals(other);

    /// <summary>
    /// Of the number of members only: their order does not count, and hashing values is not worth its price.
    /// </summary>
    public override int GetHashCode() => InOrder.Length;

    /// <summary>Equality whatever the order.</summary>
    public static bool operator ==(UnknownMembers left, UnknownMembers right) => left.Equals(right);

    /// <summary>The opposite of equality.</summary>
    public static bool operator !=(UnknownMembers left, UnknownMembers right) => !left.Equals(right);
}

/// <summary>
/// Reads and writes unknown members as an array of names and JSON texts. A text that is not JSON, or a name that stands
/// twice, is refused, and another application's spelling becomes the tracker's: whatever is in here is written into an
/// answer as it stands, and compared as text.
/// </summary>
internal sealed class UnknownMembersConverter : JsonConverter<UnknownMembers>
{
    public override UnknownMembers Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
            throw new JsonException();
        var members = ImmutableArray.CreateBuilder<UnknownMember>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var member = JsonSerializer.Deserialize<UnknownMember>(ref reader, options);
            if (member?.Name is null || !names.Add(member.Name)
                || JsonValueText.TryNormalize(member.Json) is not { } json)
                throw new JsonException();
            members.Add(member with { Json = json });
        }

        return new UnknownMembers(members.ToImmutable());
    }

    public override void Write(Utf8JsonWriter writer, UnknownMembers value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        foreach (var member in value.InOrder)
            JsonSerializer.Serialize(writer, member, options);
        writer.WriteEndArray();
    }
}
