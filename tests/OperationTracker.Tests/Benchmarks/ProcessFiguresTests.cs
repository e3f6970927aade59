using System.Diagnostics;
using OperationTracker.Benchmarks.Load;

namespace OperationTracker.Tests.Benchmarks;

[Collection(RunsAlone.Name)]
public sealed class ProcessFiguresTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task The_CPU_of_a_process_is_that_of_its_children_as_well_while_they_run_and_when_they_have_ended()
    {
        // The shell itself waits; its child counts for as long as it is let, and tells that it has begun.
        const string Child = "i=0; while [ $i -lt 400000 ]; do i=$((i+1)); done; echo half; read x; exit 0";
        const string Script = $"sh -c '{Child}'; read y";
        using var shell = Process.Start(new ProcessStartInfo("sh", ["-c", Script])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true,
        })!;
        using var limit = new CancellationTokenSource(Patience);
        (await shell.StandardOutput.ReadLineAsync(limit.Token)).ShouldBe("half");

        var running = ProcessFigures.CpuSeconds(shell.Id);
        running.ShouldBeGreaterThan(0.1);
        await shell.StandardInput.WriteLineAsync("end the child");
        while (HasChild(shell.Id))
            await Task.Delay(10, limit.Token);
        ProcessFigures.CpuSeconds(shell.Id).ShouldBeGreaterThanOrEqualTo(running);

        await shell.StandardInput.WriteLineAsync("end the shell");
        await shell.WaitForExitAsync(limit.Token);
        ProcessFigures.CpuSeconds(shell.Id).ShouldBe(0);
    }

    private static bool HasChild(int pid) => Process.GetProcesses().Any(process =>
    {
        using (process)
        {
            var stat = $"/proc/{process.Id}/stat";
            return File.Exists(stat) && Try(() => File.ReadAllText(stat).Split(") ")[^1].Split(' ')[1]) == $"{pid}";
        }
    });

    private static string Try(Func<string> read)
    {
        try
        {
            return read();
        }
        catch (IOException)
        {
            return "";
        }
    }
}
