using System.Globalization;

namespace OperationTracker.Core.Operations;

/// <summary>
/// The contract's form of a time: <c>YYYYMMDD_hhmmss</c>, a real date and a time of 24 hours, in no stated zone.
/// </summary>
public static class OperationTime
{
    /// <summary>The form, as the base library writes it.</summary>
    public const string Format = "yyyyMMdd'_'HHmmss";

    /// <summary>The rule in a sentence, for error details.</summary>
    public const string Rule = "must be a date and time in the form YYYYMMDD_hhmmss";

    /// <summary>Whether <paramref name="text"/> keeps the rule.</summary>
    public static bool IsValid(string text) =>
        text.Length == 15
        && DateTime.TryParseExact(text, Format, CultureInfo.InvariantCulture, DateTimeStyles.None, out _);
}
