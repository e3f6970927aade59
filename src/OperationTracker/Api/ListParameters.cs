using OperationTracker.Core.EventStore;
using OperationTracker.Core.History;
using OperationTracker.Core.Operations;

namespace OperationTracker.Api;

/// <summary>What a request for the list asks for.</summary>
/// <param name="Detailed">Documents without bodies, or ids only.</param>
/// <param name="Filter">Which operations.</param>
/// <param name="After">Where the page begins; null for the beginning.</param>
/// <param name="Limit">Operations of the page; null for all there are.</param>
/// <param name="AsOf">The instant whose list it is; null for now.</param>
internal sealed record ListParameters(
    bool Detailed, OperationFilter Filter, ListPosition? After, int? Limit, DateTimeOffset? AsOf)
{
    private const int MaxLimit = 1000;

    /// <summary>Operations of a page when the client names a token and no limit.</summary>
    private const int DefaultLimit = 100;

    /// <summary>
    /// Reads the query. All its faults are told, each by its parameter's name; unknown parameters are ignored.
    /// </summary>
    public static ListParameters? Read(QueryString query, InstantReader instants, List<DocumentFault> faults)
    {
        var reader = new QueryReader(query, faults);
        var format = reader.Word("format", ["list", "detail-list"]);
        var filter = new OperationFilter
        {
            Statuses = [.. reader.Words("status", Words<OperationStatus>(OperationStatuses.ToText))
                .Select(index => (OperationStatus)index)],
            ClusterId = reader.Text("cluster_id", 1, OperationLimits.ClusterIdLength),
            Method = (RequestMethod?)reader.Word("method", Words<RequestMethod>(RequestMethods.ToText)),
            UriPrefix = reader.Text("uri"),
            OccurredFrom = reader.Time("occurred_from"),
            OccurredTo = reader.Time("occurred_to"),
            UpdatedFrom = reader.Time("updated_from"),
            UpdatedTo = reader.Time("updated_to"),
        };
        var asOf = reader.Instant("as_of", instants)?.Floor;
        var limit = (int?)reader.Number("limit", 1, MaxLimit);
        ListPosition? after = null;
        if (reader.Text("page_token") is { } token)
        {
            after = PageToken.Read(token, filter, asOf);
            limit ??= DefaultLimit;
            if (after is null)
                reader.Fault("page_token", "is not a token of this list with these filters");
        }

        return faults.Count == 0 ? new ListParameters(format == 1, filter, after, limit, asOf) : null;
    }

    private static string[] Words<T>(Func<T, string> toText)
        where T : struct, Enum => [.. Enum.GetValues<T>().Select(toText)];
}
