using System.Globalization;

namespace OperationTracker.Torture.Servers;

/// <summary>Processes as <c>/proc</c> shows them.</summary>
internal static class Processes
{
    /// <summary>Those that a process has started and that still run.</summary>
    public static IReadOnlyList<int> ChildrenOf(int parent)
    {
        var children = new List<int>();
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
            if (int.TryParse(Path.GetFileName(directory), CultureInfo.InvariantCulture, out var pid)
                && ParentOf(pid) == parent)
                children.Add(pid);
        return children;
    }

    /// <summary>Null when the process is gone.</summary>
    private static int? ParentOf(int pid)
    {
        try
        {
            // The name is in parentheses and may hold anything; state and parent follow it.
            var stat = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/stat"));
            return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
