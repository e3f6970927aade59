using System.CommandLine;
using System.Security.Cryptography;
using System.Text;
using OperationTracker.Core.Audit;
using OperationTracker.Core.Operations;
using OperationTracker.Postgres.Audit;

namespace OperationTracker.Cli;

/// <summary><c>optrack audit</c>: prove that nobody changed the record.</summary>
internal static class AuditCommands
{
    private const string DefaultOrigin = "optrack";

    public static Command Build() => new("audit", "Proves that nobody changed the record, or finds where.")
    {
        Key(), Checkpoint(), AuditVerifyCommand.Build(), Prove(), Check(), ImportCommand.BuildCheck(),
    };

    /// <summary>An option that names a key's file; a variable of the environment takes its place.</summary>
    public static Option<string?> KeyOption(string description) => new("--key")
    {
        HelpName = "FILE",
        Description = description + " Without it, OPTRACK_AUDIT_KEY.",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("OPTRACK_AUDIT_KEY") is { Length: > 0 } file
            ? file
            : null,
    };

    /// <summary>What the log is called.</summary>
    public static Option<string> OriginOption() => new("--origin")
    {
        HelpName = "NAME", Description = "What the log is called.", DefaultValueFactory = _ => DefaultOrigin,
    };

    /// <exception cref="ExitException">The name cannot be a log's.</exception>
    public static string Origin(ParseResult parsed, Option<string> option) =>
        Core.Audit.Checkpoint.IsOrigin(parsed.GetRequiredValue(option))
            ? parsed.GetRequiredValue(option)
            : throw new ExitException(ExitCodes.Usage, "--origin takes a name without spaces and plus signs.");

    /// <summary>The checkpoint as a signed note.</summary>
    /// <exception cref="ExitException">The key is a public one.</exception>
    public static string Sign(Checkpoint checkpoint, ECDsa key, string keyFile)
    {
        try
        {
            return SignedNote.Sign(checkpoint.ToText(), checkpoint.Origin, key);
        }
        catch (CryptographicException)
        {
            throw new ExitException(ExitCodes.Usage, $"{keyFile} holds a public key; the private one signs.");
        }
    }

    /// <summary>The text of a file.</summary>
    /// <exception cref="ExitException">It cannot be read.</exception>
    public static string Read(string file)
    {
        try
        {
            return File.ReadAllText(file, Encoding.UTF8);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new ExitException(ExitCodes.Usage, $"{file} cannot be read: {fault.Message}");
        }
    }

    /// <summary>A checkpoint whose signature is right, as far as there is a key to say so.</summary>
    /// <exception cref="ExitException">It is forged, or no checkpoint.</exception>
    public static Checkpoint Open(string note, string name, ECDsa? key)
    {
        try
        {
            return Core.Audit.Checkpoint.Parse(key is null ? SignedNote.TextOf(note) : SignedNote.Open(note, key));
        }
        catch (CryptographicException fault)
        {
            throw new ExitException(ExitCodes.VerificationFailed, $"{name}: {fault.Message}");
        }
        catch (FormatException fault)
        {
            throw new ExitException(ExitCodes.Usage, $"{name}: {fault.Message}");
        }
    }

    private static Command Key()
    {
        var file = new Argument<string>("FILE")
        {
            Description = "Where to put the private key; the public one goes to FILE.pub.",
        };
        var command = new Command("key", "Makes a key that signs checkpoints.") { file };
        command.SetAction(parsed =>
        {
            AuditKey.Create(parsed.GetRequiredValue(file));
            parsed.InvocationConfiguration.Output.WriteLine(
                $"Keep {parsed.GetRequiredValue(file)} away from the database;"
                + $" give {parsed.GetRequiredValue(file)}.pub to who verifies.");
            return ExitCodes.Done;
        });
        return command;
    }

