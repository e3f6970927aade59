namespace OperationTracker.Postgres.Embedded;

/// <summary>What a program that ran to its end said.</summary>
internal sealed record ProgramRun(int ExitCode, string Output, string Errors)
{
    /// <summary>The last thing that it complained about, in one line.</summary>
    public string Complaint =>
        Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault()
        ?? $"it ended with code {ExitCode}";

    /// <summary>Runs a program and waits for its end; one that is no longer waited for is killed.</summary>
    public static async Task<ProgramRun> RunAsync(
        SpawnThread spawn, UnprivilegedCommand run, string program, IEnumerable<string> arguments,
        CancellationToken cancel)
    {
        using var process = await spawn.StartAsync(run.Create(program, arguments));
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(cancel);
            var errors = process.StandardError.ReadToEndAsync(cancel);
            await process.WaitForExitAsync(cancel);
            return new ProgramRun(process.ExitCode, await output, await errors);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }
}
