using System.CommandLine;
using System.Text.Json;
using OperationTracker.Core.Audit;
using OperationTracker.Core.Json;
using OperationTracker.Postgres;
using OperationTracker.Postgres.Audit;

namespace OperationTracker.Cli;

/// <summary><c>optrack audit verify</c>: reads the whole record again.</summary>
internal static class AuditVerifyCommand
{
    public static Command Build()
    {
        var checkpoints = new Option<string[]>("--checkpoint")
        {
            HelpName = "FILE", Description = "A checkpoint that was kept elsewhere; may stand several times.",
        };
        var key = AuditCommands.KeyOption("The log's public key; without one, signatures are not checked.");
        var blocks = new Option<string?>("--blocks")
        {
            HelpName = "FILE", Description = "The hashes of blocks that were kept beside the latest checkpoint.",
        };
        var json = new Option<bool>("--json") { Description = "Print the result as JSON." };
        var command = new Command("verify", "Reads all events again and says what was changed, and where.")
        {
            checkpoints, key, blocks, json,
        };
        var options = DatabaseOptions.AddTo(command);
        command.SetAction((parsed, cancel) => options.RunAsync(parsed, async database =>
        {
            var terminal = new Terminal(parsed.InvocationConfiguration);
            var kept = Kept(
                parsed.GetValue(checkpoints) ?? [], parsed.GetValue(blocks), parsed.GetValue(key), terminal);
            Priority.Lower();
            var started = TimeProvider.System.GetTimestamp();
            var report = await new AuditVerification(database, TimeProvider.System).VerifyAsync(kept, cancel);
            var elapsed = TimeProvider.System.GetElapsedTime(started);
            if (parsed.GetValue(json))
                terminal.WriteLine(JsonValueText.Write(writer => Write(writer, report, kept)));
            else
                Show(terminal, report, kept, elapsed);
            return report.Findings.Count == 0 ? ExitCodes.Done : ExitCodes.VerificationFailed;
        }));
        return command;
    }

    private static List<KeptCheckpoint> Kept(string[] files, string? blocksFile, string? keyFile, Terminal terminal)
    {
        using var key = keyFile is null ? null : AuditKey.Read(keyFile);
        if (files.Length > 0 && key is null)
            terminal.Say("No --key: the signatures of the checkpoints are not checked.");
        var kept = files.Select(
            file => new KeptCheckpoint(AuditCommands.Open(AuditCommands.Read(file), file, key), null))
            .OrderBy(item => item.Checkpoint.Size).ToList();
        if (blocksFile is null)
            return kept;
        if (kept.Count == 0)
            throw new ExitException(ExitCodes.Usage, "--blocks belongs to a --checkpoint.");
        kept[^1] = kept[^1] with { Blocks = Blocks.Read(AuditCommands.Read(blocksFile), blocksFile) };
        return kept;
    }

    private static void Show(
        Terminal terminal, AuditReport report, List<KeptCheckpoint> kept, TimeSpan elapsed)
    {
        foreach (var finding in report.Findings)
            terminal.WriteLine($"{finding.Kind.ToString().ToLowerInvariant()}: {PlaceOf(finding)}{finding.Detail}");
        if (report.FindingsBeyond > 0)
            terminal.WriteLine($"and {report.FindingsBeyond} more");
        var against = kept.Count == 0
            ? "without a checkpoint: a record that was changed and sealed anew as a whole"
                + " cannot be told from a true one"
            : $"against {kept.Count} checkpoint{(kept.Count == 1 ? "" : "s")}";
        terminal.WriteLine(
            $"{report.Events} events at {report.Size} positions read in {elapsed.TotalSeconds:0.0} s, {against}.");
        terminal.WriteLine(report.Findings.Count == 0
            ? "The record is as it was appended."
            : $"The record was tampered with: {report.Findings.Count + report.FindingsBeyond} findings.");
    }

    private static string PlaceOf(AuditFinding finding)
    {
        var place = string.Join(", ", new[]
        {
            finding.StreamId is null ? null : $"operation {finding.StreamId}",
            finding.Version is null ? null : $"version {finding.Version}",
            finding.Position is null ? null : $"position {finding.Position}",
        }.OfType<string>());
        return place.Length == 0 ? "" : place + ": ";
    }

    private static void Write(Utf8JsonWriter writer, AuditReport report, List<KeptCheckpoint> kept)
    {
        writer.WriteStartObject();
        writer.WriteNumber("positions", report.Size);
        writer.WriteNumber("events", report.Events);
        writer.WriteString("root", Convert.ToBase64String(report.Root.Span));
        writer.WriteNumber("checkpoints", kept.Count);
        writer.WriteStartArray("findings");
        foreach (var finding in report.Findings)
        {
            writer.WriteStartObject();
            writer.WriteString("kind", finding.Kind.ToString().ToLowerInvariant());
            writer.WriteString("operation_id", finding.StreamId);
            WriteNumber(writer, "version", finding.Version);
            WriteNumber(writer, "position", finding.Position);
            writer.WriteString("detail", finding.Detail);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteNumber("findings_beyond", report.FindingsBeyond);
        writer.WriteEndObject();
    }

    private static void WriteNumber(Utf8JsonWriter writer, string name, long? number)
    {
        if (number is { } value)
            writer.WriteNumber(name, value);
        else
            writer.WriteNull(name);
    }
}
