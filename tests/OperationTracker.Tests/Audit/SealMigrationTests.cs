using Npgsql;
using OperationTracker.Core.EventStore;
using OperationTracker.Core.Operations;
using OperationTracker.Postgres;
using OperationTracker.Postgres.Audit;
using OperationTracker.Postgres.Schema;
using OperationTracker.Tests.EventStore;
using static OperationTracker.Tests.EventStore.Documents;

namespace OperationTracker.Tests.Audit;

/// <summary>
/// What was stored before there were seals gets them, and nodes of that build may go on beside newer ones.
/// </summary>
public sealed class SealMigrationTests
{
    private static readonly int[] NewParameters = [13, 15, 17, 27, 28, 29];

    [Fact]
    public async Task A_store_from_before_is_sealed_and_the_append_of_that_build_still_works()
    {
        var connectionString = await PostgresServer.CreateDatabaseAsync();
        await using (var database = new TrackerDatabase(connectionString, SchemaName.Default))
        {
            await MigrateToAsync(database, 2);
            await AppendAsBeforeAsync(database, Document("a"), Document("b"));
            await AppendAsBeforeAsync(database, Document("a", OperationStatus.Completed));
            var foreign = new ForeignWriter(connectionString);
            await foreign.AppendAsync("b", 3);
            await ExecuteAsync(database, "select tracker.position_foreign_events()");
            await foreign.AppendAsync("c", 2);

            (await new Migrations(database).MigrateAsync(default)).Count.ShouldBeGreaterThan(0);
            await ShouldBeWholeAsync(database, events: 8);

            await using var store = TrackerFixture.NewStore(database);
            await AppendAsBeforeAsync(database, Document("d"), Document("a", OperationStatus.Failed));
            await store.PutAsync(Document("a", OperationStatus.Completed));
            await store.PutAsync(Document("d", OperationStatus.Completed));
            await foreign.AppendAsync("d", 1);
            await AppendAsBeforeAsync(database, Document("d", OperationStatus.Failed));
            while (await store.SweepAsync(default))
            {
            }

            await ShouldBeWholeAsync(database, events: 14);
            await StoreInvariants.CheckAsync(database);
        }

        await PostgresServer.DropDatabaseAsync(connectionString);
    }

    private static async Task ShouldBeWholeAsync(TrackerDatabase database, long events)
    {
        var report = await new AuditVerification(database, TimeProvider.System).VerifyAsync([], default);
        report.Findings.ShouldBeEmpty();
        report.Events.ShouldBe(events);
    }

    private static async Task MigrateToAsync(TrackerDatabase database, int version)
    {
        await ExecuteAsync(database, """
            create schema tracker;
            create table tracker.schema_versions (
                version    int         not null constraint pk_schema_versions primary key,
                file       text        not null,
                applied_at timestamptz not null default now()
            )
            """);
        foreach (var (file, number) in SqlTexts.MigrationFiles.Take(version).Select((file, i) => (file, i + 1)))
        {
            await ExecuteAsync(database, new SqlTexts(SchemaName.Default).Migration(file));
            await ExecuteAsync(
                database,
                $"insert into tracker.schema_versions (version, file) values ({number}, '{Path.GetFileName(file)}')");
        }
    }

    /// <summary>Appends by the statement of the build before, which knows of neither links nor redactions.</summary>
    private static async Task AppendAsBeforeAsync(TrackerDatabase database, params OperationDocument[] documents)
    {
        await using var connection = await database.OpenAsync(default);
        var operations = new Dictionary<string, LoadedOperation>();
        foreach (var document in documents)
            operations[document.OperationId] = await new StateLoader(database).FoldAsync(
                connection, document.OperationId, default);
        var plan = FlightPlan.Of(
            [.. documents.Select(document => new PendingAppend(document.OperationId, Wish(document), 0))], operations);
        await using var command = new NpgsqlCommand { Connection = connection };
        FlightCommand.AddParameters(command.Parameters, plan);
        foreach (var index in NewParameters.Reverse())
            command.Parameters.RemoveAt(index);
        var places = string.Join(", ", Enumerable.Range(1, command.Parameters.Count).Select(number => $"${number}"));
        command.CommandText = $"select count(*) from tracker.append_flight({places})";
        (await command.ExecuteScalarAsync()).ShouldBe((long)documents.Length);
    }

    private static async Task ExecuteAsync(TrackerDatabase database, string statements)
    {
        await using var connection = await database.OpenAsync(default);
        await using var command = new NpgsqlCommand(statements, connection);
        await command.ExecuteNonQueryAsync();
    }
}
