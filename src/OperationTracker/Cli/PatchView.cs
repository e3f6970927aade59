using System.Text.Json;
using OperationTracker.Core.Json;
using OperationTracker.Core.Operations;
using Spectre.Console;

namespace OperationTracker.Cli;

/// <summary>One operation of a JSON Patch, as a tracker sends it.</summary>
internal sealed record PatchLine(string? Op, string? Path, JsonElement? Value);

/// <summary>
/// A JSON Patch as people read it: a line for each place, with what stood there where that is known. Bodies of requests
/// may hold device passwords and are only measured.
/// </summary>
internal static class PatchView
{
    private const int ValueLimit = 200;

    public static void Show(string op, string path, string? before, string? after, Terminal terminal)
    {
        var (sign, colour) = op switch
        {
            "add" => ('+', Color.Green), "remove" => ('-', Color.Red), _ => ('~', Color.Olive),
        };
        var values = (before, after) switch
        {
            ({ } old, { } now) => $" {Shown(path, old)} → {Shown(path, now)}",
            (null, { } now) => $" {Shown(path, now)}",
            ({ } old, null) => $" {Shown(path, old)}",
            _ => "",
        };
        var line = $"  {sign} {(path.Length > 0 ? path : "the document")}{values}";
        if (terminal.HasColours) terminal.Print(new Text(PlainText.Escape(line), new Style(colour)));
        else terminal.WriteLine(line);
    }

    /// <summary>A value's JSON, cut, without the bodies of requests.</summary>
    private static string Shown(string path, string json)
    {
        using var value = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 1000 });
        return PlainText.Cut(
            JsonValueText.Write(writer => Write(writer, JsonPointer.Split(path) ?? [], value.RootElement)), ValueLimit);
    }

    private static void Write(Utf8JsonWriter writer, IReadOnlyList<string> place, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.String && place is [.., "request", "body"])
        {
            writer.WriteStringValue($"({value.GetString()!.Length} characters)");
        }
        else if (value.ValueKind == JsonValueKind.Object)
        {
            writer.WriteStartObject();
            foreach (var member in value.EnumerateObject())
            {
                writer.WritePropertyName(member.Name);
                Write(writer, [.. place, member.Name], member.Value);
            }

            writer.WriteEndObject();
        }
        else if (value.ValueKind == JsonValueKind.Array)
        {
            writer.WriteStartArray();
            foreach (var item in value.EnumerateArray()) Write(writer, [.. place, "-"], item);
            writer.WriteEndArray();
        }
        else
        {
            value.WriteTo(writer);
        }
    }
}
