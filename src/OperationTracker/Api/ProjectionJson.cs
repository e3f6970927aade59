using System.Text.Json;
using System.Text.Json.Serialization;
using OperationTracker.Core.Operations;
using OperationTracker.Postgres.Projections;

namespace OperationTracker.Api;

/// <summary>
/// The JSON in which projections and their rebuilds are told, over HTTP and by the command line alike.
/// </summary>
internal static class ProjectionJson
{
    public static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    public static object Of(ProjectionState state) => new
    {
        state.Name,
        Kind = "inline",
        Version = state.Fingerprint,
        VersionOfThisBuild = OperationProjection.Fingerprint,
        state.IsOfThisBuild,
        state.BuiltAt,
        state.Position,
        Lag = 0,
        state.Behind,
        state.Rows,
        state.Bytes,
        state.VerifiedAt,
        state.VerifiedOperations,
        state.Differences,
        Rebuild = state.LastRebuild is { } rebuild ? Of(rebuild) : null,
    };

    public static object Of(RebuildProgress progress) => new
    {
        progress.Phase,
        progress.Streams,
        progress.StreamsTotal,
        progress.Events,
        progress.EventsTotal,
        progress.Rows,
        progress.Faults,
        EventsPerSecond = Math.Round(progress.EventsPerSecond),
        RemainingSeconds = progress.Remaining is { } left ? Math.Round(left.TotalSeconds, 1) : (double?)null,
        progress.Detail,
    };

    public static object Of(EventFault fault) => new
    {
        fault.OperationId, fault.Version, fault.Position, fault.Type, fault.Reason,
    };

    private static object Of(RebuildState rebuild) => new
    {
        rebuild.Id,
        rebuild.State,
        Version = rebuild.Fingerprint,
        Progress = Of(rebuild.Progress),
        rebuild.Host,
        rebuild.Process,
        rebuild.StartedAt,
        rebuild.UpdatedAt,
        rebuild.FinishedAt,
        rebuild.IsSilent,
        rebuild.CanBeResumed,
        LockMs = rebuild.LockMilliseconds,
        rebuild.Error,
    };
}
