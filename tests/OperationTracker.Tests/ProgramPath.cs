namespace OperationTracker.Tests;

/// <summary>Where the machine has a program that a test needs and nothing installs.</summary>
internal static class ProgramPath
{
    /// <summary>The first on the PATH of programs of these names, in their order; null where there is none.</summary>
    public static string? Find(params string[] names)
    {
        var places = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':');
        return names.SelectMany(name => places.Select(place => Path.Combine(place, name))).FirstOrDefault(File.Exists);
    }
}
