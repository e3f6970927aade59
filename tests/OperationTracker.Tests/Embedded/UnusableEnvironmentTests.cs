using System.Runtime.Versioning;
using Microsoft.Extensions.Logging.Abstractions;
using OperationTracker.Postgres.Embedded;

namespace OperationTracker.Tests.Embedded;

/// <summary>What hinders the private server is said in a sentence that names it and says what to do.</summary>
[SupportedOSPlatform("linux")]
public sealed class UnusableEnvironmentTests : IDisposable
{
    private readonly string _directory = TestDirectory.Create("unusable");

    public void Dispose() => TestDirectory.Delete(_directory);

    [Fact]
    public async Task Data_of_another_major_version_is_refused_and_left_alone()
    {
        var cluster = Directory.CreateDirectory(Path.Combine(_directory, "postgres")).FullName;
        await File.WriteAllTextAsync(Path.Combine(cluster, "PG_VERSION"), "99\n");

        var refusal = await RefusalAsync(new() { DataDirectory = _directory });

        refusal.Kind.ShouldBe(EmbeddedPostgresProblem.WrongMajorVersion);
        refusal.Message.ShouldContain($"The data in {cluster} was written by PostgreSQL 99");
        Directory.EnumerateFileSystemEntries(cluster).ShouldBe([Path.Combine(cluster, "PG_VERSION")]);
    }

    [Fact]
    public async Task A_directory_that_is_no_cluster_is_refused_and_left_alone()
    {
        var photos = Directory.CreateDirectory(Path.Combine(_directory, "postgres", "photos")).FullName;

        var refusal = await RefusalAsync(new() { DataDirectory = _directory });

        refusal.Kind.ShouldBe(EmbeddedPostgresProblem.DirectoryUnusable);
        refusal.Message.ShouldContain("exists, but it is no PostgreSQL cluster");
        Directory.Exists(photos).ShouldBeTrue();
    }

    [Fact]
    public async Task A_data_directory_below_a_file_is_refused()
    {
        var file = Path.Combine(_directory, "file");
        await File.WriteAllTextAsync(file, "");

        var refusal = await RefusalAsync(new() { DataDirectory = Path.Combine(file, "data") });

        refusal.Kind.ShouldBe(EmbeddedPostgresProblem.DirectoryUnusable);
        refusal.Message.ShouldContain("cannot be made");
    }

    [Fact]
    public async Task A_parent_that_the_servers_user_cannot_pass_is_named_and_not_opened()
    {
        if (!Posix.IsRoot) return; // Only root hands the server to another user.
        var closed = Directory.CreateDirectory(Path.Combine(_directory, "closed")).FullName;
        File.SetUnixFileMode(closed, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

        var refusal = await RefusalAsync(new() { DataDirectory = Path.Combine(closed, "data") });

        refusal.Kind.ShouldBe(EmbeddedPostgresProblem.DirectoryUnusable);
        refusal.Message.ShouldContain($"cannot pass through {closed} to {closed}/data");
        Directory.EnumerateFileSystemEntries(closed).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_directory_without_postgres_is_refused()
    {
        var refusal = await RefusalAsync(new() { DataDirectory = _directory, BinDirectory = _directory });

        refusal.Kind.ShouldBe(EmbeddedPostgresProblem.BinariesNotFound);
        refusal.Message.ShouldContain("holds no working postgres and initdb");
    }

    [Fact]
    public async Task A_user_that_does_not_exist_is_refused()
    {
        if (!Posix.IsRoot) return; // Nobody but root can choose.
        var refusal = await RefusalAsync(new() { DataDirectory = _directory, RunAs = "no-such-user" });

        refusal.Kind.ShouldBe(EmbeddedPostgresProblem.NoUnprivilegedUser);
        refusal.Message.ShouldContain("no-such-user");
    }

    [Fact]
    public async Task What_a_crash_left_of_an_unfinished_cluster_is_removed()
    {
        var unfinished = Directory.CreateDirectory(Path.Combine(_directory, "postgres.new-1")).FullName;

        await RefusalAsync(new() { DataDirectory = _directory, BinDirectory = _directory });

        Directory.Exists(unfinished).ShouldBeFalse();
    }

    private static Task<EmbeddedPostgresException> RefusalAsync(EmbeddedPostgresOptions options) =>
        Should.ThrowAsync<EmbeddedPostgresException>(() => EmbeddedPostgres.StartAsync(
            options, NullLogger.Instance, TimeProvider.System, CancellationToken.None));
}
