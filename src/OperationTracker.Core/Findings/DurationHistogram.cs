namespace OperationTracker.Core.Findings;

/// <summary>
/// How long things took, in bounded memory: durations are counted in buckets, each a fiftieth wider than the one
/// before, so a quantile is told to within 2 % of itself. Counts of pages are added up.
/// </summary>
public sealed class DurationHistogram
{
    private const double Growth = 1.02;

    /// <summary>The first bucket ends here; what is shorter is in it.</summary>
    private const double Shortest = 0.000_001;

    private readonly SortedDictionary<int, long> _buckets = [];

    /// <summary>How many.</summary>
    public long Count { get; private set; }

    /// <summary>The longest, in seconds; 0 while there are none.</summary>
    public double MaxSeconds { get; private set; }

    /// <summary>The buckets that hold any, shortest first.</summary>
    public IEnumerable<DurationBucket> Buckets =>
        _buckets.Select(bucket => new DurationBucket(bucket.Key, bucket.Value));

    /// <summary>Counts a duration; a negative one, of clocks that went back, as none at all.</summary>
    public void Add(TimeSpan duration)
    {
        var seconds = Math.Max(duration.TotalSeconds, 0);
        var bucket = seconds <= Shortest ? 0 : (int)Math.Ceiling(Math.Log(seconds / Shortest, Growth));
        Add(new DurationBucket(bucket, 1), seconds);
    }

    /// <summary>Adds a bucket of another histogram.</summary>
    /// <param name="bucket">The bucket.</param>
    /// <param name="maxSeconds">The longest duration of that histogram.</param>
    public void Add(DurationBucket bucket, double maxSeconds)
    {
        _buckets[bucket.Number] = _buckets.GetValueOrDefault(bucket.Number) + bucket.Count;
        Count += bucket.Count;
        MaxSeconds = Math.Max(MaxSeconds, maxSeconds);
    }

    /// <summary>The seconds within which this part of all ended, from 0 to 1; 0 while there are none.</summary>
    public double QuantileSeconds(double part)
    {
        var wanted = Math.Max((long)Math.Ceiling(part * Count), 1);
        foreach (var (number, count) in _buckets)
        {
            wanted -= count;
            if (wanted <= 0)
                return Math.Min(Shortest * Math.Pow(Growth, number), MaxSeconds);
        }

        return 0;
    }
}

/// <summary>Some durations that are alike: from 1.02^(number - 1) to 1.02^number microseconds.</summary>
public readonly record struct DurationBucket(int Number, long Count);
