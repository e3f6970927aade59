using System.Globalization;

namespace OperationTracker.Torture.Trials;

/// <summary>How a clock jumps during a cycle.</summary>
/// <param name="Name">For people.</param>
/// <param name="Steps">
/// Each gives the next offset from the machine's clock, from the offset before and what that clock shows; the first is
/// taken before anything is written.
/// </param>
internal sealed record ClockScript(string Name, IReadOnlyList<Func<TimeSpan, DateTimeOffset, TimeSpan>> Steps)
{
    /// <summary>Where clocks are put back on 25 October 2026, at 03:00, and forward on 29 March, at 02:00.</summary>
    public const string Zone = "Europe/Berlin";

    /// <summary>What these say of a leap second is what Linux does: the last second of the day comes twice.</summary>
    public static IReadOnlyList<ClockScript> All { get; } =
    [
        new("forward an hour, and back", [Ahead(0), Ahead(1), Ahead(0)]),
        new("back an hour, and forward", [Ahead(0), Ahead(-1), Ahead(0)]),
        new("over a leap second", [At("2016-12-31T23:59:57.5Z"), (offset, _) => offset - TimeSpan.FromSeconds(1)]),
        new("through the hour that comes twice",
            [At("2026-10-25T00:29:58Z"), At("2026-10-25T00:59:58.5Z"), At("2026-10-25T01:29:57Z")]),
    ];

    /// <summary>The instant that a time in a zone means to the tracker: of two, the later.</summary>
    public static DateTimeOffset InstantOf(DateTime local, TimeZoneInfo zone) => new(
        local, zone.IsAmbiguousTime(local) ? zone.GetAmbiguousTimeOffsets(local).Min() : zone.GetUtcOffset(local));

    private static Func<TimeSpan, DateTimeOffset, TimeSpan> Ahead(double hours) => (_, _) => TimeSpan.FromHours(hours);

    private static Func<TimeSpan, DateTimeOffset, TimeSpan> At(string instant) =>
        (_, now) => DateTimeOffset.Parse(instant, CultureInfo.InvariantCulture) - now;
}
