using System.Globalization;
using System.Runtime.Versioning;
using Microsoft.Extensions.Logging;
using Npgsql;
using OperationTracker.Postgres.Embedded;
using OperationTracker.Torture.Servers;

namespace OperationTracker.Tests.Embedded;

[SupportedOSPlatform("linux")]
public sealed class EmbeddedPostgresTests : IDisposable
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    private readonly string _directory = TestDirectory.Create("embedded");
    private readonly CapturedLog _log = new();

    public void Dispose() => TestDirectory.Delete(_directory);

    [Fact]
    public async Task An_empty_directory_becomes_a_server_that_answers()
    {
        await using var server = await StartAsync();

        (await AskAsync(server, "select current_user || ' in ' || current_database()")).ShouldBe("optrack in optrack");
        server.Problem.ShouldBeNull();
        server.TcpConnectionString.ShouldBeNull();
        server.DataDirectory.ShouldBe(_directory);
    }

    [Fact]
    public async Task A_commit_is_durable_and_text_has_an_order_that_never_changes()
    {
        await using var server = await StartAsync();

        const string Settings = """
            select string_agg(name || '=' || setting, ' ' order by name) from pg_settings
            where name in ('fsync', 'full_page_writes', 'synchronous_commit', 'data_checksums', 'data_sync_retry',
                           'TimeZone', 'server_encoding', 'listen_addresses')
            """;
        (await AskAsync(server, Settings)).ShouldBe(
            "TimeZone=UTC data_checksums=on data_sync_retry=off fsync=on full_page_writes=on listen_addresses= " +
            "server_encoding=UTF8 synchronous_commit=on");
        (await AskAsync(server, "select 'Z' < 'a'")).ShouldBe("True");
    }

    [Fact]
    public async Task A_new_cluster_writes_no_zeroes_first_and_leaves_little_to_the_kernel_and_to_checkpoints()
    {
        await using var server = await StartAsync();

        (await AskAsync(server, "show wal_init_zero")).ShouldBe("off");
        (await AskAsync(server, "show backend_flush_after")).ShouldBe("256kB");
        (await AskAsync(server, "show default_statistics_target")).ShouldBe("20");
        (await AskAsync(server, """
            select setting = case when 'lz4' = any (enumvals) then 'lz4' else 'off' end
            from pg_settings where name = 'wal_compression'
            """)).ShouldBe("True");
        (await AskAsync(server, """
            select bool_and(source = 'configuration file' and setting::bigint * (case unit when '8kB' then 8192
                when 'MB' then 1048576 end) between 128 * 1048576 and 8192 * 1048576::bigint)
            from pg_settings where name in ('shared_buffers', 'max_wal_size')
            """)).ShouldBe("True");
    }

    [Theory]
    [InlineData(64, 196, "8192MB", "4096MB", "4096MB")]
    [InlineData(24, 196, "6144MB", "4096MB", "4096MB")]
    [InlineData(8, 40, "2048MB", "2560MB", "2560MB")]
    [InlineData(1, 2, "256MB", "1024MB", "128MB")]
    public void A_new_cluster_takes_a_share_of_the_machine(
        int memory, int freeDisk, string buffers, string log, string reserve)
    {
        var lines = NewClusterSettings.TextFor((long)memory << 30, (long)freeDisk << 30, hasLz4: false).Split('\n');
        lines.ShouldContain($"shared_buffers = {buffers}");
        lines.ShouldContain($"max_wal_size = {log}");
        lines.ShouldContain($"min_wal_size = {reserve}");
        lines.ShouldContain("wal_compression = off");
    }

    [Fact]
    public async Task A_role_setting_that_could_lose_a_commit_is_refused_at_the_next_start()
    {
        await using (var server = await StartAsync())
            await AskAsync(server, "alter role optrack set synchronous_commit = off");

        var refusal = await Should.ThrowAsync<EmbeddedPostgresException>(() => StartAsync());

        refusal.Kind.ShouldBe(EmbeddedPostgresProblem.UnsafeSettings);
        refusal.Message.ShouldContain("synchronous_commit = off");
    }

    [Fact]
    public async Task Data_is_there_after_a_restart()
    {
        await using (var first = await StartAsync()) await AskAsync(first, "create table kept as select 42 as answer");

        await using var second = await StartAsync();

        (await AskAsync(second, "select answer from kept")).ShouldBe("42");
    }

    [Fact]
    public async Task A_second_tracker_on_the_same_directory_is_refused_and_told_the_first_ones_process()
    {
        await using var first = await StartAsync();

        var refusal = await Should.ThrowAsync<EmbeddedPostgresException>(() => StartAsync());

        refusal.Kind.ShouldBe(EmbeddedPostgresProblem.AlreadyRunning);
        refusal.Message.ShouldContain($"as process {Environment.ProcessId}.");
        (await AskAsync(first, "select 1")).ShouldBe("1");
    }

    [Fact]
    public async Task A_server_that_is_killed_is_reported_and_comes_back_with_its_data()
    {
        await using var server = await StartAsync();
        await AskAsync(server, "create table kept as select 42 as answer");

        Posix.Signal(PostmasterOf(_directory), Kill).ShouldBeTrue();

        await Eventually.BeTrueAsync(() => server.Problem is not null, Soon, "the end is noticed");
        await Eventually.BeTrueAsync(() => server.Problem is null, Soon, "the server is back");
        _log.Lines.ShouldContain(line => line.Contains("PostgreSQL was killed by signal 9; next start in 1 s."));
        (await AskAsync(server, "select answer from kept")).ShouldBe("42");
    }

    [Fact]
    public async Task A_server_that_outlived_its_tracker_is_stopped_and_its_data_kept()
    {
        var orphan = await OrphanAsync();
        Posix.IsAlive(orphan).ShouldBeTrue();

        await using var server = await StartAsync();

        Posix.IsAlive(orphan).ShouldBeFalse();
        _log.Lines.ShouldContain(line => line.Contains($"Stopping process {orphan},"));
        (await AskAsync(server, "select answer from kept")).ShouldBe("42");
    }

    [Fact]
    public async Task A_pid_file_that_names_somebody_elses_process_does_not_hinder_the_start()
    {
        await using (await StartAsync())
        {
            File.Copy(PidFile(_directory), Path.Combine(_directory, "copy"));
        }

        var lines = await File.ReadAllLinesAsync(Path.Combine(_directory, "copy"));
        lines[0] = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        await File.WriteAllLinesAsync(PidFile(_directory), lines);

        await using var server = await StartAsync();

        (await AskAsync(server, "select 1")).ShouldBe("1");
    }

    [Fact]
    public async Task A_path_with_a_space_an_umlaut_and_more_than_a_socket_bears_works()
    {
        var path = Path.Combine(_directory, "Pläne der Flotte", new string('x', 120));

        await using var server = await StartAsync(path);

        (await AskAsync(server, "select 1")).ShouldBe("1");
        server.DataDirectory.ShouldBe(path);
    }

    [Fact]
    public async Task A_document_in_a_failing_statement_does_not_reach_the_log()
    {
        const string Canary = "CANARY-4711";
        await using var server = await StartAsync();
        string[] failing =
        [
            $"select '{{\"secret\": \"{Canary}\"'::jsonb",
            $"select '{Canary}'::integer",
            $"select * from \"{Canary}\"",
            $"do $$ begin raise warning '{Canary}'; raise log '{Canary}'; raise exception E'two\\n{Canary}'; end $$",
            $"create table bound (v text primary key check (v <> '{Canary}')); insert into bound values ('{Canary}')",
        ];

        foreach (var statement in failing)
            await Should.ThrowAsync<PostgresException>(() => AskAsync(server, statement));
        await server.StopAsync(CancellationToken.None);

        _log.Lines.Count(line => line.Contains("ERROR ")).ShouldBe(failing.Length);
        _log.Lines.ShouldNotContain(line => line.Contains(Canary));
    }

    [Fact]
    public async Task A_port_on_loopback_asks_for_a_password_that_only_a_file_holds()
    {
        var options = Options() with { TcpPort = LoopbackPort.Free() };
        await using var server = await EmbeddedPostgres.StartAsync(options, _log, TimeProvider.System, default);

        var file = Path.Combine(_directory, "optrack.pgpass");
        File.GetUnixFileMode(file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var password = (await File.ReadAllTextAsync(file)).Trim().Split(':')[^1];
        server.TcpConnectionString.ShouldNotBeNull().ShouldNotContain(password);
        (await AskAsync(server.TcpConnectionString, "select current_user")).ShouldBe("optrack");
        var guess = new NpgsqlConnectionStringBuilder(server.TcpConnectionString) { Password = "guess" };
        guess.Passfile = null;
        await Should.ThrowAsync<PostgresException>(() => AskAsync(guess.ConnectionString, "select 1"));
        _log.Lines.ShouldNotContain(line => line.Contains(password));
    }

    private const int Kill = 9;

    private EmbeddedPostgresOptions Options(string? directory = null) => new()
    {
        DataDirectory = directory ?? _directory,
        BinDirectory = Environment.GetEnvironmentVariable("OPTRACK_PG_BIN"),
    };

    private Task<EmbeddedPostgres> StartAsync(string? directory = null) =>
        EmbeddedPostgres.StartAsync(Options(directory), _log, TimeProvider.System, CancellationToken.None);

    /// <summary>A postmaster in the test's cluster that no tracker of ours holds the lock for.</summary>
    private async Task<int> OrphanAsync()
    {
        await using (var server = await StartAsync())
            await AskAsync(server, "create table kept as select 42 as answer");
        var data = new DataDirectory(_directory);
        var run = new UnprivilegedCommand(ServerUser.Choose(null, data), useSetpriv: false);
        var bin = ClusterRecord.Read(data.Record)!.Bin;
        using var spawn = new SpawnThread();
        var settings = ServerSettings.CommandLine(data, data.Sockets, Options());
        var orphan = await spawn.StartAsync(run.Create(Path.Combine(bin, "postgres"), settings));
        await Eventually.BeTrueAsync(() => File.Exists(PidFile(_directory)), Soon, "the orphan runs");
        return orphan.Id;
    }

    private static string PidFile(string directory) => Path.Combine(directory, "postgres", "postmaster.pid");

    private static int PostmasterOf(string directory) =>
        int.Parse(File.ReadLines(PidFile(directory)).First(), CultureInfo.InvariantCulture);

    private static Task<string?> AskAsync(EmbeddedPostgres server, string query) =>
        AskAsync(server.ConnectionString, query);

    private static async Task<string?> AskAsync(string connectionString, string query)
    {
        var unpooled = new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false };
        await using var session = new NpgsqlConnection(unpooled.ConnectionString);
        await session.OpenAsync();
        await using var command = new NpgsqlCommand(query, session);
        return (await command.ExecuteScalarAsync())?.ToString();
    }
}