    private static Command Checkpoint()
    {
        var key = KeyOption("The private key that signs.");
        var origin = OriginOption();
        var blocks = new Option<string?>("--blocks")
        {
            HelpName = "FILE",
            Description = "Write the hashes of all blocks of 256 events too:"
                + " kept elsewhere, they tell where a change is.",
        };
        var command = new Command("checkpoint", "Prints the signed head of the log; keep it elsewhere.")
        {
            key, origin, blocks,
        };
        var options = DatabaseOptions.AddTo(command);
        command.SetAction((parsed, cancel) => options.RunAsync(parsed, async database =>
        {
            if (parsed.GetValue(key) is not { } file)
                throw new ExitException(
                    ExitCodes.Usage, "Name the private key with --key; 'optrack audit key' makes one.");
            var name = Origin(parsed, origin);
            using var signer = AuditKey.Read(file);
            var proofs = new AuditProofs(database);
            var checkpoint = await proofs.CheckpointAsync(name, TimeProvider.System.GetUtcNow(), cancel);
            var note = Sign(checkpoint, signer, file);
            if (parsed.GetValue(blocks) is { } blocksFile)
                await WriteAsync(blocksFile, Blocks.Write(await proofs.BlocksAsync(checkpoint, cancel)), cancel);
            await parsed.InvocationConfiguration.Output.WriteAsync(note);
            return ExitCodes.Done;
        }));
        return command;
    }

    private static Command Prove()
    {
        var id = new Argument<string>("ID") { Description = "The operation_id." };
        var checkpoint = new Option<string>("--checkpoint")
        {
            HelpName = "FILE", Required = true, Description = "The checkpoint under which to prove.",
        };
        var command = new Command("prove", "Prints a proof of an operation's events that needs no server to check.")
        {
            id, checkpoint,
        };
        var options = DatabaseOptions.AddTo(command);
        command.SetAction((parsed, cancel) => options.RunAsync(parsed, async database =>
        {
            if (!OperationId.TryParse(parsed.GetRequiredValue(id), out var operationId))
                throw new ExitException(ExitCodes.Usage, $"An operation_id {OperationId.Rule}");
            var file = parsed.GetRequiredValue(checkpoint);
            var note = Read(file);
            Open(note, file, key: null);
            try
            {
                if (await new AuditProofs(database).ProveAsync(operationId, note, cancel) is not { } proof)
                    throw new ExitException(ExitCodes.NotFound, $"{operationId} has no events under this checkpoint.");
                await new Terminal(parsed.InvocationConfiguration).WriteBytesAsync(
                    (byte[])[.. proof.ToJson(), (byte)'\n'], cancel);
                return ExitCodes.Done;
            }
            catch (InvalidDataException fault)
            {
                throw new ExitException(ExitCodes.VerificationFailed, fault.Message);
            }
        }));
        return command;
    }

    private static Command Check()
    {
        var file = new Argument<string>("PROOF") { Description = "What 'optrack audit prove' printed." };
        var key = KeyOption("The log's public key.");
        var command = new Command("check", "Checks a proof, without any server.") { file, key };
        command.SetAction(parsed =>
        {
            var terminal = new Terminal(parsed.InvocationConfiguration);
            if (parsed.GetValue(key) is not { } keyFile)
                throw new ExitException(ExitCodes.Usage, "Name the log's public key with --key.");
            using var verifier = AuditKey.Read(keyFile);
            OperationProof proof;
            try
            {
                proof = OperationProof.Parse(Encoding.UTF8.GetBytes(Read(parsed.GetRequiredValue(file))));
            }
            catch (FormatException fault)
            {
                throw new ExitException(ExitCodes.VerificationFailed, fault.Message);
            }

            var faults = proof.FindFaults(verifier);
            foreach (var fault in faults)
                terminal.Say(fault);
            terminal.WriteLine(faults.Count == 0
                ? $"{proof.OperationId}: {proof.Events.Count} events, proven."
                : $"{proof.OperationId}: not proven.");
            return faults.Count == 0 ? ExitCodes.Done : ExitCodes.VerificationFailed;
        });
        return command;
    }

    private static async Task WriteAsync(string file, string text, CancellationToken cancel)
    {
        try
        {
            await File.WriteAllTextAsync(file, text, cancel);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new ExitException(ExitCodes.Failed, $"{file} cannot be written: {fault.Message}");
        }
    }
}

/// <summary>The hashes of blocks, one in a line, as they are kept beside a checkpoint.</summary>
internal static class Blocks
{
    public static string Write(IReadOnlyList<byte[]> hashes) =>
        string.Concat(hashes.Select(hash => Convert.ToHexStringLower(hash) + "\n"));

    /// <exception cref="ExitException">The text holds anything else.</exception>
    public static IReadOnlyList<byte[]> Read(string text, string name)
    {
        try
        {
            return [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Convert.FromHexString)];
        }
        catch (FormatException)
        {
            throw new ExitException(ExitCodes.Usage, $"{name} does not hold hashes in hexadecimal, one in a line.");
        }
    }
}
