using OperationTracker.Benchmarks;
using OperationTracker.Benchmarks.Baselines;
using OperationTracker.Benchmarks.Load;
using OperationTracker.Benchmarks.Micro;

#if DEBUG
Console.Error.WriteLine("A Debug build measures nothing of interest. Use eng/bench, or --configuration Release.");
return 2;
#else
try
{
    return args switch
    {
        ["run", ..] => await BenchmarkRun.RunAsync(args[1..]),
        ["micro", ..] => MicroBenchmarks.Run(args[1..]),
        ["load", _, ..] => LoadCommand.Run(args[1..]),
        ["baseline", ..] => await BaselineServer.RunAsync(args[1..]),
        _ => throw new ArgumentException($"{BenchmarkRun.Usage}\n{MicroBenchmarks.Usage}\n{LoadCommand.Usage}"),
    };
}
catch (ArgumentException fault)
{
    Console.Error.WriteLine(fault.Message);
    return 2;
}
catch (OperationCanceledException)
{
    return 130;
}
#endif
