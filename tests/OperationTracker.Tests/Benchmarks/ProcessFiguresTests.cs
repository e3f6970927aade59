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
        // The child works, says so and waits; the shell waits for it, says that it has ended, and waits as well.
        const string Child = "i=0; while [ $i -lt 2000000 ]; do i=$((i+1)); done; echo worked; read x";
        const string Script = $"sh -c '{Child}'; echo ended; read y";
        using var shell = Process.Start(new ProcessStartInfo("sh", ["-c", Script])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true,
        })!;
        using var limit = new CancellationTokenSource(Patience);
        (await shell.StandardOutput.ReadLineAsync(limit.Token)).ShouldBe("worked");

        var running = ProcessFigures.CpuSeconds(shell.Id);
        running.ShouldBeGreaterThan(0.1);
        await shell.StandardInput.WriteLineAsync("end the child");
        (await shell.StandardOutput.ReadLineAsync(limit.Token)).ShouldBe("ended");
        ProcessFigures.CpuSeconds(shell.Id).ShouldBeGreaterThanOrEqualTo(running);

        await shell.StandardInput.WriteLineAsync("end the shell");
        await shell.WaitForExitAsync(limit.Token);
        ProcessFigures.CpuSeconds(shell.Id).ShouldBe(0);
    }
}
