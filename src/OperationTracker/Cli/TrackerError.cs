using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Spectre.Console;

namespace OperationTracker.Cli;

/// <summary>The body that every error of a tracker carries.</summary>
internal sealed record TrackerError(string? ErrorCode, string? ErrorMessage, IReadOnlyList<TrackerFault?>? Details)
{
    /// <summary>Tells on stderr why an answer is an error, and returns the exit code that stands for it.</summary>
    public static int Explain(TrackerAnswer answer, Terminal terminal)
    {
        var status = $"HTTP {(int)answer.Status}";
        if (Read(answer.Body) is { ErrorCode: { } code } error)
        {
            terminal.Say($"{code} {error.ErrorMessage} ({status})");
            if (error.Details is { Count: > 0 } faults) terminal.Complain(Table(faults));
        }
        else
        {
            // A proxy in between, or no tracker at all: its page would not help.
            terminal.Say($"The server answered {status} without a tracker's error body.");
        }
        return ExitCodes.Of(answer.Status) is var exitCode && exitCode == ExitCodes.Done ? ExitCodes.Failed : exitCode;
    }

    private static TrackerError? Read(byte[] body)
    {
        try
        {
            return JsonSerializer.Deserialize(body, TrackerJson.Default.TrackerError);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static Table Table(IEnumerable<TrackerFault?> faults)
    {
        var table = new Table().Border(TableBorder.None).AddColumns(
            new TableColumn("path").Padding(0, 0, 2, 0), new TableColumn("reason").Padding(0, 0, 0, 0));
        foreach (var fault in faults)
            table.AddRow(
                new Text(PlainText.Escape(fault?.Path ?? "")), new Text(PlainText.Escape(fault?.Reason ?? "")));
        return table;
    }
}

internal sealed record TrackerFault(string? Path, string? Reason);

/// <summary>The few shapes that the commands read or write, in snake_case; unknown members are skipped.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(TrackerError))]
[JsonSerializable(typeof(PutReport))]
[JsonSerializable(typeof(ListPage))]
[JsonSerializable(typeof(EventsPage))]
[JsonSerializable(typeof(IReadOnlyList<PatchLine>))]
internal sealed partial class TrackerJson : JsonSerializerContext
{
    /// <summary>For output: quotes and letters beyond ASCII as themselves, since no web page will hold it.</summary>
    public static TrackerJson Readable { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
