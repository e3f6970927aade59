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
        // In this process: the projects that it would otherwise generate and build take a minute, and the rules of this
        // repository for them.
        // Short runs, for the whole takes some minutes with them; --iterationCount and the like make them longer.
        var config = DefaultConfig.Instance
            .AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance))
            .WithArtifactsPath(Path.Combine(Path.GetTempPath(), $"optrack-micro-{Environment.ProcessId}"));
        string[] all = arguments.Contains("--filter") ? arguments : ["--filter", "*", .. arguments];
        BenchmarkSwitcher.FromTypes([typeof(DocumentBenchmarks), typeof(EventBenchmarks)]).Run(all, config);
        return 0;
    }
}
