using System.Globalization;
using System.Text.Json;
using OperationTracker.Benchmarks.Load;

namespace OperationTracker.Benchmarks.Servers;

/// <summary>Runs loads, each in a process of its own.</summary>
/// <param name="Kind">put, hot or get.</param>
/// <param name="Servers">The servers that get the load.</param>
internal sealed record LoadProcess(string Kind, params HttpServerProcess[] Servers)
{
    /// <summary>
    /// Operations of one run: numbers are given out in steps of this, so that no run meets another's.
    /// </summary>
    private const long RunLength = 100_000_000;

    /// <summary>Far above the numbers of stored operations.</summary>
    private static long s_first = 1_000_000_000;

    /// <summary>The server whose processes' CPU is told as <c>postgres</c>.</summary>
    public BenchmarkServer? Postgres { get; init; }

    public int Connections { get; init; } = 64;

    /// <summary>Requests a second of an open loop; null for a closed one.</summary>
    public double? Rate { get; init; }

    public double WarmUp { get; init; } = 1;

    public double Seconds { get; init; } = 5;

    /// <summary>A process with whose end the measured part ends, however many seconds were asked for.</summary>
    public int? Until { get; init; }

    public int Bytes { get; init; } = 1024;

    public string? Paths { get; init; }

    /// <summary>The only statuses that are right.</summary>
    public int[] Expected { get; init; } = [200];

    /// <summary>Runs it, and fails when an answer is not as expected: a fast refusal is no achievement.</summary>
    public async Task<LoadResult> RunAsync(CancellationToken cancel)
    {
        s_first += RunLength;
        string[] arguments =
        [
            "load", Kind, "--targets", string.Join(',', Servers.Select(server => server.Address)),
            "--connections", Text(Connections), "--warm-up", Text(WarmUp), "--seconds", Text(Seconds),
            "--bytes", Text(Bytes), "--first", Text(s_first), "--watch", Watched(),
            .. Rate is { } rate ? new[] { "--rate", Text(rate) } : [],
            .. Until is { } until ? new[] { "--until", Text(until) } : [],
            .. Paths is { } paths ? new[] { "--paths", paths } : [],
        ];
        await using var process = ChildProcess.StartGenerator(
            Path.GetFileName(typeof(LoadProcess).Assembly.Location), arguments);
        var result = JsonSerializer.Deserialize<LoadResult>(await process.OutputAsync(cancel))!;
        if (result.Statuses.Keys.Except(Expected).Any())
        {
            var statuses = string.Join(", ", result.Statuses.Select(status => $"{status.Value} x {status.Key}"));
            throw new InvalidOperationException($"A {Kind} load was answered with {statuses}.");
        }

        return result;
    }

    private string Watched()
    {
        var servers = $"server:{string.Join('+', Servers.Select(server => Text(server.Id)))}";
        return Postgres is null ? servers : $"{servers},postgres:{Postgres.Id}";
    }

    private static string Text(double number) => number.ToString(CultureInfo.InvariantCulture);
}
