using OperationTracker.Core.EventStore;

namespace OperationTracker.Tests.History;

/// <summary>Headers that another application wrote, or nobody, are read as far as they say something.</summary>
public sealed class EventOriginTests
{
    [Theory]
    [InlineData("""{"address":"a","user_agent":"b","change":[4,6],"schema":1}""", "a b 4-6 ours")]
    [InlineData("""{"change":[5,5],"schema":1}""", "  5-5 ours")]
    [InlineData("""{"change":[4,6]}""", "  4-6 foreign")]
    [InlineData("""{"address":"a\u0007b","user_agent":7}""", "ab  5-5 foreign")]
    [InlineData("""{"change":[6,7],"schema":1}""", "  5-5 foreign")]
    [InlineData("""{"change":[1,4],"schema":1}""", "  5-5 foreign")]
    [InlineData("""{"change":[0,9],"schema":1}""", "  5-5 foreign")]
    [InlineData("""{"change":[4],"schema":1}""", "  5-5 foreign")]
    [InlineData("""{"change":[4,5,6],"schema":1}""", "  5-5 foreign")]
    [InlineData("""{"change":["4","6"],"schema":1}""", "  5-5 foreign")]
    [InlineData("""{"change":[4.5,6],"schema":1}""", "  5-5 foreign")]
    [InlineData("""{"change":[4,1e400],"schema":1}""", "  5-5 foreign")]
    [InlineData("""{"change":{"0":4},"schema":1}""", "  5-5 foreign")]
    [InlineData("""{"change":[4,6],"schema":"1"}""", "  4-6 foreign")]
    [InlineData("[1]", "  5-5 foreign")]
    [InlineData("null", "  5-5 foreign")]
    [InlineData("{", "  5-5 foreign")]
    [InlineData("", "  5-5 foreign")]
    [InlineData(null, "  5-5 foreign")]
    public void What_cannot_be_read_is_taken_as_not_said(string? headers, string expected)
    {
        var origin = EventOrigin.Of(new StoredEvent(
            1, "a", 5, Guid.Empty, "note", "{}", DateTimeOffset.UnixEpoch, null, null, null, headers));

        var whose = origin.IsOurs ? "ours" : "foreign";
        $"{origin.Address} {origin.UserAgent} {origin.Change.First}-{origin.Change.Last} {whose}".ShouldBe(expected);
    }
}
