using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OperationTracker.Core.Operations;

/// <summary>
/// A JSON member that may be absent, <c>null</c>, or a value: three different things to the contract, all given back as
/// they came. The default value is absent, so that <see cref="JsonIgnoreCondition.WhenWritingDefault"/> leaves it out.
/// </summary>
[JsonConverter(typeof(OptionalConverterFactory))]
public readonly struct Optional<T> : IEquatable<Optional<T>>
    where T : notnull
{
    private readonly bool _present;

    private Optional(T? value, bool isNull)
    {
        Value = value;
        _present = true;
        IsNull = isNull;
    }

    /// <summary>The member is not there.</summary>
    public static Optional<T> Absent => default;

    /// <summary>The member is there and is <c>null</c>.</summary>
    public static Optional<T> Null => new(default, isNull: true);

    /// <summary>The value, where there is one.</summary>
    public T? Value { get; }

    /// <summary>Whether the member is there and <c>null</c>.</summary>
    public bool IsNull { get; }

    /// <summary>Whether the member is not there.</summary>
    public bool IsAbsent => !_present;

    /// <summary>Whether the member is there and holds a value.</summary>
    [MemberNotNullWhen(true, nameof(Value))]
    public bool HasValue => _present && !IsNull;

    /// <summary>The member with this value.</summary>
    public static implicit operator Optional<T>(T value) => new(value, isNull: false);

    /// <inheritdoc/>
    public bool Equals(Optional<T> other) =>
        _present == other._present && IsNull == other.IsNull
        && EqualityComparer<T?>.Default.Equals(Value, other.Value);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Optional<T> other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_present, IsNull, Value);

    /// <summary>Equality of presence and value.</summary>
    public static bool operator ==(Optional<T> left, Optional<T> right) => left.Equals(right);

    /// <summary>The opposite of equality.</summary>
    public static bool operator !=(Optional<T> left, Optional<T> right) => !left.Equals(right);

    /// <inheritdoc/>
    public override string ToString() => HasValue ? Value.ToString() ?? "" : IsNull ? "null" : "absent";
}

/// <summary>
/// Writes an <see cref="Optional{T}"/> as its value or <c>null</c>; leaving out is the property's own business.
/// </summary>
internal sealed class OptionalConverterFactory : JsonConverterFactory
{
    public override bool CanConvert(Type typeToConvert) =>
        typeToConvert.IsGenericType && typeToConvert.GetGenericTypeDefinition() == typeof(Optional<>);

    public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) =>
        (JsonConverter)Activator.CreateInstance(
            typeof(OptionalConverter<>).MakeGenericType(typeToConvert.GetGenericArguments()))!;

    private sealed class OptionalConverter<T> : JsonConverter<Optional<T>>
        where T : notnull
    {
        public override bool HandleNull => true;

        public override Optional<T> Read(
            ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.Null
                ? Optional<T>.Null
                : JsonSerializer.Deserialize<T>(ref reader, options) ?? throw new JsonException();

        public override void Write(Utf8JsonWriter writer, Optional<T> value, JsonSerializerOptions options)
        {
            if (value.HasValue)
                JsonSerializer.Serialize(writer, value.Value, options);
            else
                writer.WriteNullValue();
        }
    }
}
