using System.CommandLine;
using System.Globalization;
using System.Text;
using OperationTracker.Api;
using OperationTracker.Core.Audit;
using OperationTracker.Core.Bundle;
using OperationTracker.Core.History;
using OperationTracker.Postgres;
using OperationTracker.Postgres.Audit;
using OperationTracker.Postgres.Bundle;

namespace OperationTracker.Cli;

/// <summary><c>optrack export</c>: an evidence bundle, one file that needs no server to be read and checked.</summary>
internal sealed class ExportCommand
{
    private readonly Argument<string> file =
        new("FILE") { Description = "The bundle; a tar file, by convention .optrack.tar." };

    private readonly Option<string[]> ids = new("--id")
    {
        HelpName = "ID", Description = "Only this operation; may be given more than once.",
    };

    private readonly Option<string[]> where = WhereFilter.Option(
        "Only operations that the list finds, as status=failed; all that are given must hold");
    private readonly Option<string?> from = Instant(
        "--from", "Only operations to which something happened from this instant on.");
    private readonly Option<string?> to = Instant(
        "--to", "Only operations to which something happened before this instant.");

    private readonly Option<string?> checkpoint = new("--checkpoint")
    {
        HelpName = "FILE", Description = "A checkpoint of this log, up to which to export. Without it, one of now.",
    };

    private readonly Option<string?> key = AuditCommands.KeyOption(
        "The private key that signs a checkpoint of now; else it is unsigned.");
    private readonly Option<string> origin = AuditCommands.OriginOption();

    private readonly Option<bool> resume = new("--resume")
    {
        Description = "Go on with an export that was broken off: of the same operations, up to the same checkpoint.",
    };

    public static Command Build()
    {
        var export = new ExportCommand();
        var command = new Command("export", "Writes operations with their histories and proofs into one file.")
        {
            export.file, export.ids, export.where, export.from, export.to, export.checkpoint, export.key, export.origin,
            export.resume,
        };
        var options = DatabaseOptions.AddTo(command);
        command.SetAction(
            (parsed, cancel) => options.RunAsync(parsed, database => export.RunAsync(parsed, database, cancel)));
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, TrackerDatabase database, CancellationToken cancel)
    {
        var terminal = new Terminal(parsed.InvocationConfiguration);
        var path = parsed.GetRequiredValue(file);
        var bundle = new BundleExport(
            database, TimeProvider.System, path, Operator.Name, Extras(), new SayNowAndThen(terminal));
        try
        {
            var events = parsed.GetValue(resume)
                ? await bundle.ResumeAsync(cancel)
                : await bundle.RunAsync(Selection(parsed), await NoteAsync(parsed, database, cancel), cancel);
            terminal.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{path}: {events} events written."));
            return ExitCodes.Done;
        }
        catch (OperationCanceledException)
        {
            throw new ExitException(ExitCodes.Interrupted, $"Interrupted. optrack export {path} --resume goes on.");
        }
        catch (BundleException fault)
        {
            throw new ExitException(ExitCodes.Failed, $"{path}: {fault.Message}");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new ExitException(ExitCodes.Failed, $"{path} cannot be written: {fault.Message}");
        }
    }

    private BundleSelection Selection(ParseResult parsed) => new()
    {
        Ids = parsed.GetValue(ids) ?? [],
        Filter = WhereFilter.Read(parsed.GetValue(where) ?? []),
        From = Time(parsed, from),
        To = Time(parsed, to),
    };

    private async Task<string> NoteAsync(ParseResult parsed, TrackerDatabase database, CancellationToken cancel)
    {
        if (parsed.GetValue(checkpoint) is { } given)
        {
            var note = AuditCommands.Read(given);
            AuditCommands.Open(note, given, key: null);
            return note;
        }

        var name = AuditCommands.Origin(parsed, origin);
        var head = await new AuditProofs(database).CheckpointAsync(name, TimeProvider.System.GetUtcNow(), cancel);
        if (parsed.GetValue(key) is not { } keyFile)
            return head.ToText();
        using var signer = AuditKey.Read(keyFile);
        return AuditCommands.Sign(head, signer, keyFile);
    }

    private static Dictionary<string, byte[]> Extras() => new()
    {
        ["openapi.json"] = OpenApiDocument.Document,
        ["viewer.html"] = Resource("bundle-viewer.html"),
        ["README.txt"] = Encoding.UTF8.GetBytes("""
            Operations with their whole histories, and what proves them.

            viewer.html     take it out (tar -xf FILE viewer.html), open it in a browser, and choose the bundle: it shows
                            what happened, and needs no network
            events/         the events, one JSON object a line, in the order of the log
            operations/     each operation as its events give it
            tree/           hashes that lead from the events to the checkpoint
            checkpoint.txt  the head of the log, signed if a key was given
            openapi.json    what the members of the documents mean

            optrack audit bundle FILE --key log.key.pub   checks all of it, without any server
            optrack import FILE                           puts it into an empty tracker

            """),
    };

    private static byte[] Resource(string name)
    {
        using var stream = typeof(ExportCommand).Assembly.GetManifestResourceStream(name)!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private static DateTimeOffset? Time(ParseResult parsed, Option<string?> option)
    {
        if (parsed.GetValue(option) is not { } text)
            return null;
        return new InstantReader(zone: null).Read(text, out var fault) is { } instant
            ? instant.Ceiling
            : throw new ExitException(ExitCodes.Usage, $"{option.Name} {fault}.");
    }

    private static Option<string?> Instant(string name, string description) => new(name)
    {
        HelpName = "INSTANT", Description = description,
    };

    /// <summary>Tells how far it is, at most once a second.</summary>
    private sealed class SayNowAndThen(Terminal terminal) : IProgress<long>
    {
        private long _said = TimeProvider.System.GetTimestamp();

        public void Report(long value)
        {
            if (TimeProvider.System.GetElapsedTime(_said) < TimeSpan.FromSeconds(1))
                return;
            _said = TimeProvider.System.GetTimestamp();
            terminal.Say(string.Create(CultureInfo.InvariantCulture, $"{value} events"));
        }
    }
}
