using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using OperationTracker.Benchmarks.Servers;

namespace OperationTracker.Benchmarks.Reporting;

/// <summary>Where and with what the figures were taken.</summary>
internal sealed record Machine(
    string Processor, int Cores, double MemoryGigabytes, string Kernel, string FileSystem, string PostgreSql,
    string DotNet, string Commit, string Date, string GeneratorCheck)
{
    public static Machine Describe(BenchmarkServer server, string place, string generatorCheck) => new(
        Of("/proc/cpuinfo", "model name"),
        Environment.ProcessorCount,
        Math.Round(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 1e9, 1),
        $"{RuntimeInformation.OSDescription}, kernel {File.ReadAllText("/proc/sys/kernel/osrelease").Trim()}",
        new DriveInfo(place).DriveFormat,
        server.Version,
        Environment.Version.ToString(),
        Git(),
        DateTimeOffset.UtcNow.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture),
        generatorCheck);

    private static string Of(string file, string name) => File.ReadLines(file)
        .FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?.Split(':')[1].Trim() ?? "unknown";

    /// <summary>The commit that was built, with a plus sign where the work tree differs from it.</summary>
    private static string Git()
    {
        try
        {
            var directory = Path.GetDirectoryName(Assembly.GetExecutingAssembly().Location)!;
            string[] arguments = ["-C", directory, "describe", "--always", "--dirty=+", "--exclude=*"];
            using var git = Process.Start(new ProcessStartInfo("git", arguments)
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            var commit = git.StandardOutput.ReadToEnd().Trim();
            git.WaitForExit();
            return commit.Length > 0 ? commit : "unknown";
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "unknown";
        }
    }
}
