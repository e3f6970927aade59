using System.Text.RegularExpressions;

namespace OperationTracker.Torture;

/// <summary>Names of the code as words of the command line and the reports.</summary>
internal static partial class Words
{
    public static string Hyphenated(string name) => Boundary().Replace(name, "-$1").ToLowerInvariant();

    [GeneratedRegex("(?<!^)([A-Z])")]
    private static partial Regex Boundary();
}
