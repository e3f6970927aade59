using System.Diagnostics;
using System.Globalization;

namespace OperationTracker.Torture.Servers;

/// <summary>
/// One node: <c>optrack serve</c> as a process, started again at the same address when it was killed.
/// </summary>
internal sealed class TrackerNode(string name, string connectionString, string logFile) : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Lock _log = new();
    private Process? _process;

    public string Name => name;

    /// <summary>Where it listens, as long as the run lasts.</summary>
    public int Port { get; } = LoopbackPort.Free();

    /// <summary>Variables for its next start, beside those of this process.</summary>
    public Dictionary<string, string> Environment { get; } = [];

    public int? Id => _process?.Id;

    /// <summary>Whether it has ended though nobody killed it.</summary>
    public bool Crashed => _process is { HasExited: true };

    public async Task StartAsync(CancellationToken cancel)
    {
        var start = Command("serve", "--urls", string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{Port}"));
        start.Environment["OPTRACK_DATABASE"] = connectionString;
        foreach (var (variable, value) in Environment) start.Environment[variable] = value;
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, line) =>
        {
            if (line.Data is null)
                ready.TrySetException(new InvalidOperationException($"{name} ended before it was ready: {logFile}"));
            else ready.TrySetResult();
        };
        process.ErrorDataReceived += (_, line) => Log(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        _process = process;
        await ready.Task.WaitAsync(Patience, cancel);
    }

    public void Freeze() => Signal(Signals.Stop);

    public void Thaw() => Signal(Signals.Continue);

    public async Task KillAsync()
    {
        if (_process is not { } process) return;
        Signal(Signals.Kill);
        await process.WaitForExitAsync(CancellationToken.None);
        process.Dispose();
        _process = null;
    }

    /// <summary>Kills it at once, for the end of this process.</summary>
    public void Abandon() => Signal(Signals.Kill);

    public async ValueTask DisposeAsync() => await KillAsync();

    /// <summary>Runs a command of the executable to its end.</summary>
    public static async Task<(int ExitCode, string Output)> RunAsync(
        string connectionString, string[] arguments, CancellationToken cancel)
    {
        var start = Command(arguments);
        start.Environment["OPTRACK_DATABASE"] = connectionString;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(cancel);
        var errors = process.StandardError.ReadToEndAsync(cancel);
        await process.WaitForExitAsync(cancel);
        return (process.ExitCode, (await output + await errors).Trim());
    }

    private static ProcessStartInfo Command(params string[] arguments)
    {
        var start = new ProcessStartInfo(System.Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in new[] { "exec", Path.Combine(AppContext.BaseDirectory, "optrack.dll") }
            .Concat(arguments))
            start.ArgumentList.Add(argument);
        foreach (var left in start.Environment.Keys.Where(
            key => key.StartsWith("OPTRACK_", StringComparison.Ordinal)).ToArray())
            start.Environment.Remove(left);
        return start;
    }

    private void Signal(int signal)
    {
        if (_process is { HasExited: false } process) Signals.Send(process.Id, signal);
    }

    private void Log(string? line)
    {
        lock (_log) File.AppendAllText(logFile, line + "\n");
    }
}
