namespace OperationTracker.Postgres.Embedded;

/// <summary>
/// Whether the server's user can walk to a directory. It is asked of the operating system as that user, so that access
/// lists and namespaces count. Nobody's directory is opened for it: the operator is told which one is closed.
/// </summary>
internal static class Reachability
{
    private const string FirstClosedDirectory =
        """for directory do if ! [ -x "$directory" ]; then printf %s "$directory"; exit 1; fi; done""";

    public static async Task CheckAsync(
        SpawnThread spawn, UnprivilegedCommand run, string path, string option, CancellationToken cancel)
    {
        if (!run.User.DropsPrivileges) return;
        var asked = await ProgramRun.RunAsync(
            spawn, run, "/bin/sh", ["-c", FirstClosedDirectory, "sh", .. FromTheRoot(path)], cancel);
        if (asked.ExitCode == 0) return;
        if (asked.Output.Length == 0)
            throw new EmbeddedPostgresException(
                EmbeddedPostgresProblem.NoUnprivilegedUser,
                $"Nothing can be run as the user {run.User.Account.Name}: {asked.Complaint}");
        throw DataDirectory.Unusable(
            $"PostgreSQL runs as the user {run.User.Account.Name}, who cannot pass through {asked.Output} to {path}. " +
            $"Let others pass it (chmod o+x), or name another directory with {option}.");
    }

    private static Stack<string> FromTheRoot(string path)
    {
        var directories = new Stack<string>();
        for (var each = path; each is not null; each = Path.GetDirectoryName(each))
            if (Directory.Exists(each)) directories.Push(each);
        return directories;
    }
}
