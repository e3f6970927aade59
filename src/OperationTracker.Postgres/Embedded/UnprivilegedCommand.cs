using System.Diagnostics;

namespace OperationTracker.Postgres.Embedded;

/// <summary>
/// Runs PostgreSQL's programs as the server's user: in a session of their own (Ctrl-C in the terminal stops the
/// tracker, which then stops them in order), with an environment that holds none of the tracker's secrets, and stopped
/// by the kernel when the tracker dies. What the machine has no tool for is left out: without setpriv a server outlives
/// a killed tracker, and the next start stops it.
/// </summary>
internal sealed class UnprivilegedCommand(ServerUser user, bool useSetpriv)
{
    private const string DefaultPath = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin";

    private static readonly string[] WithTracker = ["--no-new-privs", "--pdeathsig=INT", "--"];

    private readonly string? _setsid = FindTool("setsid");
    private readonly string? _setpriv = useSetpriv ? FindSetpriv() : null;

    public ServerUser User => user;

    /// <summary>Whether the kernel stops the program when the tracker dies.</summary>
    public bool DiesWithTracker => _setpriv is not null;

    public ProcessStartInfo Create(string program, IEnumerable<string> arguments)
    {
        string[] command = [.. Session(), .. Privileges(), program, .. arguments];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            // The tracker's own directory may be closed to the other user.
            WorkingDirectory = "/",
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (_setpriv is null && user.DropsPrivileges) start.UserName = user.Account.Name;
        start.Environment.Clear();
        start.Environment["PATH"] = SearchPath;
        start.Environment["LC_ALL"] = "C";
        start.Environment["TZ"] = "UTC";
        return start;
    }

    public static string? FindTool(string name) => SearchPath
        .Split(':', StringSplitOptions.RemoveEmptyEntries)
        .Select(directory => Path.Combine(directory, name))
        .FirstOrDefault(File.Exists);

    private static string SearchPath =>
        Environment.GetEnvironmentVariable("PATH") is { Length: > 0 } path ? path : DefaultPath;

    // BusyBox has a setpriv too, which knows none of the options that are needed here.
    private static string? FindSetpriv()
    {
        if (FindTool("setpriv") is not { } tool || FindTool("true") is not { } nothing) return null;
        var start = new ProcessStartInfo(tool, [.. WithTracker, nothing]) { RedirectStandardError = true };
        using var attempt = Process.Start(start)!;
        attempt.StandardError.ReadToEnd();
        attempt.WaitForExit();
        return attempt.ExitCode == 0 ? tool : null;
    }

    private string[] Session() => _setsid is null ? [] : [_setsid];

    private string[] Privileges()
    {
        if (_setpriv is null) return [];
        string[] drop = user.DropsPrivileges
            ? [$"--reuid={user.Account.Uid}", $"--regid={user.Account.Gid}", "--clear-groups"]
            : [];
        return [_setpriv, .. drop, .. WithTracker];
    }
}
