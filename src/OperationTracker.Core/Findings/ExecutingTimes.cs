using OperationTracker.Core.Operations;

namespace OperationTracker.Core.Findings;

/// <summary>How long operations of each kind (method and shape of the uri) were executing before they ended.</summary>
public sealed class ExecutingTimes
{
    /// <summary>Fewer ended operations than these say nothing about how long one may take.</summary>
    public const int Samples = 20;

    /// <summary>Kinds that are told apart; what more there are count as all together only.</summary>
    private const int Kinds = 1_000;

    private readonly Dictionary<(string Method, string Shape), DurationHistogram> _kinds = [];
    private readonly DurationHistogram _all = new();

    /// <summary>Counts an operation that is executing no more.</summary>
    public void Add(StateStay stay)
    {
        if (stay.State != OperationStatus.Executing)
            return;
        var kind = (stay.Method, UriShape.Of(stay.Uri));
        if (!_kinds.TryGetValue(kind, out var times) && _kinds.Count < Kinds)
            _kinds.Add(kind, times = new DurationHistogram());
        times?.Add(stay.Duration);
        _all.Add(stay.Duration);
    }

    /// <summary>
    /// The time within which 95 of 100 of its kind ended, or of all where its kind is too rare; null while too few have
    /// ended to say.
    /// </summary>
    public ExecutingBound? BoundOf(string method, string uri)
    {
        if (_kinds.TryGetValue((method, UriShape.Of(uri)), out var times) && times.Count >= Samples)
            return new ExecutingBound(times.QuantileSeconds(0.95), "p95 of its kind");
        return _all.Count >= Samples ? new ExecutingBound(_all.QuantileSeconds(0.95), "p95 of all") : null;
    }
}

/// <summary>How long an operation may be executing.</summary>
/// <param name="Seconds">The time.</param>
/// <param name="Basis">Where it comes from, in words.</param>
public sealed record ExecutingBound(double Seconds, string Basis);

/// <summary>The stay of an operation in a state that it has left.</summary>
/// <param name="State">The state.</param>
/// <param name="Duration">How long, by the times of the events that began and ended it.</param>
/// <param name="Method">The method of the operation's request, as it stands.</param>
/// <param name="Uri">The uri of the operation's request, as it stands.</param>
public sealed record StateStay(OperationStatus State, TimeSpan Duration, string Method, string Uri);

/// <summary>Stays from a bounded piece of the log, in the order in which they ended.</summary>
/// <param name="Stays">The stays.</param>
/// <param name="NextAfter">The position up to which was looked.</param>
/// <param name="AtEnd">Whether that was the log's end.</param>
public sealed record StayPage(IReadOnlyList<StateStay> Stays, long NextAfter, bool AtEnd);

/// <summary>An operation that is executing.</summary>
/// <param name="OperationId">Its id.</param>
/// <param name="OccurredTime">Its occurred_time, by which, then by id, such operations are ordered.</param>
/// <param name="Since">When it began to be, by the tracker's clock.</param>
/// <param name="Method">The method of its request.</param>
/// <param name="Uri">The uri of its request.</param>
public sealed record ExecutingOperation(
    string OperationId, string OccurredTime, DateTimeOffset Since, string Method, string Uri);
