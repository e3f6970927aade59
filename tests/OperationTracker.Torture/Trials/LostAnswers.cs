using System.Globalization;
using OperationTracker.Torture.Checking;
using OperationTracker.Torture.Faults;
using OperationTracker.Torture.Network;
using OperationTracker.Torture.Workload;

namespace OperationTracker.Torture.Trials;

/// <summary>
/// Each PUT's commit is carried out and its answer lost: the connection to PostgreSQL is reset in its place. The
/// sender, who is the only one to write its operation, then sends the same PUT ten times, to all nodes, some of them
/// started anew in between. It made one change, and each repeat is answered 200 with the one ETag.
/// </summary>
internal static class LostAnswers
{
    private const int Answers = 5000;
    private const int Writers = 16;

    public static async Task RunAsync(Trial trial, CancellationToken cancel)
    {
        await using var cluster = await Cluster.StartAsync(trial.Options, cancel);
        trial.Postgres = cluster.Postgres.Version;
        await Plants.PlantAsync(cluster.Postgres, trial.Options.Plant, cancel);
        var judge = new Judge(cluster, trial.Violations);
        var wanted = trial.Options.Count ?? Answers;
        for (var (batch, lost) = (1, 0); lost < wanted && trial.Violations.All.Count == 0; batch++)
        {
            lost += await RunBatchAsync(trial, cluster, judge, batch, cancel);
            if (batch % 10 == 0) trial.Tell(string.Create(CultureInfo.InvariantCulture, $"{lost} answers lost"));
        }

        await judge.FinishAsync(cancel);
    }

    /// <summary>
    /// Some operations, each registered, changed and changed again; before the last repeats a node is started anew.
    /// </summary>
    /// <returns>How many answers to commits were lost.</returns>
    private static async Task<int> RunBatchAsync(
        Trial trial, Cluster cluster, Judge judge, int batch, CancellationToken cancel)
    {
        var prefix = string.Create(CultureInfo.InvariantCulture, $"l{batch}-");
        using var ledger = new Ledger(trial.Options.Directory, batch);
        var writers = Enumerable.Range(0, Writers).Select(number => new RepeatingWriter(
            trial, string.Create(CultureInfo.InvariantCulture, $"{prefix}{number}"),
            new Sender(trial.NextAttempt, ledger, cluster.ClientPorts),
            new Random(HashCode.Combine(trial.Options.Seed, batch, number)))).ToList();
        var loses = trial.Random.Next(cluster.Nodes.Count);
        cluster.DatabaseProxies[loses].Weather = Weather.LoseAnswers;
        await Task.WhenAll(writers.Select(writer => WriteAsync(writer, loses, cancel)));
        cluster.DatabaseProxies[loses].Weather = Weather.Fair;

        var restarted = cluster.Nodes[trial.Random.Next(cluster.Nodes.Count)];
        await restarted.KillAsync();
        await restarted.StartAsync(cancel);
        trial.Count("nodes started anew");
        writers.ForEach(writer => writer.Dispose());
        await Task.WhenAll(writers.Select(writer => writer.RepeatAsync(times: 5, cancel)));
        await Task.WhenAll(writers.Select(writer => writer.ReadAsync(cancel)));
        writers.ForEach(writer => writer.Dispose());

        var streams = await judge.RunAsync(prefix, ledger.Attempts, cancel);
        return writers.Sum(writer => writer.JudgeLost(streams));
    }

    private static async Task WriteAsync(RepeatingWriter writer, int loses, CancellationToken cancel)
    {
        foreach (var repeats in new[] { 10, 10, 5 })
        {
            await writer.PutAsync(loses, cancel);
            await writer.RepeatAsync(repeats, cancel);
        }
    }
}
