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
        (await ExportAsync("--key", Key)).ShouldEnd(0, "events written");
        (await OptrackProcess.RunAsync("audit", "bundle", File, "--key", Key + ".pub")).ShouldEnd(0, "8 operations");

        var other = await TrackerFixture.CreateDatabaseAsync();
        (await OptrackProcess.RunAsync("import", File, "--key", Key + ".pub", "--database", other)).ShouldEnd(
            0, "Imported");
        (await OptrackProcess.RunAsync("projections", "verify", "--database", other)).ExitCode.ShouldBe(0);
        (await OptrackProcess.RunAsync("audit", "verify", "--database", other)).ShouldEnd(0, "is as it was appended");
        (await OptrackProcess.RunAsync("import", File, "--database", other)).ShouldEnd(4, "not empty");
        await PostgresServer.DropDatabaseAsync(other);
    }

    [Fact]
    public async Task A_bundle_with_one_byte_changed_is_neither_checked_nor_imported()
    {
        (await ExportAsync("--id", "3")).ShouldEnd(0);
        (await _record.Tracker.ExecuteAsync("select detail::text from tracker.admin_log where command = 'export'"))
            .ShouldBeOfType<string>().ShouldContain("\"selection\": true");
        var bytes = await System.IO.File.ReadAllBytesAsync(File);
        bytes[bytes.Length / 2] ^= 4;
        await System.IO.File.WriteAllBytesAsync(File, bytes);

        (await OptrackProcess.RunAsync("audit", "bundle", File)).ShouldEnd(5, "was changed, or broken off");
        (await OptrackProcess.RunAsync("import", File, "--database", _record.Tracker.ConnectionString))
            .ShouldEnd(5, "was changed, or broken off");
    }

    [Fact]
    public async Task What_cannot_be_done_is_said_in_a_sentence()
    {
        (await ExportAsync("--where", "state=failed")).ShouldEnd(2, "--where takes NAME=VALUE");
        (await ExportAsync("--from", "yesterday")).ShouldEnd(2, "--from must be an instant");
        (await ExportAsync("--checkpoint", Path.Combine(_directory, "none"))).ShouldEnd(2, "cannot be read");
        (await ExportAsync("--resume")).ShouldEnd(1, "cannot be written");
        (await ExportAsync()).ShouldEnd(0);
        (await ExportAsync()).ShouldEnd(1, "cannot be written");
        (await ExportAsync("--resume")).ShouldEnd(1, "finished");
        (await OptrackProcess.RunAsync("audit", "bundle", File, "--key", Key)).ShouldEnd(5, "A signed note is");
        (await OptrackProcess.RunAsync("audit", "bundle", File + "2")).ShouldEnd(2, "cannot be read");
        (await OptrackProcess.RunAsync("import", File, "--database", "Host=127.0.0.1;Port=1")).ShouldEnd(69);
    }

    private Task<Outcome> ExportAsync(params string[] arguments) => OptrackProcess.RunAsync(
        ["export", File, .. arguments, "--database", _record.Tracker.ConnectionString]);
}
