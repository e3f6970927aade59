using OperationTracker.Core.EventStore;
using OperationTracker.Core.History;
using OperationTracker.Core.Operations;

namespace OperationTracker.Core.Findings;

/// <summary>A result that an operation was told to have.</summary>
/// <param name="Version">The version at which it was told; what stood then has all of it.</param>
/// <param name="Time">When the tracker heard of it.</param>
/// <param name="Status">The final status.</param>
/// <param name="StatusCode">The answer's status code, where there is one.</param>
public sealed record ToldResult(long Version, DateTimeOffset Time, OperationStatus Status, int? StatusCode);

/// <summary>A final state that was corrected later.</summary>
/// <param name="Event">The correction.</param>
/// <param name="First">The result that was told first, which others may have acted on.</param>
/// <param name="Corrected">The result that this correction tells.</param>
public sealed record CorrectedResult(StoredEvent Event, ToldResult First, ToldResult Corrected);

/// <summary>
/// Findings that stand in single events of the log, made of them and, where that is needed, of their streams.
/// </summary>
public static class LogFindings
{
    /// <summary>The kind of refused updates.</summary>
    public const string RefusedKind = "update_refused";

    /// <summary>The kind of corrections.</summary>
    public const string CorrectedKind = "result_corrected";

    /// <summary>The kind among which identity clashes are.</summary>
    public const string AmendedKind = "document_amended";

    /// <summary>
    /// The places of the operation's identity that an amendment changed: another request, or another occurred_time,
    /// under the same id. Two controllers that use the same ids do that. Empty for any other event.
    /// </summary>
    public static IReadOnlyList<ChangedPlace> Clash(OperationEvent? @event) => @event is DocumentAmended amended
        ? [.. amended.Patch.Where(operation => IsIdentity(operation.Path))
            .Select(operation => new ChangedPlace(operation.Op, operation.Path))]
        : [];

    /// <summary>
    /// What was told first and what <paramref name="correction"/> tells, from the stream's events up to it; null when
    /// it corrected nothing, as another application's may.
    /// </summary>
    /// <exception cref="EventStoreException">The store could not answer.</exception>
    public static async Task<CorrectedResult?> CorrectedAsync(
        OperationHistory history, StoredEvent correction, CancellationToken cancel)
    {
        if (!OperationId.TryParse(correction.StreamId, out var id))
            return null;
        ToldResult? first = null;
        ToldResult? last = null;
        await foreach (var (@event, state) in history.StatesAsync(id, cancel).ConfigureAwait(false))
        {
            if (state.Document is { } document && document.Status.IsFinal() && state.DocumentVersion == state.Version)
            {
                last = new ToldResult(
                    @event.Version, @event.Timestamp, document.Status,
                    document.Response.Value?.StatusCode is { HasValue: true, Value: var code } ? code : null);
                first ??= last;
            }

            if (@event.Version >= correction.Version)
                break;
        }

        return first is not null && last is not null && last.Version == correction.Version
            && first.Version < last.Version
            ? new CorrectedResult(correction, first, last)
            : null;
    }

    private static bool IsIdentity(string path) =>
        path is "/request" or "/occurred_time" || path.StartsWith("/request/", StringComparison.Ordinal);
}
