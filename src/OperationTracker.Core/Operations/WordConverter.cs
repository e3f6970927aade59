using System.Text.Json;
using System.Text.Json.Serialization;

namespace OperationTracker.Core.Operations;

/// <summary>
/// Reads and writes an enumeration as the contract's words, and as these only. The base library's own converter also
/// takes <c>"canceled, failed"</c>, which another application's event may hold, and makes a value of it that the
/// enumeration does not have.
/// </summary>
/// <remarks>
/// Named at each property: an enum converter among an application's own options, as Marten's are, goes before the one
/// named at the type, and would write <c>Failed</c>.
/// </remarks>
internal abstract class WordConverter<T>(string[] words) : JsonConverter<T>
    where T : struct, Enum
{
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && Array.IndexOf(words, reader.GetString()) is var index and >= 0
            ? (T)Enum.ToObject(typeof(T), index)
            : throw new JsonException();

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
        writer.WriteStringValue(words[Convert.ToInt32(value, null)]);
}
