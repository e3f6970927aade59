using OperationTracker.Benchmarks.Baselines;
using OperationTracker.Benchmarks.Reporting;
using OperationTracker.Benchmarks.Scenarios;
using OperationTracker.Benchmarks.Servers;

namespace OperationTracker.Benchmarks;

/// <summary><c>run</c>: the scenarios that are asked for, on one private server, and their table.</summary>
internal static class BenchmarkRun
{
    public const string Usage = """
        run [--only put,get,list,past,growth,hot,nodes,rebuild,audit,bundle] [--seconds N] [--rounds N] [--operations N] [--directory DIR]
            [--json FILE] [--results FILE]
        """;

    private const string All = "put,get,list,past,growth,hot,nodes,rebuild,audit,bundle";

    /// <summary>On a disk nearly everywhere, and every user can walk to it, as the server's own must.</summary>
    private const string Place = "/var/tmp";

    public static async Task<int> RunAsync(string[] arguments)
    {
        var options = new CommandOptions(arguments);
        options.AllowOnly("only", "seconds", "rounds", "operations", "directory", "json", "results");
        var wanted = options.List("only", All);
        if (wanted.Except(All.Split(',')).FirstOrDefault() is { } unknown)
            throw new ArgumentException($"There is no scenario {unknown}.\n{Usage}");
        using var cancel = new CancellationTokenSource();
        Console.CancelKeyPress += (_, interrupt) =>
        {
            interrupt.Cancel = true;
            cancel.Cancel();
        };
        var place = Path.GetFullPath(options.Text("directory", Place));
        await using var server = await BenchmarkServer.StartAsync(place, cancel.Token);
        var pgBench = PgBench.Find(server);
        if (pgBench is null)
            ScenarioContext.Say($"There is no pgbench in {server.Programs}: what is compared with it is left out.");
        var context = new ScenarioContext(
            server, pgBench, options.Whole("rounds", 5), options.Number("seconds", 5),
            options.Whole("operations", 2_000_000));
        var check = await GeneratorCheck.RunAsync(context, cancel.Token);
        ScenarioContext.Say(check);
        var report = new Report(Machine.Describe(server, place, check), context.Rounds, context.Seconds);
        var failed = false;
        foreach (var scenario in wanted)
        {
            try
            {
                report.Add(await RunAsync(scenario, context, cancel.Token));
            }
            catch (Exception fault) when (fault is not OperationCanceledException)
            {
                // The others' figures, an hour's work perhaps, are not thrown away for it.
                ScenarioContext.Say($"{scenario} failed: {fault}");
                failed = true;
            }
        }

        Console.WriteLine(report.Table());

        if (options.Has("json"))
            await File.WriteAllTextAsync(options.Text("json", ""), report.Json(), cancel.Token);
        if (options.Has("results"))
            await File.WriteAllTextAsync(options.Text("results", ""), report.Markdown(), cancel.Token);
        return failed ? 1 : 0;
    }

    private static async Task<IEnumerable<Figure>> RunAsync(
        string scenario, ScenarioContext context, CancellationToken cancel) => scenario switch
        {
            "put" =>
            [
                .. await new PutScenario(context, "put.1k", 1024).RunAsync(cancel),
                .. await new PutScenario(context, "put.64k", 64 * 1024).RunAsync(cancel),
            ],
            "get" => await new GetScenario(context).RunAsync(cancel),
            "list" => await new ListScenario(context).RunAsync(cancel),
            "past" => await new PastScenario(context).RunAsync(cancel),
            "growth" => await new GrowthScenario(context).RunAsync(cancel),
            "hot" => await new HotScenario(context).RunAsync(cancel),
            "rebuild" => await new RebuildScenario(context).RunAsync(cancel),
            "bundle" => await new BundleScenario(context).RunAsync(cancel),
            "audit" => await new AuditScenario(context).RunAsync(cancel),
            _ => await new NodesScenario(context).RunAsync(cancel),
        };
}
