using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace OperationTracker.Postgres.Embedded;

/// <summary>A directory with <c>postgres</c> and <c>initdb</c> of one version.</summary>
internal sealed partial record PostgresBinaries(string Bin, int Major, string Version)
{
    /// <summary>The oldest version whose features and fixes the tracker relies on.</summary>
    public const int OldestMajor = 15;

    public string Server => Path.Combine(Bin, "postgres");

    public string InitDb => Path.Combine(Bin, "initdb");

    /// <summary>
    /// Finds the server's programs: where the operator says, else where they were last time, else in the usual places.
    /// A cluster that exists is opened by its own major version only, for another one cannot read it.
    /// </summary>
    public static PostgresBinaries Find(string? asked, string? recorded, int? clusterMajor, string cluster)
    {
        var found = new List<PostgresBinaries>();
        foreach (var bin in asked is null ? [recorded, .. BinaryPlaces.All()] : (IEnumerable<string?>)[asked])
        {
            if (bin is null || Probe(bin) is not { } binaries) continue;
            if (binaries.Major >= OldestMajor && binaries.Major == (clusterMajor ?? binaries.Major)) return binaries;
            found.Add(binaries);
        }

        throw found.Count == 0 ? NothingFound(asked) : WrongVersion(found, clusterMajor, cluster);
    }

    private static PostgresBinaries? Probe(string bin)
    {
        var server = Path.Combine(bin, "postgres");
        if (!File.Exists(server) || !File.Exists(Path.Combine(bin, "initdb"))) return null;
        try
        {
            // A link in /usr/local/bin may lead to another version tomorrow; its target stays what it is.
            server = Posix.RealPath(server);
            bin = Path.GetDirectoryName(server)!;
            var start = new ProcessStartInfo(server, ["--version"])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            using var process = Process.Start(start)!;
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            if (VersionPattern().Match(output) is not { Success: true } match) return null;
            var major = int.Parse(match.Groups[2].ValueSpan, CultureInfo.InvariantCulture);
            return new PostgresBinaries(bin, major, match.Groups[1].Value);
        }
        catch (Exception e) when (e is Win32Exception or IOException)
        {
            return null;
        }
    }

    private static EmbeddedPostgresException NothingFound(string? asked) => new(
        EmbeddedPostgresProblem.BinariesNotFound,
        asked is null
            ? $"PostgreSQL {OldestMajor} or newer was not found on this machine. Run eng/install-postgres, install " +
              "the package postgresql, name its directory with --pg-bin, or use another server with --database."
            : $"{asked} holds no working postgres and initdb. Name the directory of both, or leave --pg-bin out.");

    private static EmbeddedPostgresException WrongVersion(
        List<PostgresBinaries> found, int? clusterMajor, string cluster)
    {
        var here = string.Join(", ", found.Select(each => $"{each.Version} in {each.Bin}").Distinct());
        return clusterMajor is { } major
            ? new EmbeddedPostgresException(
                EmbeddedPostgresProblem.WrongMajorVersion,
                $"The data in {cluster} was written by PostgreSQL {major}, and only PostgreSQL {major} can open it; " +
                $"found was {here}. Install PostgreSQL {major} beside it, or name its directory with --pg-bin; " +
                "eng/embedded-postgres.md says how to bring the data to a newer version.")
            : new EmbeddedPostgresException(
                EmbeddedPostgresProblem.BinariesNotFound,
                $"PostgreSQL {OldestMajor} or newer is needed; found was {here}. Run eng/install-postgres, or name " +
                "the directory of a newer one with --pg-bin.");
    }

    [GeneratedRegex(@"\(PostgreSQL\) ((\d+)\S*)")]
    private static partial Regex VersionPattern();
}
