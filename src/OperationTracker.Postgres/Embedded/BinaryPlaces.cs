using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace OperationTracker.Postgres.Embedded;

/// <summary>
/// The directories where PostgreSQL's programs usually are, best first. <c>eng/install-postgres</c> looks in the same
/// ones.
/// </summary>
internal static partial class BinaryPlaces
{
    public static IEnumerable<string> All() =>
        SearchPath().Concat(FromPgConfig()).Concat(Packages()).Concat(Downloads()).Distinct();

    private static IEnumerable<string> SearchPath() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Where(directory => directory.StartsWith('/'));

    private static IEnumerable<string> FromPgConfig()
    {
        if (UnprivilegedCommand.FindTool("pg_config") is not { } tool) yield break;
        string bin;
        try
        {
            var ask = new ProcessStartInfo(tool, ["--bindir"]) { RedirectStandardOutput = true };
            using var process = Process.Start(ask)!;
            bin = process.StandardOutput.ReadToEnd().Trim();
            process.WaitForExit();
        }
        catch (Win32Exception)
        {
            yield break;
        }

        if (bin.Length > 0) yield return bin;
    }

    private static IEnumerable<string> Packages() =>
    [
        .. Newest("/usr/lib/postgresql", "*", "bin"),
        .. Newest("/usr", "pgsql-*", "bin"),
        .. Newest("/usr/local", "pgsql*", "bin"),
        .. Newest("/usr/libexec", "postgresql*", ""),
        .. Newest("/home/linuxbrew/.linuxbrew/opt", "postgresql@*", "bin"),
    ];

    private static IEnumerable<string> Downloads()
    {
        var home = Environment.GetEnvironmentVariable("HOME") ?? "";
        // Root's own cache would be closed to the user that runs the server.
        string?[] caches = Posix.IsRoot
            ? ["/var/cache"]
            : [Environment.GetEnvironmentVariable("XDG_CACHE_HOME"), Path.Combine(home, ".cache"), "/var/cache"];
        return caches.Where(cache => cache is ['/', ..])
            .SelectMany(cache => Newest(Path.Combine(cache!, "optrack"), "postgres-*", "bin"));
    }

    private static List<string> Newest(string parent, string pattern, string below)
    {
        try
        {
            return Directory.EnumerateDirectories(parent, pattern)
                .OrderByDescending(NumberIn)
                .Select(directory => Path.Combine(directory, below))
                .ToList();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static int NumberIn(string directory) =>
        Digits().Match(Path.GetFileName(directory)) is { Success: true } match
        && int.TryParse(match.Value, CultureInfo.InvariantCulture, out var number) ? number : 0;

    [GeneratedRegex(@"\d+")]
    private static partial Regex Digits();
}
