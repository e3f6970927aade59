using System.Globalization;

namespace OperationTracker.Torture.Servers;

/// <summary>
/// A wall clock of some processes' own, by libfaketime, which can be set while they run. Their monotonic clock stays
/// the machine's. The processes read the file at each look at the clock.
/// </summary>
internal sealed class FakeClock
{
    /// <summary>That for processes of several threads first.</summary>
    private static readonly string[] Names = ["libfaketimeMT.so.1", "libfaketime.so.1"];

    private readonly string _library;
    private readonly string _file;

    /// <param name="library">As <see cref="Library"/> finds it.</param>
    /// <param name="file">Where it stands; readable for the processes.</param>
    public FakeClock(string library, string file)
    {
        (_library, _file) = (library, file);
        Set(TimeSpan.Zero);
    }

    /// <summary>How far it is ahead of the machine's.</summary>
    public TimeSpan Offset { get; private set; }

    /// <summary>What a process needs to have it.</summary>
    public IReadOnlyDictionary<string, string> Variables => new Dictionary<string, string>
    {
        ["LD_PRELOAD"] = _library, ["FAKETIME_TIMESTAMP_FILE"] = _file, ["FAKETIME_NO_CACHE"] = "1",
        ["FAKETIME_DONT_FAKE_MONOTONIC"] = "1", ["DONT_FAKE_MONOTONIC"] = "1",
    };

    /// <summary>Null where it is not installed.</summary>
    public static string? Library() => Directory.Exists("/usr/lib")
        ? Directory.EnumerateDirectories("/usr/lib", "*", SearchOption.TopDirectoryOnly).Append("/usr/lib")
            .SelectMany(directory => Names.Select(name => Path.Combine(directory, "faketime", name)))
            .FirstOrDefault(File.Exists)
        : null;

    /// <summary>Never seen half written.</summary>
    public void Set(TimeSpan offset)
    {
        File.WriteAllText(
            _file + ".new", string.Create(CultureInfo.InvariantCulture, $"{offset.TotalSeconds:+0.000;-0.000}\n"));
        File.Move(_file + ".new", _file, overwrite: true);
        Offset = offset;
    }

    /// <summary>A directory of PostgreSQL's programs whose server has this clock.</summary>
    /// <param name="binaries">The programs themselves.</param>
    /// <param name="directory">Is made.</param>
    public async Task WrapPostgresAsync(string binaries, string directory)
    {
        Directory.CreateDirectory(directory);
        foreach (var program in new DirectoryInfo(binaries).GetFiles().Where(program => program.Name != "postgres"))
            File.CreateSymbolicLink(Path.Combine(directory, program.Name), program.FullName);
        var variables = Variables.Select(variable => $"{variable.Key}='{variable.Value}'");
        var wrapper = Path.Combine(directory, "postgres");
        await File.WriteAllTextAsync(wrapper, $"""
            #!/bin/sh
            export {string.Join(' ', variables)}
            exec '{Path.Combine(binaries, "postgres")}' "$@"

            """);
        await Tool.RunAsync("chmod", "755", wrapper);
    }

    /// <summary>
    /// Removes what the library has left behind of processes that were killed; it would not start in a new process with
    /// the number of such a one.
    /// </summary>
    public static void CleanUp()
    {
        foreach (var file in Directory.EnumerateFiles("/dev/shm", "*faketime_s*_*"))
            if (!Directory.Exists($"/proc/{file[(file.LastIndexOf('_') + 1)..]}")) File.Delete(file);
    }
}
