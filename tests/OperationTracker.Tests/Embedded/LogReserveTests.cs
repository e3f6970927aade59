using System.Globalization;
using System.Runtime.Versioning;
using Npgsql;
using OperationTracker.Postgres.Embedded;
using OperationTracker.Torture.Servers;

namespace OperationTracker.Tests.Embedded;

/// <summary>The files that a new server's log goes on in.</summary>
[SupportedOSPlatform("linux")]
public sealed class LogReserveTests : IDisposable
{
    private const int Reserve = 12;

    private readonly string _directory = TestDirectory.Create("reserve");
    private readonly CapturedLog _log = new();

    public void Dispose() => TestDirectory.Delete(_directory);

    [Fact]
    public async Task A_new_server_has_files_ahead_that_were_full_once_and_fills_none_again()
    {
        await MakeClusterAsync();

        await using (var server = await StartAsync(TimeSpan.Zero))
        {
            await server.LogReserveFilled;
            var ahead = await AheadAsync(server);
            ahead.Count.ShouldBeGreaterThan(Reserve - 3);
            foreach (var file in ahead)
                (await AllocatedAsync(server, file)).ShouldBeGreaterThanOrEqualTo(16 << 20, file);
        }

        _log.Lines.Count(line => line.StartsWith("Filled ", StringComparison.Ordinal)).ShouldBe(1);
        await using (var again = await StartAsync(TimeSpan.Zero))
            await again.LogReserveFilled;
        _log.Lines.Count(line => line.StartsWith("Filled ", StringComparison.Ordinal)).ShouldBe(1);
    }

    [Fact]
    public async Task Where_others_write_much_no_checkpoint_has_them_wait()
    {
        await MakeClusterAsync();
        await using var server = await StartAsync(Timeout.InfiniteTimeSpan);
        var before = await CheckpointAsync(server);
        using var stop = new CancellationTokenSource();
        var others = WriteAsync(server, stop.Token);

        await FillAsync(server.AdministratorConnectionString, freeDisk: long.MaxValue);
        await stop.CancelAsync();
        await others;

        _log.Lines.Count(line => line.StartsWith("Filled ", StringComparison.Ordinal)).ShouldBe(1);
        (await CheckpointAsync(server)).ShouldBe(before);
    }

    [Fact]
    public async Task Nothing_is_filled_where_there_is_little_space_and_nothing_fails_where_there_is_no_server()
    {
        await MakeClusterAsync();
        string administrator;
        await using (var server = await StartAsync(Timeout.InfiniteTimeSpan))
        {
            administrator = server.AdministratorConnectionString;
            await FillAsync(administrator, freeDisk: 1L << 30);
            (await AheadAsync(server)).Count.ShouldBeLessThan(3);
        }

        _log.Lines.ShouldNotContain(line => line.Contains("were not filled", StringComparison.Ordinal));
        await FillAsync(administrator, freeDisk: long.MaxValue);
        _log.Lines.ShouldContain(line => line.Contains("were not filled", StringComparison.Ordinal));
    }

    /// <summary>A cluster that is to have a small reserve, and has none.</summary>
    private async Task MakeClusterAsync()
    {
        await using (await StartAsync(Timeout.InfiniteTimeSpan))
        {
        }

        var settings = string.Create(CultureInfo.InvariantCulture, $"min_wal_size = {16 * Reserve}MB\n");
        await File.AppendAllTextAsync(Path.Combine(_directory, "postgres", "postgresql.conf"), settings);
    }

    private Task<EmbeddedPostgres> StartAsync(TimeSpan fillLogAfter)
    {
        var options = new EmbeddedPostgresOptions
        {
            DataDirectory = _directory,
            BinDirectory = Environment.GetEnvironmentVariable("OPTRACK_PG_BIN"),
            FillLogAfter = fillLogAfter,
        };
        return EmbeddedPostgres.StartAsync(options, _log, TimeProvider.System, CancellationToken.None);
    }

    private async Task FillAsync(string administrator, long freeDisk)
    {
        var unpooled = new NpgsqlConnectionStringBuilder(administrator) { Pooling = false };
        await using var reserve = new LogReserve(
            unpooled.ConnectionString, () => freeDisk, TimeSpan.Zero, _log, TimeProvider.System);
        reserve.Start();
        await reserve.Filled;
    }

    /// <summary>What anybody else may write: a mebibyte at a time.</summary>
    private static async Task WriteAsync(EmbeddedPostgres server, CancellationToken stop)
    {
        await using var source = NpgsqlDataSource.Create(server.AdministratorConnectionString);
        await using var command = source.CreateCommand(
            "select pg_logical_emit_message(false, 'test', repeat('.', 1 << 20))");
        while (!stop.IsCancellationRequested)
            await command.ExecuteScalarAsync(CancellationToken.None);
    }

    /// <summary>Where the last checkpoint began.</summary>
    private static async Task<string> CheckpointAsync(EmbeddedPostgres server)
    {
        await using var source = NpgsqlDataSource.Create(server.AdministratorConnectionString);
        await using var command = source.CreateCommand("select redo_lsn::text from pg_control_checkpoint()");
        return (string)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>The files after the one that the log is in.</summary>
    private static async Task<List<string>> AheadAsync(EmbeddedPostgres server)
    {
        const string Query = """
            select name from pg_ls_waldir()
            where name ~ '^[0-9A-F]{24}$' and name > pg_walfile_name(pg_current_wal_insert_lsn())
            """;
        await using var source = NpgsqlDataSource.Create(server.AdministratorConnectionString);
        await using var command = source.CreateCommand(Query);
        await using var rows = await command.ExecuteReaderAsync();
        var names = new List<string>();
        while (await rows.ReadAsync())
            names.Add(rows.GetString(0));
        return names;
    }

    /// <summary>Bytes on the disk that a file of the log has.</summary>
    private static async Task<long> AllocatedAsync(EmbeddedPostgres server, string file)
    {
        var path = Path.Combine(server.DataDirectory, "postgres", "pg_wal", file);
        var size = (await Tool.RunAsync("du", "--block-size=1", path)).Split('\t')[0];
        return long.Parse(size, CultureInfo.InvariantCulture);
    }
}
