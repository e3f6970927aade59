using System.Text;
using System.Text.Json.Nodes;
using OperationTracker.Core.EventStore;
using OperationTracker.Core.Operations;

namespace OperationTracker.Tests.Operations;

/// <summary>Events whose form was once another, by a made-up history of forms.</summary>
public sealed class EventUpcastersTests
{
    /// <summary>
    /// In version 1 a sub-status was a number under another name; in version 2 the event had another name. Today is 3.
    /// </summary>
    private static readonly EventUpcasters MadeUp = new(
    [
        new EventUpcaster("sub_state_set", 1, data =>
        {
            data["text"] = $"state {data["number"]}";
            data.Remove("number");
            return data;
        }),
        new EventUpcaster(
            "sub_state_set", 2,
            data => new JsonObject
            {
                ["last_update_time"] = data["last_update_time"]!.DeepClone(),
                ["sub_status"] = data["text"]!.DeepClone(),
            },
            NewName: "sub_status_changed"),
    ], current: 3);

    [Theory]
    [InlineData(1, """{"last_update_time": "20261120_090000", "number": 7}""", "state 7")]
    [InlineData(2, """{"last_update_time": "20261120_090000", "text": "seven"}""", "seven")]
    public void An_old_event_is_read_as_todays(int version, string data, string becomes) =>
        Read("sub_state_set", data, version).ShouldBe(
            new SubStatusChanged { LastUpdateTime = "20261120_090000", SubStatus = becomes });

    [Theory]
    [InlineData("sub_state_set", """{"nothing": "of it"}""", 2)]
    [InlineData("sub_state_set", "[]", 1)]
    [InlineData("sub_state_set", """{"last_update_time": "x", "text": "seven"}""", 3)]
    [InlineData("sub_state_set", """{"last_update_time": "x", "text": "seven"}""", null)]
    public void What_is_no_such_event_folds_to_nothing(string name, string data, int? version) =>
        Read(name, data, version).ShouldBeNull();

    [Fact]
    public void Events_of_other_names_are_read_as_they_are_and_their_headers_not_at_all()
    {
        var data = Encoding.UTF8.GetBytes("""{"last_update_time": "20261120_090000", "sub_status": "ztp"}""");

        MadeUp.TryRead("sub_status_changed", data, "no JSON").ShouldBe(
            new SubStatusChanged { LastUpdateTime = "20261120_090000", SubStatus = "ztp" });
        MadeUp.IsKnown("sub_state_set").ShouldBeTrue();
        MadeUp.IsKnown("note_added").ShouldBeFalse();
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("{}", null)]
    [InlineData("[1]", null)]
    [InlineData("""{"schema": "1"}""", null)]
    [InlineData("no JSON", null)]
    [InlineData("""{"schema": 2, "change": [1, 1]}""", 2)]
    public void The_version_stands_in_the_headers(string? headers, int? version) =>
        ChangeHeaders.SchemaOf(headers).ShouldBe(version);

    [Fact]
    public void What_is_written_today_tells_todays_version() =>
        ChangeHeaders.SchemaOf(ChangeHeaders.Write(new ChangeSource(), 1, 1)).ShouldBe(
            OperationEventTypes.SchemaVersion);

    private static OperationEvent? Read(string name, string data, int? version) => MadeUp.TryRead(
        name, Encoding.UTF8.GetBytes(data), version is null ? null : $$"""{"schema": {{version}}}""");
}
