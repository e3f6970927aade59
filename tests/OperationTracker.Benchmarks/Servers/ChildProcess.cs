using System.Diagnostics;
using System.Text;

namespace OperationTracker.Benchmarks.Servers;

/// <summary>
/// A process of this run, which does not outlive it: whoever started it disposes of it, and what is left when this
/// process ends is killed then.
/// </summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private static readonly HashSet<ChildProcess> Running = [];

    private readonly Process _process;
    private readonly Task<string> _errors;

    static ChildProcess() => AppDomain.CurrentDomain.ProcessExit += (_, _) =>
    {
        lock (Running)
        {
            foreach (var child in Running)
                child.Kill();
        }
    };

    private ChildProcess(ProcessStartInfo start)
    {
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        _process = Process.Start(start)!;
        lock (Running)
            Running.Add(this);
        _errors = _process.StandardError.ReadToEndAsync();
    }

    public int Id => _process.Id;

    /// <summary>
    /// An assembly from this program's own directory, with the garbage collector that it would have alone.
    /// </summary>
    public static ChildProcess StartAssembly(string name, bool serverCollector, params string[] arguments) =>
        new(AssemblyStart(name, serverCollector, arguments));

    /// <summary>
    /// The same for a load generator, which lives for seconds: what it runs often is compiled at once, in its warm-up,
    /// and not while it measures, on processors that are the server's as well.
    /// </summary>
    public static ChildProcess StartGenerator(string name, params string[] arguments)
    {
        var start = AssemblyStart(name, serverCollector: false, arguments);
        start.Environment["DOTNET_TieredPGO"] = "0";
        start.Environment["DOTNET_TC_CallCountingDelayMs"] = "0";
        return new ChildProcess(start);
    }

    public static ChildProcess Start(string program, string directory, params string[] arguments) =>
        new(new ProcessStartInfo(program, arguments) { WorkingDirectory = directory });

    /// <summary>Waits for the first line of its output, by which a server says that it is ready.</summary>
    public async Task<string> FirstLineAsync(CancellationToken cancel) =>
        await _process.StandardOutput.ReadLineAsync(cancel)
        ?? throw new InvalidOperationException($"The process ended before it was ready: {await _errors}");

    /// <summary>Its whole output, when it has ended well.</summary>
    public async Task<string> OutputAsync(CancellationToken cancel)
    {
        var output = new StringBuilder();
        await OutputAsync(line => output.AppendLine(line), cancel);
        return output.ToString();
    }

    /// <summary>Its output line by line as it comes; returns when it has ended well.</summary>
    public async Task OutputAsync(Action<string> onLine, CancellationToken cancel)
    {
        var last = "";
        while (await _process.StandardOutput.ReadLineAsync(cancel) is { } line)
            onLine(last = line);
        await _process.WaitForExitAsync(cancel);
        if (_process.ExitCode != 0)
            throw new InvalidOperationException($"{_process.StartInfo.FileName} failed: {last} {await _errors}");
    }

    public async ValueTask DisposeAsync()
    {
        Kill();
        await _process.WaitForExitAsync();
        lock (Running)
            Running.Remove(this);
        _process.Dispose();
    }

    private static ProcessStartInfo AssemblyStart(string name, bool serverCollector, string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet");
        string[] all = ["exec", Path.Combine(AppContext.BaseDirectory, name), .. arguments];
        foreach (var argument in all)
            start.ArgumentList.Add(argument);
        start.Environment["DOTNET_gcServer"] = serverCollector ? "1" : "0";
        return start;
    }

    private void Kill()
    {
        if (!_process.HasExited)
            _process.Kill();
    }
}
