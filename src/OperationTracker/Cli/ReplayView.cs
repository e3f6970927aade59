using System.Text.Json;
using OperationTracker.Core.History;
using OperationTracker.Core.Json;
using Spectre.Console;

namespace OperationTracker.Cli;

/// <summary>The steps of a replay, for people and for programs.</summary>
internal sealed class ReplayView(Terminal terminal)
{
    private static readonly JsonDocumentOptions Documents = new() { MaxDepth = 1000 };

    public void Show(ReplayStep step)
    {
        var versions = step.Events.Count == 1
            ? $"{step.First.Version}"
            : $"{step.First.Version}-{step.Events[^1].Version}";
        var gap = step.SinceLast is { } since ? $"  +{OperationReplay.Text(since)}" : "";
        Heading($"{versions}  {step.First.TimeText}{gap}  from {step.First.Sender}");
        foreach (var item in step.Events)
            terminal.WriteLine($"  {item.Kind}  {EventSummary.Of(item.Event)}".TrimEnd());
        if (step.Before.IsEmpty) return;
        using var before = JsonDocument.Parse(step.Before, Documents);
        foreach (var operation in step.Patch)
            PatchView.Show(
                operation.Op, operation.Path, Find(before.RootElement, operation.Path), operation.Json, terminal);
    }

    /// <summary>An event of the log.</summary>
    public void Show(ReportedEvent item, TimeSpan? sinceLast)
    {
        var gap = sinceLast is { } since ? $"+{OperationReplay.Text(since)}" : "";
        terminal.WriteLine(
            $"{item.Position,6}  {item.TimeText}  {gap,-10}  {item.OperationId}/{item.Version}  {item.Kind}"
            + $"  {EventSummary.Of(item.Event)}".TrimEnd() + $"  from {item.Sender}");
    }

    public void ShowDocument(ReplayStep step)
    {
        terminal.WriteLine("");
        if (step.After.IsEmpty)
        {
            terminal.WriteLine("There is no document yet.");
            return;
        }

        using var document = JsonDocument.Parse(step.After, Documents);
        terminal.Print(OperationView.Of(document.RootElement, step.ETag));
    }

    public void WriteJson(ReplayStep step) => terminal.WriteLine(JsonValueText.Write(writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("operation_id", step.First.OperationId);
        writer.WriteNumber("first", step.First.Version);
        writer.WriteNumber("last", step.Events[^1].Version);
        writer.WriteString("received_time", step.First.Json.GetProperty("received_time").GetString());
        if (step.SinceLast is { } since) writer.WriteNumber("seconds_since_last", since.TotalSeconds);
        writer.WritePropertyName("sender");
        step.First.Json.GetProperty("sender").WriteTo(writer);
        writer.WriteStartArray("kinds");
        foreach (var item in step.Events) writer.WriteStringValue(item.Kind);
        writer.WriteEndArray();
        writer.WritePropertyName("patch");
        DocumentDiff.Write(writer, step.Patch);
        writer.WritePropertyName("document");
        writer.WriteRawValue(step.After.IsEmpty ? "null"u8 : step.After.Span, skipInputValidation: true);
        writer.WriteEndObject();
    }));

    /// <summary>Waits for a key; whether the walk goes on.</summary>
    public bool AskToGoOn(ReplayStep step)
    {
        while (true)
        {
            terminal.Say("-- any key: next, d: document, q: quit --");
            switch (char.ToLowerInvariant(Console.ReadKey(intercept: true).KeyChar))
            {
                case 'd':
                    ShowDocument(step);
                    break;
                case 'q':
                    return false;
                default:
                    return true;
            }
        }
    }

    private void Heading(string line)
    {
        if (terminal.HasColours)
            terminal.Print(new Text(PlainText.Escape(line), new Style(decoration: Decoration.Bold)));
        else terminal.WriteLine(line);
    }

    /// <summary>The value at a place; null where there is none.</summary>
    private static string? Find(JsonElement value, string path)
    {
        foreach (var segment in JsonPointer.Split(path) ?? [])
        {
            if (value.ValueKind == JsonValueKind.Object && value.TryGetProperty(segment, out var member))
                value = member;
            else if (value.ValueKind == JsonValueKind.Array && int.TryParse(segment, out var index)
                && index < value.GetArrayLength())
                value = value[index];
            else return null;
        }

        return value.GetRawText();
    }
}
