using System.Diagnostics;
using OperationTracker.Torture.Trials;

namespace OperationTracker.Torture.Servers;

/// <summary>Programs of the machine that a trial needs.</summary>
internal static class Tool
{
    /// <summary>Runs a program to its end; what it wrote is returned.</summary>
    /// <exception cref="CannotRunHereException">It is not there, or failed.</exception>
    public static async Task<string> RunAsync(string program, params string[] arguments)
    {
        using var process = Start(program, arguments);
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync(CancellationToken.None);
        return process.ExitCode == 0
            ? await output
            : throw new CannotRunHereException(
                $"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}: {(await errors).Trim()}");
    }

    /// <exception cref="CannotRunHereException">It is not there.</exception>
    public static Process Start(string program, params string[] arguments)
    {
        try
        {
            return Process.Start(new ProcessStartInfo(program, arguments)
            {
                RedirectStandardOutput = true, RedirectStandardError = true,
            })!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            throw new CannotRunHereException($"{program} is needed, and is not on this machine.");
        }
    }

    /// <exception cref="CannotRunHereException">This user is not root.</exception>
    public static void DemandRoot(string why)
    {
        if (Environment.UserName != "root") throw new CannotRunHereException($"Only root can do this: {why}.");
    }
}
