using System.Globalization;
using FsCheck;
using FsCheck.Fluent;

namespace OperationTracker.Tests.Operations;

/// <summary>
/// Checks properties: the same cases in every run, so that a failure is the code's and not the day's.
/// OPTRACK_SEED (a number) takes other cases, OPTRACK_CASES (a number, 2,000 by default) more or fewer of them for each
/// law. A failure tells the smallest case found and the seed.
/// </summary>
internal static class Law
{
    private static readonly ulong Seed = Number("OPTRACK_SEED", 20_261_120);

    /// <summary>How many cases a law whose case is one sequence of documents is checked with.</summary>
    public static int Cases { get; } = (int)Number("OPTRACK_CASES", 2_000);

    /// <summary>The seed as a number that others can count on from.</summary>
    public static int FirstSeed => (int)(Seed % 1_000_000_000);

    public static void Check<T>(Arbitrary<T> cases, Action<T> property, int? count = null) =>
        Prop.ForAll(cases, property).Check(Config.QuickThrowOnFailure
            .WithMaxTest(count ?? Cases).WithReplay(Seed, 1).WithQuietOnSuccess(true));

    private static ulong Number(string variable, ulong otherwise) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text
            ? ulong.Parse(text, CultureInfo.InvariantCulture)
            : otherwise;
}
