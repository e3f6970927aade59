using Microsoft.Extensions.DependencyInjection;
using OperationTracker.Core.History;
using OperationTracker.Hosting;

namespace OperationTracker.Tests.History;

public sealed class InstantReaderTests
{
    private static readonly TimeZoneInfo Berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");

    [Theory]
    [InlineData("2026-11-20T09:00:00Z", "2026-11-20T09:00:00.000000Z", false)]
    [InlineData("2026-11-20t09:00:00z", "2026-11-20T09:00:00.000000Z", false)]
    [InlineData("2026-11-20T09:00:00.25+01:00", "2026-11-20T08:00:00.250000Z", false)]
    [InlineData("2026-11-20T09:00:00.123456000-00:00", "2026-11-20T09:00:00.123456Z", false)]
    [InlineData("2026-11-20T09:00:00.123456001Z", "2026-11-20T09:00:00.123456Z", true)]
    [InlineData("2026-11-20T09:00:00.999999999Z", "2026-11-20T09:00:00.999999Z", true)]
    [InlineData("2026-11-20T09:00:00+23:59", "2026-11-19T09:01:00.000000Z", false)]
    [InlineData("2026-11-20T09:00:00-23:59", "2026-11-21T08:59:00.000000Z", false)]
    [InlineData("2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000000Z", false)]
    [InlineData("0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00.000000Z", false)]
    [InlineData("9999-12-31T23:59:59-23:00", "9999-12-31T23:59:59.999999Z", true)]
    [InlineData("20260701_120000", "2026-07-01T10:00:00.000000Z", false)]
    [InlineData("20261225_120000", "2026-12-25T11:00:00.000000Z", false)]
    public void An_instant_is_read_to_the_microsecond(string text, string floor, bool isWithin)
    {
        var instant = new InstantReader(Berlin).Read(text, out var fault);

        fault.ShouldBeNull();
        OperationTracker.Api.EventWriter.Text(instant!.Value.Floor).ShouldBe(floor);
        (instant.Value.Ceiling > instant.Value.Floor).ShouldBe(isWithin && instant.Value.Floor.Year < 9999);
    }

    [Theory]
    [InlineData("")]
    [InlineData("now")]
    [InlineData("2026-11-20")]
    [InlineData("2026-11-20T09:00:00")]
    [InlineData("2026-11-20 09:00:00Z")]
    [InlineData("2026-11-20T09:00Z")]
    [InlineData("2026-11-20T09:00:00.Z")]
    [InlineData("2026-11-20T09:00:00.1234567890Z")]
    [InlineData("2026-11-20T09:00:00+01")]
    [InlineData("2026-11-20T09:00:00+0100")]
    [InlineData("2026-11-20T09:00:00+24:00")]
    [InlineData("2026-11-20T09:00:00+01:60")]
    [InlineData("2026-11-20T24:00:00Z")]
    [InlineData("2026-11-20T09:00:60Z")]
    [InlineData("2026-02-29T09:00:00Z")]
    [InlineData("0000-01-01T00:00:00Z")]
    [InlineData("2026-11-20T09:00:00Z\n")]
    [InlineData("٢٠٢٦-11-20T09:00:00Z")]
    [InlineData("20260230_000000")]
    [InlineData("20261120_240000")]
    [InlineData("1763629200")]
    public void What_is_no_instant_is_refused_with_the_rule(string text)
    {
        new InstantReader(Berlin).Read(text, out var fault).ShouldBeNull();
        fault.ShouldBe(InstantReader.Rule);
    }

    [Fact]
    public void Of_a_clock_time_that_came_twice_the_later_one_is_meant()
    {
        // Clocks went back from 03:00 +02:00 to 02:00 +01:00.
        Read("20261025_015959").ShouldBe("2026-10-24T23:59:59.000000Z");
        Read("20261025_020000").ShouldBe("2026-10-25T01:00:00.000000Z");
        Read("20261025_025959").ShouldBe("2026-10-25T01:59:59.000000Z");
        Read("20261025_030000").ShouldBe("2026-10-25T02:00:00.000000Z");
    }

    [Fact]
    public void A_clock_time_that_never_was_is_refused()
    {
        Read("20260329_015959").ShouldBe("2026-03-29T00:59:59.000000Z");
        Read("20260329_030000").ShouldBe("2026-03-29T01:00:00.000000Z");
        foreach (var text in new[] { "20260329_020000", "20260329_025959" })
        {
            new InstantReader(Berlin).Read(text, out var fault).ShouldBeNull();
            fault.ShouldBe("never was in Europe/Berlin: clocks were put forward over it");
        }
    }

    [Fact]
    public void Without_a_zone_clock_times_are_refused()
    {
        new InstantReader(null).Read("20260701_120000", out var fault).ShouldBeNull();
        fault.ShouldBe("has no offset, and the tracker was told no --time-zone to read it in");
        new InstantReader(null).Read("2026-07-01T12:00:00+02:00", out _).ShouldNotBeNull();
    }

    [Fact]
    public async Task The_tracker_reads_clock_times_in_the_zone_that_it_is_told()
    {
        await using var app = TrackerApp.Build(
            new ServeOptions { Urls = ["http://127.0.0.1:0"], TimeZone = Berlin }, "Host=unused");

        app.Services.GetRequiredService<InstantReader>().Read("20260701_120000", out _)
            .ShouldBe(new Instant(new DateTimeOffset(2026, 7, 1, 10, 0, 0, TimeSpan.Zero)));
    }

    private static string Read(string text) =>
        OperationTracker.Api.EventWriter.Text(new InstantReader(Berlin).Read(text, out _)!.Value.Floor);
}
