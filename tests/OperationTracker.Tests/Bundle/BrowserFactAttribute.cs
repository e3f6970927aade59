namespace OperationTracker.Tests.Bundle;

/// <summary>A test in a browser that is on the machine; skipped, and counted as such, where there is none.</summary>
internal sealed class BrowserFactAttribute : FactAttribute
{
    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome"];

    public BrowserFactAttribute()
    {
        if (Browser is null)
            Skip = $"There is no browser here: the variable CHROMIUM, or the PATH, must lead to {Names[0]}.";
    }

    /// <summary>The browser's program; null where there is none. Nothing is downloaded.</summary>
    public static string? Browser { get; } = Environment.GetEnvironmentVariable("CHROMIUM") is { Length: > 0 } given
        ? File.Exists(given) ? given : null
        : ProgramPath.Find(Names);
}
