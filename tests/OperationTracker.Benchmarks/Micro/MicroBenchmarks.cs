using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace OperationTracker.Benchmarks.Micro;

/// <summary><c>micro</c>: the pure parts by BenchmarkDotNet, with what they allocate. Takes its arguments.</summary>
internal static class MicroBenchmarks
{
    public const string Usage = "micro [--filter '*'] [other arguments of BenchmarkDotNet]";

    public static int Run(string[] arguments)
    {
        var artifacts = Directory.CreateTempSubdirectory("optrack-micro-").FullName;
        // In this process: the projects that it would otherwise generate and build take a minute, and the rules of this
        // repository for them.
        // Short runs, for the whole takes some minutes with them; --iterationCount and the like make them longer.
        var config = DefaultConfig.Instance
            .AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance))
            .WithArtifactsPath(artifacts);
        string[] all = arguments.Contains("--filter") ? arguments : ["--filter", "*", .. arguments];
        BenchmarkSwitcher.FromTypes([typeof(DocumentBenchmarks), typeof(EventBenchmarks)]).Run(all, config);
        // What counts was printed; --artifacts keeps the files elsewhere.
        Directory.Delete(artifacts, recursive: true);
        return 0;
    }
}
