using System.Net;
using System.Text.Json;

namespace OperationTracker.Benchmarks.Load;

/// <summary>
/// <c>load put|hot|get</c>: the generator as a process, so that its threads and memory are not those of what drives it.
/// Prints a <see cref="LoadResult"/> as JSON.
/// </summary>
internal static class LoadCommand
{
    public const string Usage = """
        load put|hot|get --targets HOST:PORT[,...] [--connections N] [--rate R] [--warm-up SECONDS] [--seconds SECONDS]
             [--bytes N] [--first N]     put, hot: size of a document; number of the first operation
             [--paths FILE]              get: a path a line, after a tabulator the ETag that the client has
             [--until PID]               ends when this process does, if that is sooner
             [--watch NAME:PID[+PID]]    tells these processes' CPU an answer; several with commas
        """;

    public static int Run(string[] arguments)
    {
        var options = new CommandOptions(arguments[1..]);
        var plan = new LoadPlan(
            [.. options.List("targets", "").Select(IPEndPoint.Parse)],
            options.Whole("connections", 64),
            options.Has("rate") ? options.Number("rate", 0) : null,
            TimeSpan.FromSeconds(options.Number("warm-up", 0)),
            TimeSpan.FromSeconds(options.Number("seconds", 5)),
            options.Has("until") ? options.Whole("until", 0) : null,
            Watched(options));
        using var generator = new LoadGenerator(plan, Workload(arguments[0], options));
        Console.WriteLine(JsonSerializer.Serialize(generator.Run()));
        return 0;
    }

    private static ILoadWorkload Workload(string name, CommandOptions options) => name switch
    {
        "put" => new PutWorkload(options.Whole("bytes", 1024), (long)options.Number("first", 1)),
        "hot" => new HotWorkload(options.Whole("bytes", 1024), (long)options.Number("first", 1)),
        "get" => new GetWorkload(File.ReadLines(options.Text("paths", ""))),
        _ => throw new ArgumentException($"There is no load {name}.\n{Usage}"),
    };

    private static Dictionary<string, int[]> Watched(CommandOptions options) => options.List("watch", "")
        .Select(watched => watched.Split(':'))
        .ToDictionary(parts => parts[0], parts => Array.ConvertAll(parts[1].Split('+'), int.Parse));
}
