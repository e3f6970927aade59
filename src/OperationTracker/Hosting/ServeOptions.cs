using OperationTracker.Postgres;
using OperationTracker.Postgres.Projections;

namespace OperationTracker.Hosting;

/// <summary>
/// What <c>optrack serve</c> was told, from its command line, the environment and its configuration file.
/// </summary>
internal sealed record ServeOptions
{
    /// <summary>The addresses to listen at.</summary>
    public IReadOnlyList<string> Urls { get; init; } = [DefaultUrl];

    /// <summary>The connection string of a PostgreSQL server; null for the tracker's own.</summary>
    public string? Database { get; init; }

    /// <summary>The schema of the tracker's tables.</summary>
    public SchemaName Schema { get; init; } = SchemaName.Default;

    /// <summary>The zone in which instants without an offset are read; null where they are refused.</summary>
    public TimeZoneInfo? TimeZone { get; init; }

    /// <summary>
    /// How long the readiness says no before the server stops to accept, so that load balancers notice.
    /// </summary>
    public TimeSpan DrainDelay { get; init; }

    /// <summary>
    /// Stored views that are compared with their events each second, beside the requests; 0 for none.
    /// </summary>
    public int VerifyRate { get; init; } = ProjectionWatch.DefaultRate;

    /// <summary>Whether log lines are JSON objects.</summary>
    public bool JsonLogs { get; init; }

    public const string DefaultUrl = "http://127.0.0.1:8080";
}
