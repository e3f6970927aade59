using System.Text;
using OperationTracker.Benchmarks.Servers;
using OperationTracker.Core.EventStore;

namespace OperationTracker.Benchmarks.Baselines;

/// <summary>
/// The same writes as the tracker's, one transaction for each PUT, by PostgreSQL's own means: no HTTP, no JSON to
/// judge, a function for each step and one round trip. With the lock, the log is in one order as the tracker's is;
/// without it the positions come from a sequence and the order of commits is left open.
/// </summary>
internal sealed class OneTransactionPerPut
{
    /// <summary>Steps of an operation, and so transactions of one turn of the script.</summary>
    private const int Steps = 4;

    private static readonly int[] ClientCounts = [1, 4, 16, 32, 64];

    private readonly PgBench _pgBench;
    private readonly string _database;
    private readonly string _script = string.Join(
        '\n', Enumerable.Range(1, Steps).Select(step => $"select put_{step}(:id::text);"));
    private int _clients;

    private OneTransactionPerPut(PgBench pgBench, string database) => (_pgBench, _database) = (pgBench, database);

    /// <summary>Makes the functions in a migrated database and finds the client count that writes most.</summary>
    public static async Task<OneTransactionPerPut> PrepareAsync(
        PgBench pgBench, string database, int documentBytes, bool locked, double seconds, CancellationToken cancel)
    {
        var texts = StoredTexts.Of(documentBytes);
        if (!locked)
            await BenchmarkServer.ExecuteAsync(database, "create sequence public.position", cancel);
        for (var step = 1; step <= Steps; step++)
            await BenchmarkServer.ExecuteAsync(database, Function(step, texts, locked), cancel);
        var baseline = new OneTransactionPerPut(pgBench, database);
        await baseline.FindBestAsync(seconds, cancel);
        return baseline;
    }

    /// <summary>For the table: which client count it has.</summary>
    public int Clients => _clients;

    /// <summary>PUTs a second.</summary>
    public async Task<double> RateAsync(double seconds, CancellationToken cancel) =>
        Steps * await _pgBench.RateAsync(_database, _script, _clients, seconds, cancel);

    private async Task FindBestAsync(double seconds, CancellationToken cancel)
    {
        var best = 0.0;
        foreach (var clients in ClientCounts)
        {
            var rate = await _pgBench.RateAsync(_database, _script, clients, seconds, cancel);
            if (rate > best)
                (best, _clients) = (rate, clients);
        }
    }

    private static string Function(int step, StoredTexts texts, bool locked)
    {
        var document = texts.Documents[step - 1];
        return StoredOperations.Resource(step == 1 ? "first_put.sql" : "next_put.sql")
            .Replace("%SCHEMA%", "public")
            .Replace("%STEP%", $"{step}")
            .Replace("%LOCK%", locked ? "perform pg_advisory_xact_lock(4711);" : "")
            .Replace("%POSITION%", locked
                ? "(select coalesce(max(position), 0) + 1 from tracker.positions)"
                : "nextval('public.position')")
            .Replace("%KIND%", Quoted(texts.Kinds[step - 1]))
            .Replace("%DOTNET%", Quoted(texts.DotNetTypes[step - 1]))
            .Replace("%HEADERS%", Quoted(texts.Headers))
            .Replace("%STATUS%", Quoted(texts.Statuses[step - 1]))
            .Replace("%HASH%", Quoted(OperationView.HashOf(Encoding.UTF8.GetBytes(document))))
            .Replace("%DATA%", Quoted(texts.Data[step - 1]))
            .Replace("%DOCUMENT%", Quoted(document));
    }

    private static string Quoted(string text) => $"'{text.Replace("'", "''")}'";
}
