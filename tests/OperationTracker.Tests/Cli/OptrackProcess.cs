using System.Diagnostics;
using System.Text;

namespace OperationTracker.Tests.Cli;

/// <summary>What a finished process left: its exit code and its two streams, stdout as the bytes that came.</summary>
internal sealed record Outcome(int ExitCode, byte[] OutBytes, string Error)
{
    public string Out => Encoding.UTF8.GetString(OutBytes);

    /// <summary>Whether it ended with this code and said this, on either stream.</summary>
    public void ShouldEnd(int exitCode, string says = "")
    {
        ExitCode.ShouldBe(exitCode, Out + Error);
        (Out + Error).ShouldContain(says);
    }
}

/// <summary>
/// The real executable, run as its users run it. The environment holds nothing that would change its answers, so the
/// tests say the same on every machine.
/// </summary>
internal sealed class OptrackProcess : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);
    private readonly Process process;
    private readonly Task<byte[]> output;
    private readonly Task<string> error;

    private OptrackProcess(Process process, bool reads)
    {
        this.process = process;
        output = reads ? ReadAllAsync(process.StandardOutput.BaseStream) : Task.FromResult<byte[]>([]);
        error = process.StandardError.ReadToEndAsync();
    }

    public int Id => process.Id;

    public static Task<Outcome> RunAsync(params string[] arguments) => RunAsync(input: "", arguments);

    public static async Task<Outcome> RunAsync(string input, string[] arguments)
    {
        using var running = Start(arguments);
        await running.process.StandardInput.WriteAsync(input);
        running.process.StandardInput.Close();
        return await running.EndAsync();
    }

    public static OptrackProcess Start(params string[] arguments) => Start(reads: true, arguments);

    private static OptrackProcess Start(bool reads, string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            ArgumentList = { "exec", Path.Combine(AppContext.BaseDirectory, "optrack.dll") },
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardErrorEncoding = Encoding.UTF8,
        };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        foreach (var name in new[] { "OPTRACK_SERVER", "http_proxy", "HTTP_PROXY" }) start.Environment.Remove(name);
        return new OptrackProcess(Process.Start(start)!, reads);
    }

    /// <summary>Reads one character of stdout and leaves, as <c>head -c1</c> would.</summary>
    public static async Task<int> RunWithImpatientReaderAsync(params string[] arguments)
    {
        using var running = Start(reads: false, arguments);
        var stdout = running.process.StandardOutput;
        await stdout.ReadAsync(new char[1]);
        stdout.Close();
        return (await running.EndAsync()).ExitCode;
    }

    public async Task<Outcome> EndAsync()
    {
        using var deadline = new CancellationTokenSource(Deadline);
        await process.WaitForExitAsync(deadline.Token);
        return new Outcome(process.ExitCode, await output, await error);
    }

    public void Dispose()
    {
        if (!process.HasExited) process.Kill();
        process.Dispose();
    }

    private static async Task<byte[]> ReadAllAsync(Stream stream)
    {
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes);
        return bytes.ToArray();
    }
}
