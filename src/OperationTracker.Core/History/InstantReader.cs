using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.RegularExpressions;
using OperationTracker.Core.Operations;

namespace OperationTracker.Core.History;

/// <summary>
/// Reads instants: RFC 3339 with an offset, or the contract's <c>YYYYMMDD_hhmmss</c> in a configured zone. Of a clock
/// time that came twice (clocks were put back) the later one is meant; one that never was (clocks were put forward) is
/// refused. A time of whole seconds is that second's beginning.
/// </summary>
/// <param name="zone">The zone of clock times; null where none is configured, and they are refused.</param>
public sealed partial class InstantReader(TimeZoneInfo? zone)
{
    /// <summary>The rule in a sentence, for error details.</summary>
    public const string Rule =
        "must be an instant: RFC 3339 with an offset, as 2026-11-20T09:00:00.25+01:00, or YYYYMMDD_hhmmss";

    /// <summary>The instant that <paramref name="text"/> names; null and the reason when it names none.</summary>
    public Instant? Read(string text, [NotNullWhen(false)] out string? fault)
    {
        if (OperationTime.IsValid(text))
            return ReadClockTime(text, out fault);
        var instant = ReadWithOffset(text);
        fault = instant is null ? Rule : null;
        return instant;
    }

    private Instant? ReadClockTime(string text, out string? fault)
    {
        fault = zone is null ? "has no offset, and the tracker was told no --time-zone to read it in" : null;
        if (zone is null)
            return null;
        var clock = DateTime.ParseExact(text, OperationTime.Format, CultureInfo.InvariantCulture);
        if (zone.IsInvalidTime(clock))
        {
            fault = $"never was in {zone.Id}: clocks were put forward over it";
            return null;
        }

        // The later of two is the one with the smaller offset: the same clock, after it was put back.
        var offset = zone.IsAmbiguousTime(clock) ? zone.GetAmbiguousTimeOffsets(clock).Min() : zone.GetUtcOffset(clock);
        return At(clock, offset, isWithin: false);
    }

    private static Instant? ReadWithOffset(string text)
    {
        if (Rfc3339().Match(text) is not { Success: true } match
            || !DateTime.TryParseExact(
                match.Groups["time"].Value.ToUpperInvariant(), "yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture,
                DateTimeStyles.None, out var clock))
            return null;
        var fraction = match.Groups["fraction"].Value.PadRight(9, '0');
        clock = clock.AddMicroseconds(int.Parse(fraction[..6], CultureInfo.InvariantCulture));
        var offset = TimeSpan.Zero;
        if (match.Groups["hours"] is { Success: true } hours)
        {
            var minutes = (60 * Number(hours)) + Number(match.Groups["minutes"]);
            offset = TimeSpan.FromMinutes(match.Groups["sign"].Value == "-" ? -minutes : minutes);
        }

        return At(clock, offset, fraction[6..] != "000");

        static int Number(Group digits) => int.Parse(digits.ValueSpan, CultureInfo.InvariantCulture);
    }

    /// <summary>Offsets may be larger than the base library takes, and lead out of the years that it knows.</summary>
    private static Instant At(DateTime clock, TimeSpan offset, bool isWithin)
    {
        var ticks = Math.Clamp(clock.Ticks - offset.Ticks, DateTime.MinValue.Ticks, DateTime.MaxValue.Ticks);
        return new Instant(new DateTimeOffset(ticks, TimeSpan.Zero), isWithin);
    }

    [GeneratedRegex(
        @"\A(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2})(\.(?<fraction>[0-9]{1,9}))?"
        + @"([Zz]|(?<sign>[+-])(?<hours>[01][0-9]|2[0-3]):(?<minutes>[0-5][0-9]))\z", RegexOptions.CultureInvariant)]
    private static partial Regex Rfc3339();
}
