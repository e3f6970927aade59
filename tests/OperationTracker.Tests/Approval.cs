using System.Runtime.CompilerServices;
using System.Text;

namespace OperationTracker.Tests;

/// <summary>
/// Golden files: text that people have read and approved, kept in <c>golden/</c> beside the test. A difference fails
/// and leaves a <c>.received</c> file to compare with; OPTRACK_APPROVE=1 in the environment takes what came as the new
/// golden file, to be read in the diff.
/// </summary>
public static class Approval
{
    private const string Project = "tests/OperationTracker.Tests/";

    /// <param name="actual">The text, compared to the last character.</param>
    /// <param name="name">The golden file's name, with its extension.</param>
    /// <param name="source">The test's file; the compiler fills it in.</param>
    public static void ShouldMatchApproved(
        this string actual, string name, [CallerFilePath] string? source = null)
    {
        var golden = Path.Combine(FolderOf(source!), "golden", name);
        var received = golden + ".received";
        if (Environment.GetEnvironmentVariable("OPTRACK_APPROVE") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(golden)!);
            Write(golden, actual);
            File.Delete(received);
            return;
        }
        var approved = File.Exists(golden) ? File.ReadAllText(golden) : null;
        if (approved == actual)
        {
            File.Delete(received);
            return;
        }
        Directory.CreateDirectory(Path.GetDirectoryName(received)!);
        Write(received, actual);
        throw new ShouldAssertException(
            $"{golden} {Difference(approved, actual)}\nSee {received}; OPTRACK_APPROVE=1 approves what came.");
    }

    private static string Difference(string? approved, string actual)
    {
        if (approved is null) return "does not exist.";
        var (wanted, came) = (approved.Split('\n'), actual.Split('\n'));
        var line = wanted.Zip(came).TakeWhile(pair => pair.First == pair.Second).Count();
        return $"differs in line {line + 1}.\nexpected: {LineOf(wanted)}\nactual:   {LineOf(came)}";

        string LineOf(string[] lines) => line < lines.Length ? lines[line] : "(the end)";
    }

    /// <summary>
    /// A deterministic build writes another root into source paths than the disk has, so the path is taken from the
    /// project's folder on, and the folder is found from where the tests run.
    /// </summary>
    internal static string FolderOf(string source)
    {
        var path = source.Replace('\\', '/');
        var start = path.LastIndexOf(Project, StringComparison.Ordinal);
        if (start < 0) throw new ArgumentException($"{source} is not a file of this project.", nameof(source));
        return Path.GetDirectoryName(Path.Combine(ProjectFolder(), path[(start + Project.Length)..]))!;
    }

    private static string ProjectFolder()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (folder.EnumerateFiles("OperationTracker.Tests.csproj").Any()) return folder.FullName;
        throw new InvalidOperationException("Golden files need the tests' source folder above the built tests.");
    }

    private static void Write(string file, string text) => File.WriteAllText(file, text, new UTF8Encoding(false));
}
