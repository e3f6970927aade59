using System.Reflection;
using Npgsql;
using NpgsqlTypes;
using OperationTracker.Benchmarks.Load;

namespace OperationTracker.Benchmarks.Servers;

/// <summary>Operations that are there before the measuring begins, inserted by SQL into a migrated database.</summary>
internal static class StoredOperations
{
    /// <summary>Operations of one transaction.</summary>
    private const int Batch = 50_000;

    /// <summary>
    /// A store with fewer keeps the planner's own assumptions on new tables, as one that has just been made does:
    /// nothing takes statistics of a table before it has some rows.
    /// </summary>
    private const int Analyzed = 1000;

    public static async Task SeedAsync(
        BenchmarkServer server, string connectionString, int count, int documentBytes, CancellationToken cancel)
    {
        var texts = StoredTexts.Of(documentBytes);
        await using var source = NpgsqlDataSource.Create(server.AsAdministrator(connectionString));
        await using var session = await source.OpenConnectionAsync(cancel);
        await ExecuteAsync(session, Resource("seed.sql"), cancel);
        await ExecuteAsync(session, "set session_replication_role = replica", cancel);
        for (var first = 1; first <= count; first += Batch)
            await SeedAsync(session, first, Math.Min(first + Batch - 1, count), texts, cancel);
        await ExecuteAsync(session, "set session_replication_role = default", cancel);
        await ExecuteAsync(session, "drop procedure tracker.seed_operations", cancel);
        if (count >= Analyzed)
            await ExecuteAsync(session, "vacuum analyze", cancel);
        await ExecuteAsync(session, "checkpoint", cancel);
    }

    /// <summary>The id of a stored operation, from 1 to their number.</summary>
    public static string Id(long number) => number.ToString($"D{SampleDocuments.IdLength}", null);

    public static string Resource(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private static async Task SeedAsync(
        NpgsqlConnection session, long first, long last, StoredTexts texts, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(
            "call tracker.seed_operations($1, $2, $3, $4, $5, $6, $7, $8, $9)", session);
        object[] values =
        [
            first, last, StoredTexts.IdPlace, SampleDocuments.OccurredTime, texts.Documents, texts.Kinds,
            texts.DotNetTypes, texts.Data, texts.Headers,
        ];
        foreach (var value in values)
        {
            var type = value switch
            {
                long => NpgsqlDbType.Bigint,
                string[] => NpgsqlDbType.Array | NpgsqlDbType.Text,
                _ => NpgsqlDbType.Text,
            };
            command.Parameters.Add(new NpgsqlParameter { Value = value, NpgsqlDbType = type });
        }

        await command.ExecuteNonQueryAsync(cancel);
    }

    private static async Task ExecuteAsync(NpgsqlConnection session, string statement, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(statement, session);
        await command.ExecuteNonQueryAsync(cancel);
    }
}
