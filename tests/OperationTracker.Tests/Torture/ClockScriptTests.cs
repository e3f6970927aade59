using System.Globalization;
using OperationTracker.Torture.Network;
using OperationTracker.Torture.Trials;

namespace OperationTracker.Tests.Torture;

public sealed class ClockScriptTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 6, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("20261025_023000", "2026-10-25T01:30:00Z")]
    [InlineData("20261025_015959", "2026-10-24T23:59:59Z")]
    [InlineData("20261025_030000", "2026-10-25T02:00:00Z")]
    [InlineData("20261122_070000", "2026-11-22T06:00:00Z")]
    public void Of_two_instants_with_one_clock_time_the_later_is_meant(string local, string instant) =>
        ClockScript.InstantOf(
            DateTime.ParseExact(local, "yyyyMMdd_HHmmss", CultureInfo.InvariantCulture),
            TimeZoneInfo.FindSystemTimeZoneById(ClockScript.Zone))
            .ShouldBe(DateTimeOffset.Parse(instant, CultureInfo.InvariantCulture));

    [Theory]
    [InlineData("forward an hour, and back", "+0 +3600 +0")]
    [InlineData("back an hour, and forward", "+0 -3600 +0")]
    public void A_clock_jumps_and_comes_back(string name, string offsets) => Offsets(name).ShouldBe(offsets);

    [Fact]
    public void A_leap_second_comes_twice()
    {
        var offsets = Of("over a leap second").Steps.Aggregate(
            new List<TimeSpan> { default }, (done, step) => [.. done, step(done[^1], Now)]);

        (Now + offsets[1]).ShouldBe(new DateTimeOffset(2016, 12, 31, 23, 59, 57, 500, TimeSpan.Zero));
        (offsets[2] - offsets[1]).ShouldBe(TimeSpan.FromSeconds(-1));
    }

    [Theory]
    [InlineData("/v1/operations/a?at=20261025_023000", true)]
    [InlineData("/v1/operations/a?version=3", true)]
    [InlineData("/v1/operations/a", false)]
    [InlineData("/v1/operations?as_of=20261025_023000", false)]
    public void A_gateway_that_lies_about_the_past_knows_it(string target, bool isPast)
    {
        var request = new HttpRequest("GET", target, "", []);
        (request.IsAboutThePast(), request.Path).ShouldBe((isPast, target.Split('?')[0]));
    }

    private static string Offsets(string name) => string.Join(' ', Of(name).Steps.Select(
        step => step(TimeSpan.Zero, Now).TotalSeconds.ToString("+0;-0;+0", CultureInfo.InvariantCulture)));

    private static ClockScript Of(string name) => ClockScript.All.Single(script => script.Name == name);
}
