using System.Diagnostics;
using System.Runtime.Versioning;
using System.Text;
using OperationTracker.Tests.Api;
using OperationTracker.Tests.EventStore;
using Xunit.Abstractions;

namespace OperationTracker.Tests.Hosting;

[SupportedOSPlatform("linux")]
[Collection(RunsAlone.Name)]
public sealed class DetailListMemoryTests(ITestOutputHelper output)
{
    private const int Operations = 200_000;
    private const long Growth = 50 * 1024 * 1024;

    private const string Fill = """
        set session_replication_role = replica;
        create temp table made as
        select n, 'op-' || to_char(n, 'FM000000') as id,
               to_char(timestamp '2026-01-01' + n / 3 * interval '1 s', 'YYYYMMDD_HH24MISS') as at,
               repeat('body ', 100) as body
        from generate_series(1, 200000) n;
        create temp table documents as
        select n, id, at, '{"operation_id":"' || id || '","occurred_time":"' || at || '","last_update_time":"' || at
            || '","status":"completed","request":{"uri":"/v1/clusters/1","method":"POST","body":"' || body
            || '"},"response":{"status_code":200,"body":"' || body || '"}}' as document from made;
        insert into tracker.mt_streams (id, type, version) select id, 'operation', 1 from documents;
        insert into tracker.mt_events (seq_id, id, stream_id, version, data, type)
        select n, gen_random_uuid(), id, 1, ('{"document":' || document || '}')::jsonb, 'operation_registered'
        from documents;
        insert into tracker.positions (position, seq_id, form, link) select n, n, 0, '\x' from documents;
        insert into tracker.operations
        select id, 1, 1, now(), at, at, 'completed', 'POST', '/v1/clusters/1', '{}',
               encode(sha256(document::bytea), 'hex'), '', document, ''
        from documents;
        select setval('tracker.mt_events_sequence', 200000);
        """;

    [Fact]
    public async Task A_list_of_200_000_operations_streams_in_little_memory_whole_and_in_order()
    {
        var database = await TrackerFixture.CreateDatabaseAsync();
        var time = Stopwatch.StartNew();
        var administrator = new Npgsql.NpgsqlConnectionStringBuilder(await PostgresServer.AdministratorAsync())
        {
            Database = new Npgsql.NpgsqlConnectionStringBuilder(database).Database, CommandTimeout = 120,
            Pooling = false,
        };
        await TrackerServer.ExecuteAsync(administrator.ConnectionString, Fill);
        output.WriteLine($"filled in {time.Elapsed.TotalSeconds:0.0} s");

        using (var tracker = await TrackerProcess.ReadyAsync("--database", database))
        {
            (await tracker.GetAsync("/v1/operations/op-000001")).Status.ShouldBe(200);
            (await tracker.GetAsync("/v1/operations?format=detail-list&limit=10")).Status.ShouldBe(200);
            var before = tracker.Memory();
            var peak = before;
            using var stop = new CancellationTokenSource();
            var watching = Task.Run(async () =>
            {
                while (!stop.IsCancellationRequested)
                {
                    peak = Math.Max(peak, tracker.Memory());
                    await Task.Delay(5);
                }
            });

            time.Restart();
            await ShouldBeWholeAsync(tracker.Url);
            output.WriteLine(
                $"streamed in {time.Elapsed.TotalSeconds:0.0} s; memory {before >> 20} MiB before,"
                + $" {peak >> 20} MiB at most");
            await stop.CancelAsync();
            await watching;
            (peak - before).ShouldBeLessThan(Growth);
        }

        await PostgresServer.DropDatabaseAsync(database);
    }

    /// <summary>Reads the list as it streams, and looks for every id in its turn.</summary>
    private static async Task ShouldBeWholeAsync(Uri url)
    {
        using var client = new HttpClient();
        await using var stream = await client.GetStreamAsync(new Uri(url, "/v1/operations?format=detail-list"));
        using var reader = new StreamReader(stream, Encoding.UTF8, false, 1 << 16);
        const string Mark = "\"operation_id\":\"";
        var text = new StringBuilder();
        var buffer = new char[1 << 16];
        var next = 1;
        var isFirst = true;
        for (int count; (count = await reader.ReadAsync(buffer)) > 0;)
        {
            text.Append(buffer, 0, count);
            var known = text.ToString();
            if (isFirst) known.ShouldStartWith("{\"operations\":[{");
            isFirst = false;
            var done = 0;
            for (int at; (at = known.IndexOf(Mark, done, StringComparison.Ordinal)) >= 0
                && at + Mark.Length + 9 <= known.Length;)
            {
                known.Substring(at + Mark.Length, 9).ShouldBe($"op-{next++:000000}");
                done = at + Mark.Length + 9;
            }

            known.ShouldNotContain("body ");
            text.Clear().Append(
                known, Math.Max(done, known.Length - 30), known.Length - Math.Max(done, known.Length - 30));
        }

        next.ShouldBe(Operations + 1);
        text.ToString().ShouldEndWith("}]}");
    }
}
