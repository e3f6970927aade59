using System.Text;
using Npgsql;
using OperationTracker.Core.EventStore;
using static OperationTracker.Tests.Api.Sample;

namespace OperationTracker.Tests.Api;

/// <summary>The contract's table of errors, row by row: status, headers and body as they are pinned.</summary>
public sealed class ErrorBodyTests
{
    private const string MigrationLock = "hashtextextended('optrack migrate tracker', 0)";
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task Errors_of_the_request()
    {
        await using var tracker = await ServingAsync();
        await tracker.PutAsync("a", Document("a", "completed"));
        var answers = new StringBuilder();

        Tell("not JSON", await tracker.PutAsync("a", "{"));
        Tell("wrong JSON type", await tracker.PutAsync("a", With(Document("a"), "status", "1")));
        Tell("duplicate member", await tracker.PutAsync("a", "{\"x\":1,\"x\":1," + Document("a")[1..]));
        Tell("bad UTF-8", await tracker.PutAsync("a", [0xff]));
        Tell("lone surrogate", await tracker.PutAsync("a", Document("a", more: "\"x\":\"\\ud800\"")));
        Tell("U+0000", await tracker.PutAsync("a", Document("a", more: "\"x\":\"\\u0000\"")));
        Tell(
            "nested too deep",
            await tracker.PutAsync("a", Document("a", more: $"\"x\":{new string('[', 32)}{new string(']', 32)}")));
        Tell("missing value", await tracker.PutAsync("a", With(Document("a"), "status", null)));
        Tell("bad enum", await tracker.PutAsync("a", With(Document("a"), "status", "\"done\"")));
        Tell("bad date", await tracker.PutAsync("a", With(Document("a"), "occurred_time", "\"20260230_000000\"")));
        Tell("bad id in the path", await tracker.GetAsync("/v1/operations/a%2Fb"));
        Tell("path and body differ", await tracker.PutAsync("b", Document("a")));
        Tell("unknown format", await tracker.GetAsync("/v1/operations?format=all"));
        Tell("bad condition", await tracker.PutAsync("a", Document("a"), ("If-None-Match", "\"1\"")));
        Tell("number out of range", await tracker.PutAsync("a", Document("a", more: "\"x\":1e309")));
        Tell("body too long", await tracker.PutAsync("a", new byte[8 * 1024 * 1024 + 1]));
        Tell("no such operation", await tracker.GetAsync("/v1/operations/b"));
        Tell("no such path", await tracker.GetAsync("/v1/nothing"));
        Tell("exists", await tracker.PutAsync("a", Document("a", "failed"), ("If-None-Match", "*")));
        Tell("does not match", await tracker.PutAsync("a", Document("a", "failed"), ("If-Match", "\"x\"")));
        Tell("status going back", await tracker.PutAsync("a", Document("a")));
        Tell("method", await tracker.SendAsync(HttpMethod.Delete, "/v1/operations/a", null));
        Tell("accept", await tracker.GetAsync("/v1/operations/a", ("Accept", "text/html")));
        Tell("media type", await tracker.PutAsync("a", Document("a"), ("Content-Type", "text/plain")));

        answers.ToString().ShouldMatchApproved("errors-of-the-request.txt");

        void Tell(string situation, Answer answer) => Append(answers, situation, answer);
    }

    [Fact]
    public async Task Errors_of_the_database()
    {
        var answers = new StringBuilder();
        await using (var away = await TrackerServer.StartAsync("Host=127.0.0.1;Port=1;Username=x", serves: false))
        {
            await Eventually.BeTrueAsync(
                () => away.Readiness.NotServing is { Failure: StoreFailure.Unreachable }, Soon,
                "the database is missed");
            await TellAsync("unreachable", away);
        }

        await using var tracker = await ServingAsync();
        await tracker.PutAsync("a", Document("a"));
        await tracker.ExecuteAsync("alter table tracker.mt_streams rename to gone");
        await TellAsync("failed for certain", tracker);
        await tracker.ExecuteAsync("alter table tracker.gone rename to mt_streams");
        Append(answers, "outcome unknown: PUT", await PutWithBrokenConnectionAsync(tracker));
        (await tracker.PutAsync("a", Document("a", "completed"))).Status.ShouldBe(200, "a repeat is safe");
        await tracker.StopStoreAsync();
        Append(answers, "stopping: PUT", await tracker.PutAsync("a", Document("a", "failed")));

        answers.ToString().ShouldMatchApproved("errors-of-the-database.txt");

        async Task TellAsync(string situation, TrackerServer server)
        {
            Append(answers, $"{situation}: PUT", await server.PutAsync("a", Document("a", "completed")));
            Append(answers, $"{situation}: GET", await server.GetAsync("/v1/operations/a"));
            Append(answers, $"{situation}: HEAD", await server.SendAsync(HttpMethod.Head, "/v1/operations/a", null));
            Append(answers, $"{situation}: list", await server.GetAsync("/v1/operations"));
        }
    }

