using System.Globalization;
using OperationTracker.Torture.Checking;

namespace OperationTracker.Torture.Trials;

/// <summary>
/// <c>?at=</c> in the tracker's zone: what stood at the instant that the clock time means, which is the later one of
/// two. A clock time that never was is refused.
/// </summary>
internal static class LocalTimeCheck
{
    private const int Streams = 12;
    private const int ChangesEach = 3;

    public static async Task RunAsync(
        Trial trial, RestingReader reader, IReadOnlyList<StoredStream> streams, CancellationToken cancel)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(ClockScript.Zone);
        foreach (var stream in streams.Take(Streams))
        {
            foreach (var change in Random.Shared.GetItems(stream.Changes.ToArray(), ChangesEach))
            {
                var (local, instant) = After(change.At, zone);
                var then = stream.Changes.Last(other => other.At <= instant);
                var target = string.Create(
                    CultureInfo.InvariantCulture, $"/v1/operations/{stream.OperationId}?at={local:yyyyMMdd_HHmmss}");
                HistoryCheck.Compare(target, await reader.GetAsync(target, cancel), stream, then, trial.Violations);
                trial.Count(zone.IsAmbiguousTime(local) ? "clock times asked that came twice" : "clock times asked");
            }
        }

        var never = $"/v1/operations/{streams[0].OperationId}?at=20260329_023000";
        if (await reader.GetAsync(never, cancel) is { Status: not 400 } answer)
            trial.Violations.Add("history", $"{never}, a time that never was, was answered {answer.Status}");
    }

    /// <summary>
    /// The first whole second of the zone's clock from an instant on, and the instant that it means.
    /// </summary>
    private static (DateTime Local, DateTimeOffset Instant) After(DateTimeOffset at, TimeZoneInfo zone)
    {
        var past = at.Ticks % TimeSpan.TicksPerSecond;
        var whole = past == 0 ? at : at.AddTicks(TimeSpan.TicksPerSecond - past);
        var local = TimeZoneInfo.ConvertTime(whole, zone).DateTime;
        return (local, ClockScript.InstantOf(local, zone));
    }
}
