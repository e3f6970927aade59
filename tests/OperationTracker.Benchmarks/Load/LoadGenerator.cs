using System.Diagnostics;

namespace OperationTracker.Benchmarks.Load;

/// <summary>
/// Sends a workload and measures the answers, on one thread. In an open loop the requests are due at fixed times,
/// whether earlier ones are answered or not, and each latency counts from then: a server that stands still for a second
/// is seen in the latency of every request that was due in that second, sent or not.
/// </summary>
internal sealed class LoadGenerator : IDisposable
{
    /// <summary>
    /// How long answers are waited for after the measured part; in an open loop all that was due is sent.
    /// </summary>
    private static readonly TimeSpan Drain = TimeSpan.FromSeconds(20);

    private static readonly long Began = Stopwatch.GetTimestamp();

    private readonly LoadPlan _plan;
    private readonly ILoadWorkload _workload;
    private readonly Epoll _epoll = new();
    private readonly LoadConnection[] _connections;
    private readonly Queue<LoadConnection> _idle = new();
    private readonly List<long> _latencies = new(1 << 20);
    private readonly SortedDictionary<int, long> _statuses = [];
    private long _start;
    private long _measureFrom;
    private long _measureTo;
    private long _lookAt;
    private long _due;
    private long _answers;
    private long _allAnswers;

    public LoadGenerator(LoadPlan plan, ILoadWorkload workload)
    {
        (_plan, _workload) = (plan, workload);
        _connections = [.. Enumerable.Range(0, plan.Connections).Select(key => new LoadConnection(
            plan.Targets[key % plan.Targets.Count], _epoll, key, workload.LargestRequest))];
        foreach (var connection in _connections)
            _idle.Enqueue(connection);
    }

    public LoadResult Run()
    {
        // What is compiled now is not compiled in the middle of the load, on the thread that sends it.
        _ = CpuMeter.Read(_plan.Watched).PerAnswer(CpuMeter.Read(_plan.Watched), 1);
        _start = Now();
        _measureFrom = _start + _plan.WarmUp.Ticks;
        _measureTo = _measureFrom + _plan.Duration.Ticks;
        CpuMeter? before = null;
        CpuMeter? after = null;
        var keys = new int[_connections.Length];
        for (var now = _start; !IsDone(now); now = Now())
        {
            EndWithProcess(now);
            if (before is null && now >= _measureFrom)
                before = CpuMeter.Read(_plan.Watched);
            if (after is null && now >= _measureTo)
                after = CpuMeter.Read(_plan.Watched);
            Send(now);
            foreach (var key in _epoll.Wait(Pause(), keys))
                Receive(_connections[key]);
        }

        return Summarise(before ?? CpuMeter.Read(_plan.Watched), after ?? CpuMeter.Read(_plan.Watched));
    }

    public void Dispose()
    {
        foreach (var connection in _connections)
            connection.Dispose();
        _epoll.Dispose();
    }

    /// <summary>
    /// Ticks since this process began to measure; ticks since the machine's start times their number a second is no 64
    /// bits.
    /// </summary>
    private static long Now() => Stopwatch.GetElapsedTime(Began).Ticks;

    /// <summary>Looks now and then whether the process that the load is for has ended.</summary>
    private void EndWithProcess(long now)
    {
        if (_plan.Until is not { } process || now < _lookAt)
            return;
        _lookAt = now + (TimeSpan.TicksPerSecond / 20);
        if (!ProcessFigures.IsRunning(process))
            _measureTo = Math.Min(_measureTo, Math.Max(now, _measureFrom + 1));
    }

    private bool IsDone(long now) => now >= _measureTo
        && ((_idle.Count == _connections.Length && !HasOneDue(_measureTo)) || now >= _measureTo + Drain.Ticks);

    private void Send(long now)
    {
        for (var tries = _idle.Count; tries > 0 && HasOneDue(now); tries--)
        {
            var connection = _idle.Dequeue();
            if (connection.TryBegin(_workload, _plan.Rate is null ? Now() : DueAt(_due)))
                _due++;
            else
                _idle.Enqueue(connection);
        }
    }

    private void Receive(LoadConnection connection)
    {
        if (!connection.Continue())
            return;
        var now = Now();
        _workload.Complete(connection.Number);
        _idle.Enqueue(connection);
        _allAnswers++;
        _statuses[connection.Status] = _statuses.GetValueOrDefault(connection.Status) + 1;
        if (now >= _measureFrom && now < _measureTo)
            _answers++;
        if (IsMeasured(connection.IntendedAt, now))
            _latencies.Add(now - connection.IntendedAt);
    }

    /// <summary>In an open loop what was due in the measured part, however late it was answered.</summary>
    private bool IsMeasured(long intendedAt, long answeredAt)
    {
        var at = _plan.Rate is null ? answeredAt : intendedAt;
        return at >= _measureFrom && at < _measureTo;
    }

    private long DueAt(long request) =>
        _start + (long)(request * TimeSpan.TicksPerSecond / _plan.Rate.GetValueOrDefault(1));

    /// <summary>Whether a request should be on its way by now. None is due after the measured part.</summary>
    private bool HasOneDue(long now) =>
        _plan.Rate is null ? now < _measureTo : DueAt(_due) <= now && DueAt(_due) < _measureTo;

    /// <summary>
    /// Until the next request is due, if it could be sent then. What is late and may not be sent yet, because its
    /// predecessor is out, waits for an answer; the shortest pause keeps that from using up the processor.
    /// </summary>
    private TimeSpan Pause()
    {
        const long Shortest = 10 * TimeSpan.TicksPerMicrosecond;
        const long Longest = 20 * TimeSpan.TicksPerMillisecond;
        var isTimed = _plan.Rate is not null && _idle.Count > 0 && DueAt(_due) < _measureTo;
        return TimeSpan.FromTicks(isTimed ? Math.Clamp(DueAt(_due) - Now(), Shortest, Longest) : Longest);
    }

    private LoadResult Summarise(CpuMeter before, CpuMeter after)
    {
        var unanswered = 0L;
        foreach (var connection in _connections.Except(_idle))
            AddUnanswered(connection.IntendedAt);
        for (; _plan.Rate is not null && DueAt(_due) < _measureTo; _due++)
            AddUnanswered(DueAt(_due));
        return new LoadResult
        {
            Rate = _answers / TimeSpan.FromTicks(_measureTo - _measureFrom).TotalSeconds,
            Answers = _answers,
            AllAnswers = _allAnswers,
            Latency = LatencySummary.Of(_latencies),
            Statuses = _statuses,
            Unanswered = unanswered,
            CpuMicroseconds = after.PerAnswer(before, _answers),
        };

        void AddUnanswered(long intendedAt)
        {
            unanswered++;
            _latencies.Add(Now() - intendedAt);
        }
    }
}
