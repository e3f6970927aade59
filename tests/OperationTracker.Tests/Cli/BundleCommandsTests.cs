using System.Runtime.Versioning;
using OperationTracker.Tests.Audit;
using OperationTracker.Tests.EventStore;

namespace OperationTracker.Tests.Cli;

/// <summary><c>optrack export</c>, <c>import</c> and <c>audit bundle</c>, run as their users run them.</summary>
[SupportedOSPlatform("linux")]
public sealed class BundleCommandsTests : IAsyncLifetime
{
    private readonly string _directory = TestDirectory.Create("bundles");
    private AuditedRecord _record = null!;

    private string Key => Path.Combine(_directory, "log key");

    private string File => Path.Combine(_directory, "the bundle.optrack.tar");

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
    public async Task What_is_exported_here_is_checked_anywhere_and_imported_there()
    {
        (await ExportAsync("--key", Key)).Saying("events written").ShouldBe(0);
        (await OptrackProcess.RunAsync("audit", "bundle", File, "--key", Key + ".pub")).Saying("8 operations").ShouldBe(0);

        var other = await TrackerFixture.CreateDatabaseAsync();
        (await OptrackProcess.RunAsync("import", File, "--key", Key + ".pub", "--database", other)).Saying("Imported").ShouldBe(0);
        (await OptrackProcess.RunAsync("projections", "verify", "--database", other)).ExitCode.ShouldBe(0);
        (await OptrackProcess.RunAsync("audit", "verify", "--database", other)).Saying("is as it was appended").ShouldBe(0);
        (await OptrackProcess.RunAsync("import", File, "--database", other)).Saying("not empty").ShouldBe(4);
        await PostgresServer.DropDatabaseAsync(other);
    }

    [Fact]
    public async Task A_bundle_with_one_byte_changed_is_neither_checked_nor_imported()
    {
        (await ExportAsync("--id", "3")).ShouldBe(0);
        var bytes = await System.IO.File.ReadAllBytesAsync(File);
        bytes[bytes.Length / 2] ^= 4;
        await System.IO.File.WriteAllBytesAsync(File, bytes);

        (await OptrackProcess.RunAsync("audit", "bundle", File)).Saying("was changed, or broken off").ShouldBe(5);
        (await OptrackProcess.RunAsync("import", File, "--database", _record.Tracker.ConnectionString))
            .Saying("was changed, or broken off").ShouldBe(5);
    }

    [Fact]
    public async Task What_cannot_be_done_is_said_in_a_sentence()
    {
        (await ExportAsync("--where", "state=failed")).Saying("--where takes NAME=VALUE").ShouldBe(2);
        (await ExportAsync("--from", "yesterday")).Saying("--from must be an instant").ShouldBe(2);
        (await ExportAsync("--checkpoint", Path.Combine(_directory, "none"))).Saying("cannot be read").ShouldBe(2);
        (await ExportAsync("--resume")).Saying("cannot be written").ShouldBe(1);
        (await ExportAsync()).ShouldBe(0);
        (await ExportAsync()).Saying("cannot be written").ShouldBe(1);
        (await ExportAsync("--resume")).Saying("finished").ShouldBe(1);
        (await OptrackProcess.RunAsync("audit", "bundle", File, "--key", Key)).Saying("A signed note is").ShouldBe(5);
        (await OptrackProcess.RunAsync("audit", "bundle", File + "2")).Saying("cannot be read").ShouldBe(2);
        (await OptrackProcess.RunAsync("import", File, "--database", "Host=127.0.0.1;Port=1")).ShouldBe(69);
    }

    private Task<Outcome> ExportAsync(params string[] arguments) => OptrackProcess.RunAsync(
        ["export", File, .. arguments, "--database", _record.Tracker.ConnectionString]);
}

file static class OutcomeAssertions
{
    public static Outcome Saying(this Outcome outcome, string says)
    {
        (outcome.Out + outcome.Error).ShouldContain(says);
        return outcome;
    }

    public static void ShouldBe(this Outcome outcome, int exitCode) =>
        outcome.ExitCode.ShouldBe(exitCode, outcome.Out + outcome.Error);
}
