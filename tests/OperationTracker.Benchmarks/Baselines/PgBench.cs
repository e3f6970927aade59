using System.Globalization;
using System.Text.RegularExpressions;
using Npgsql;
using OperationTracker.Benchmarks.Load;
using OperationTracker.Benchmarks.Servers;

namespace OperationTracker.Benchmarks.Baselines;

/// <summary>PostgreSQL's own load generator, with a script of ours.</summary>
internal sealed partial class PgBench
{
    private readonly BenchmarkServer _server;
    private readonly string _program;
    private int _runs;

    private PgBench(BenchmarkServer server, string program) => (_server, _program) = (server, program);

    /// <summary>The program beside the server's; null when there is none.</summary>
    public static PgBench? Find(BenchmarkServer server)
    {
        var program = Path.Combine(server.Programs, "pgbench");
        return File.Exists(program) ? new PgBench(server, program) : null;
    }

    /// <summary>
    /// Runs a script again and again; returns how often a second. <c>:id</c> is a number of
    /// <see cref="SampleDocuments.IdLength"/> digits that no other run has.
    /// </summary>
    public async Task<double> RateAsync(
        string connectionString, string script, int clients, double seconds, CancellationToken cancel)
    {
        var output = await RunAsync(connectionString, script, clients, seconds, [], cancel);
        return double.Parse(Rate().Match(output).Groups[1].Value, CultureInfo.InvariantCulture);
    }

    /// <summary>
    /// Milliseconds that a script takes: with one client, again and again, or begun at a rate by as many as there are,
    /// and counted from when it was due.
    /// </summary>
    public async Task<LatencySummary> LatencyAsync(
        string connectionString, string script, double seconds, CancellationToken cancel, int clients = 1,
        double? rate = null)
    {
        var prefix = Path.Combine(_server.Scratch, $"pgbench-{_runs}");
        string[] paced = rate is { } times ? [$"--rate={times.ToString("F0", CultureInfo.InvariantCulture)}"] : [];
        await RunAsync(
            connectionString, script, clients, seconds, ["--log", $"--log-prefix={prefix}", .. paced], cancel);
        // A file for each thread.
        var logs = Directory.EnumerateFiles(_server.Scratch, Path.GetFileName(prefix) + ".*");
        return LatencySummary.Of([.. logs.SelectMany(File.ReadLines).Select(
            line => long.Parse(line.Split(' ')[2], CultureInfo.InvariantCulture) * TimeSpan.TicksPerMicrosecond)]);
    }

    private async Task<string> RunAsync(
        string connectionString, string script, int clients, double seconds, string[] more, CancellationToken cancel)
    {
        var run = _runs++;
        var file = Path.Combine(_server.Scratch, $"script-{run}.sql");
        // pgbench keeps a client's variables from one turn to the next.
        await File.WriteAllTextAsync(file, $"""
            \set n :n + 1
            \set id 1000000000000000 + {run} * 1000000000000 + :client_id * 1000000000 + :n
            {script}
            """ + "\n", cancel);
        var settings = new NpgsqlConnectionStringBuilder(connectionString);
        await using var process = ChildProcess.Start(_program, _server.Scratch,
        [
            $"--host={settings.Host}", $"--port={settings.Port}", $"--username={settings.Username}",
            "--protocol=prepared", "--no-vacuum", "--define=n=0", $"--client={clients}",
            $"--jobs={Math.Min(clients, Environment.ProcessorCount)}",
            $"--time={Math.Max(1, (int)Math.Round(seconds))}", $"--file={file}", .. more, settings.Database!,
        ]);
        var output = await process.OutputAsync(cancel);
        return output.Contains("number of failed transactions: 0", StringComparison.Ordinal)
            ? output
            : throw new InvalidOperationException($"pgbench had failures: {output}");
    }

    [GeneratedRegex(@"tps = ([0-9.]+) \(without")]
    private static partial Regex Rate();
}
