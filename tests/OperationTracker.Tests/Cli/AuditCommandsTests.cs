using System.Diagnostics;
using System.Runtime.Versioning;
using System.Text.Json.Nodes;
using OperationTracker.Core.Operations;
using OperationTracker.Tests.Audit;
using static OperationTracker.Tests.EventStore.Documents;

namespace OperationTracker.Tests.Cli;

/// <summary><c>optrack audit</c> and <c>optrack redact</c>, run as auditors and operators run them.</summary>
[SupportedOSPlatform("linux")]
public sealed class AuditCommandsTests : IAsyncLifetime
{
    private static readonly (string From, string To)[] Changes =
    [
        ("\"note ", "\"Note "), ("192.0.2.1", "192.0.2.9"), ("executing", "canceled"),
        ("\"seq_id\":1", "\"seq_id\":2"),
    ];

    private readonly string _directory = TestDirectory.Create("audit");
    private AuditedRecord _record = null!;

    private string Key => Path.Combine(_directory, "log key");

    public async Task InitializeAsync()
    {
        _record = await AuditedRecord.CreateAsync(operations: 8);
        (await OptrackProcess.RunAsync("audit", "key", Key)).ExitCode.ShouldBe(0);
    }

    public async Task DisposeAsync()
    {
        await _record.DisposeAsync();
        TestDirectory.Delete(_directory);
    }

    [Fact]
    public async Task A_whole_record_verifies_against_its_checkpoint_and_a_changed_one_does_not()
    {
        var note = await CheckpointAsync();
        var events = await _record.Tracker.ExecuteAsync("select count(*) from tracker.mt_events");
        (await AuditAsync("verify", "--checkpoint", note, "--key", Key + ".pub"))
            .ShouldEnd(0, $"{events} events at {events} positions read");

        await _record.Tracker.ExecuteAsync(
            "update tracker.mt_events set type = 'x' where stream_id = '3' and version = 2");

        (await AuditAsync("verify", "--checkpoint", note, "--key", Key + ".pub"))
            .ShouldEnd(5, "changed: operation 3, version 2, position");
        var json = JsonNode.Parse((await AuditAsync("verify", "--json")).Out)!;
        json["findings"]![0]!["operation_id"]!.GetValue<string>().ShouldBe("3");
    }

    [Fact]
    public async Task A_log_that_was_cut_is_seen_by_its_checkpoint_only()
    {
        var note = await CheckpointAsync();
        await _record.Tracker.ExecuteAsync("""
            delete from tracker.mt_events where stream_id = '6';
            delete from tracker.mt_streams where id = '6';
            delete from tracker.positions p
            where not exists (select from tracker.mt_events e where e.seq_id = p.seq_id);
            """);
        await _record.Tracker.ExecuteAsync("""
            create temp table kept as
            select row_number() over (order by position) as position, seq_id, form, secret, link
            from tracker.positions;
            truncate tracker.positions;
            insert into tracker.positions (position, seq_id, form, secret, link) select * from kept
            """);

        (await AuditAsync("verify")).ShouldEnd(0, "without a checkpoint");
        (await AuditAsync("verify", "--checkpoint", note, "--key", Key)).ShouldEnd(5, "cut: position");
    }

    [Fact]
    public async Task A_forged_checkpoint_and_one_of_another_key_are_refused()
    {
        var note = await CheckpointAsync();
        var forged = Path.Combine(_directory, "forged");
        var lines = (await File.ReadAllTextAsync(note)).Split('\n');
        lines[1] = "1";
        await File.WriteAllTextAsync(forged, string.Join('\n', lines));
        (await AuditAsync("verify", "--checkpoint", forged, "--key", Key + ".pub")).ShouldEnd(
            5, "not that of this text");

        (await OptrackProcess.RunAsync("audit", "key", Key + "2")).ExitCode.ShouldBe(0);
        (await AuditAsync("verify", "--checkpoint", note, "--key", Key + "2.pub")).ShouldEnd(
            5, "not signed by this key");

        await File.WriteAllTextAsync(forged, "no checkpoint");
        (await AuditAsync("verify", "--checkpoint", forged, "--key", Key)).ShouldEnd(2, "A signed note is");
        (await AuditAsync("verify", "--checkpoint", note, "--key", forged)).ShouldEnd(2, "holds no key");
        (await AuditAsync("checkpoint", "--key", Key + ".pub")).ShouldEnd(2, "the private one signs");
        (await OptrackProcess.RunAsync("audit", "key", Key)).ShouldEnd(1, "cannot be written");
    }

