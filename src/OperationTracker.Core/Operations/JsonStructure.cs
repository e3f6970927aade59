using System.Text.Json;
using System.Text.Unicode;

namespace OperationTracker.Core.Operations;

/// <summary>
/// The first look at a body: is it UTF-8, is it one JSON value, and is it of a size that the reader's walk can bear?
/// Nothing is kept of it, so that eight megabytes of empty arrays cost no memory.
/// </summary>
internal static class JsonStructure
{
    /// <summary>What is wrong with the text as a whole; null when nothing is.</summary>
    public static DocumentFault? FindFault(ReadOnlySpan<byte> utf8)
    {
        if (!Utf8.IsValid(utf8))
            return Fault(FaultKind.Format, $"is not UTF-8 from byte {FirstInvalidByte(utf8)} on");
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = OperationLimits.Nodes + 1 });
        var nodes = 0;
        var isTooDeep = false;
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType is JsonTokenType.PropertyName or JsonTokenType.EndObject or JsonTokenType.EndArray)
                    continue;
                isTooDeep |= reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray
                    && reader.CurrentDepth >= OperationLimits.Depth;
                // Read to the end all the same: what is not JSON, or too deep, is a weightier fault than a long text.
                if (++nodes > OperationLimits.Nodes && isTooDeep)
                    return Fault(FaultKind.Format, $"is nested deeper than {OperationLimits.Depth} levels");
            }

            return nodes > OperationLimits.Nodes
                ? Fault(FaultKind.Range, $"holds more than {OperationLimits.Nodes} values")
                : null;
        }
        catch (JsonException fault)
        {
            // The exception's own message repeats a piece of the body, which may be a secret.
            return Fault(FaultKind.Format,
                $"is not JSON: line {fault.LineNumber + 1}, byte {fault.BytePositionInLine + 1} of the line");
        }
    }

    private static DocumentFault Fault(FaultKind kind, string reason) => new(kind, "", reason);

    private static int FirstInvalidByte(ReadOnlySpan<byte> utf8)
    {
        var valid = 0;
        while (System.Text.Rune.DecodeFromUtf8(utf8[valid..], out _, out var length)
            == System.Buffers.OperationStatus.Done)
            valid += length;
        return valid + 1;
    }
}