    [Fact]
    public async Task A_database_that_can_only_be_read_serves_get_and_refuses_put_for_now()
    {
        var connectionString = await EventStore.TrackerFixture.CreateDatabaseAsync();
        await using (var writer = await TrackerServer.StartAsync(connectionString))
            (await writer.PutAsync("a", Document("a"))).Status.ShouldBe(200);
        var name = new NpgsqlConnectionStringBuilder(connectionString).Database;
        await TrackerServer.ExecuteAsync(
            connectionString, $"alter database \"{name}\" set default_transaction_read_only = on");
        NpgsqlConnection.ClearAllPools();

        await using (var tracker = await TrackerServer.StartAsync(connectionString))
        {
            var put = await tracker.PutAsync("a", Document("a", "completed"));
            var told = new StringBuilder();
            Append(told, "read-only: PUT", put);
            told.ToString().ShouldMatchApproved("errors-read-only.txt");
            (await tracker.GetAsync("/v1/operations/a")).Status.ShouldBe(200);
            (await tracker.GetAsync("/v1/operations?format=detail-list")).Status.ShouldBe(200);
            (await tracker.PutAsync("a", Document("a"))).Status.ShouldBe(
                200, "what stands can be told without writing");
            var ready = await tracker.GetAsync("/health/ready");
            ready.Status.ShouldBe(200);
            ready.Text.ShouldContain("read-only");
            ready.Text.ShouldContain(
                "{\"name\":\"append\",\"ok\":false,\"detail\":\"the last PUT was not stored, or may not have been: "
                + "The database refuses for now (SqlState 25006).\"}");

            await TrackerServer.ExecuteAsync(
                connectionString,
                $"set transaction read write; alter database \"{name}\" reset default_transaction_read_only; "
                + "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()"
                + " and pid <> pg_backend_pid()");
            await Eventually.BeTrueAsync(
                () => tracker.PutAsync("b", Document("b")).Result.Status == 200, Soon,
                "the database can be written again");
            (await tracker.GetAsync("/health/ready")).Text.ShouldContain(
                "{\"name\":\"append\",\"ok\":true,\"detail\":\"no failure since the last PUT that was stored\"}");
        }

        await PostgresServer.DropDatabaseAsync(connectionString);
    }

    [Fact]
    public async Task A_tracker_that_is_starting_says_so_and_serves_when_it_has_started()
    {
        var connectionString = await PostgresServer.CreateDatabaseAsync();
        await using (var other = new NpgsqlConnection(connectionString))
        {
            await other.OpenAsync();
            await ExecuteAsync(other, $"select pg_advisory_lock({MigrationLock})");
            await using var tracker = await TrackerServer.StartAsync(connectionString, serves: false);
            var told = new StringBuilder();
            Append(told, "starting: PUT", await tracker.PutAsync("a", Document("a")));
            Append(told, "starting: list", await tracker.GetAsync("/v1/operations"));
            Append(told, "starting: ready", await tracker.GetAsync("/health/ready"));
            told.ToString().ShouldMatchApproved("errors-starting.txt");
            (await tracker.GetAsync("/openapi/v1.json")).Status.ShouldBe(200);

            await ExecuteAsync(other, $"select pg_advisory_unlock({MigrationLock})");
            await Eventually.BeTrueAsync(() => tracker.Readiness.NotServing is null, Soon, "the tracker serves");
            (await tracker.PutAsync("a", Document("a"))).Status.ShouldBe(200);
        }

        await PostgresServer.DropDatabaseAsync(connectionString);
    }

    /// <summary>Breaks the connection of an append that waits, so that nobody can know what became of it.</summary>
    private static async Task<Answer> PutWithBrokenConnectionAsync(TrackerServer tracker)
    {
        await using var blocker = new NpgsqlConnection(tracker.ConnectionString);
        await blocker.OpenAsync();
        await using var transaction = await blocker.BeginTransactionAsync();
        await ExecuteAsync(blocker, "lock table tracker.positions in share row exclusive mode");
        var putting = tracker.PutAsync("a", Document("a", "completed"));
        const string EndWaiting = """
            select count(pg_terminate_backend(pid)) from pg_stat_activity
            where datname = current_database() and wait_event_type = 'Lock' and query like '%append_change%'
            """;
        while (await tracker.ExecuteAsync(EndWaiting) is 0L) putting.IsCompleted.ShouldBeFalse();
        var answer = await putting;
        await transaction.RollbackAsync();
        return answer;
    }

    private static async Task<object?> ExecuteAsync(NpgsqlConnection connection, string statement)
    {
        await using var command = new NpgsqlCommand(statement, connection);
        return await command.ExecuteScalarAsync();
    }

    private static void Append(StringBuilder told, string situation, Answer answer)
    {
        told.Append($"{situation}: {answer.Status}\n");
        foreach (var name in new[] { "Content-Type", "Cache-Control", "Retry-After", "Allow" })
            if (answer.Header(name) is { } value) told.Append($"  {name}: {value}\n");
        if (answer.Header("ETag") is not null) told.Append("  ETag\n");
        told.Append($"  {answer.Text}\n");
    }

    private static async Task<TrackerServer> ServingAsync()
    {
        var tracker = new TrackerServer();
        await tracker.InitializeAsync();
        return tracker;
    }
}
