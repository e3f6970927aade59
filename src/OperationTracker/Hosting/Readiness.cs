using System.Text.Json.Serialization;
using OperationTracker.Core.EventStore;
using OperationTracker.Postgres;
using OperationTracker.Postgres.Projections;

namespace OperationTracker.Hosting;

/// <summary>One part of the readiness, as <c>/health/ready</c> shows it.</summary>
internal sealed record ReadinessCheck(string Name, bool Ok, string Detail)
{
    /// <summary>
    /// Whether the node is not ready while it is not ok. What all nodes have in common, and serve none the less, must
    /// not take them all out of a load balancer.
    /// </summary>
    [JsonIgnore]
    public bool Gates { get; init; } = true;
}

/// <summary>
/// Whether this node can serve. The database is asked at most once a second, however often the readiness is.
/// </summary>
internal sealed class Readiness(
    TrackerDatabase database, PostgresEventStore store, TimeProvider clock, ProjectionWatch projection,
    Func<string?> embeddedProblem)
{
    private static readonly TimeSpan Freshness = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private Task<ReadinessCheck>? _asked;
    private long _askedAt;

    /// <summary>
    /// Why no request for operations is served yet; null once the schema is as this build expects it.
    /// </summary>
    public EventStoreException? NotServing { get; set; } =
        new(StoreFailure.Overloaded, "The tracker is starting.");

    /// <summary>Whether the node is on its way out.</summary>
    public bool Stopping { get; set; }

    public async Task<IReadOnlyList<ReadinessCheck>> CheckAsync(CancellationToken cancel)
    {
        var checks = new List<ReadinessCheck>
        {
            Stopping ? new("process", false, "stopping") : new("process", true, "running"),
            NotServing is { } fault
                ? new("schema", false, fault.Message)
                : new("schema", true, "as this build expects it"),
        };
        if (embeddedProblem() is { } problem)
            checks.Add(new ReadinessCheck("database", false, problem));
        else
            checks.Add(await AskDatabaseAsync().WaitAsync(cancel));
        // Documents can be read all the same, and another node has no other disk.
        checks.Add(store.AppendFailure is { } failure
            ? new ReadinessCheck(
                "append", false, $"the last PUT was not stored, or may not have been: {failure.Message}")
            { Gates = false }
            : new ReadinessCheck("append", true, "no failure since the last PUT that was stored"));
        checks.Add(new ReadinessCheck("projection", projection.Health.Ok, projection.Health.Detail) { Gates = false });
        return checks;
    }

    private Task<ReadinessCheck> AskDatabaseAsync()
    {
        lock (_lock)
        {
            if (_asked is null || (_asked.IsCompleted && clock.GetElapsedTime(_askedAt) > Freshness))
            {
                _askedAt = clock.GetTimestamp();
                _asked = AskAsync();
            }

            return _asked;
        }
    }

    private async Task<ReadinessCheck> AskAsync()
    {
        try
        {
            using var patience = new CancellationTokenSource(Patience, clock);
            var readOnly = await database.IsReadOnlyAsync(patience.Token);
            return new ReadinessCheck(
                "database", true, readOnly ? "read-only: GET is served, PUT is told to come back" : "answers");
        }
        catch (OperationCanceledException)
        {
            return new ReadinessCheck("database", false, "does not answer in time");
        }
        catch (Exception fault)
        {
            return new ReadinessCheck("database", false, TrackerDatabase.Explain(fault).Message);
        }
    }
}