    [Fact]
    public async Task A_proof_is_checked_without_the_database_and_one_changed_byte_breaks_it()
    {
        await RedactAsync("0", "/request/body");
        var note = await CheckpointAsync();
        foreach (var id in (string[])["0", "3"])
        {
            var proof = Path.Combine(_directory, "proof " + id);
            var proven = await AuditAsync("prove", id, "--checkpoint", note);
            proven.ShouldEnd(0, "optrack-proof-1");
            await File.WriteAllBytesAsync(proof, proven.OutBytes);
            (await OptrackProcess.RunAsync("audit", "check", proof, "--key", Key + ".pub")).ShouldEnd(0, "proven");

            foreach (var (from, to) in Changes)
            {
                await File.WriteAllTextAsync(proof, proven.Out.Replace(from, to, StringComparison.Ordinal));
                (await OptrackProcess.RunAsync("audit", "check", proof, "--key", Key + ".pub")).ShouldEnd(
                    5, "not proven");
            }
        }

        (await AuditAsync("prove", "none", "--checkpoint", note)).ShouldEnd(3, "no events under this checkpoint");
    }

    [PythonFact]
    public async Task The_script_for_third_parties_agrees()
    {
        await RedactAsync("0", "/request/body");
        await RedactAsync("1", "/request");
        var note = await CheckpointAsync();
        foreach (var id in (string[])["0", "1", "3"])
        {
            var proof = Path.Combine(_directory, "proof " + id);
            var proven = await AuditAsync("prove", id, "--checkpoint", note);
            await File.WriteAllBytesAsync(proof, proven.OutBytes);
            (await PythonAsync(proof)).ShouldBe(0);
            foreach (var (from, to) in Changes)
            {
                await File.WriteAllTextAsync(proof, proven.Out.Replace(from, to, StringComparison.Ordinal));
                (await PythonAsync(proof)).ShouldBe(5, $"{id}: {from} to {to}");
            }
        }
    }

    [Fact]
    public async Task A_redaction_says_what_it_did_and_what_it_cannot_do()
    {
        (await RedactAsync("3", "/request/body")).ShouldEnd(0, "1 value in 1 event is redacted, as version 6 tells");
        (await RedactAsync("3", "/request/body")).ShouldEnd(0, "redacted before");
        (await RedactAsync("none", "/request/body")).ShouldEnd(3, "There is no operation none");
        (await RedactAsync("3", "/status")).ShouldEnd(2, "names a value that stays");
        (await RedactAsync("3", "status")).ShouldEnd(2, "is not a JSON Pointer");
        (await RedactAsync("a/b", "/sub_status")).ShouldEnd(2, "An operation_id");
        (await _record.Tracker.ExecuteAsync("select command || detail::text from tracker.admin_log"))
            .ShouldBeOfType<string>().ShouldContain("redact");
    }

    private async Task<string> CheckpointAsync()
    {
        var answer = await AuditAsync("checkpoint", "--key", Key, "--blocks", Path.Combine(_directory, "blocks"));
        answer.ExitCode.ShouldBe(0, answer.Error);
        var file = Path.Combine(_directory, "checkpoint");
        await File.WriteAllBytesAsync(file, answer.OutBytes);
        return file;
    }

    private Task<Outcome> AuditAsync(params string[] arguments) =>
        OptrackProcess.RunAsync(["audit", .. arguments, "--database", _record.Tracker.ConnectionString]);

    private Task<Outcome> RedactAsync(string id, string pointer) => OptrackProcess.RunAsync(
        "redact", id, "--pointer", pointer, "--reason", "a password", "--database", _record.Tracker.ConnectionString);

    /// <summary>The exit code of the script for third parties.</summary>
    private async Task<int> PythonAsync(string proof)
    {
        var start = new ProcessStartInfo("python3") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(Path.Combine(Repository.Root, "eng", "verify-proof"));
        start.ArgumentList.Add(proof);
        start.ArgumentList.Add(Key + ".pub");
        using var process = Process.Start(start)!;
        await process.WaitForExitAsync();
        return process.ExitCode;
    }
}

/// <summary>A test of a script in Python; skipped, and counted as such, where there is none.</summary>
internal sealed class PythonFactAttribute : FactAttribute
{
    public PythonFactAttribute()
    {
        if (ProgramPath.Find("python3") is null)
            Skip = "There is no python3 here.";
    }
}
