using OperationTracker.Core.Operations;

namespace OperationTracker.Core.EventStore;

/// <summary>Which operations to list. Absent parts do not narrow the list; the others must all hold.</summary>
public sealed record OperationFilter
{
    /// <summary>The filter that lets everything pass.</summary>
    public static OperationFilter None { get; } = new();

    /// <summary>One of these statuses; empty for any.</summary>
    public ValueList<OperationStatus> Statuses { get; init; } = [];

    /// <summary>A cluster in target_clusters, or in those of the rollback.</summary>
    public string? ClusterId { get; init; }

    /// <summary>The method of the operation's request.</summary>
    public RequestMethod? Method { get; init; }

    /// <summary>What the uri of the operation's request begins with.</summary>
    public string? UriPrefix { get; init; }

    /// <summary>occurred_time from this on, in the contract's form.</summary>
    public string? OccurredFrom { get; init; }

    /// <summary>occurred_time before this.</summary>
    public string? OccurredTo { get; init; }

    /// <summary>last_update_time from this on.</summary>
    public string? UpdatedFrom { get; init; }

    /// <summary>last_update_time before this.</summary>
    public string? UpdatedTo { get; init; }
}

/// <summary>A place in the list: after the operation of this time and id.</summary>
public sealed record ListPosition(string OccurredTime, string OperationId);

/// <summary>One page of the list.</summary>
/// <param name="Filter">Which operations.</param>
/// <param name="After">Where the page begins; null for the list's beginning.</param>
/// <param name="Limit">
/// Most operations on the page. A page of documents may hold fewer though more follow, never none.
/// </param>
/// <param name="AsOf">
/// The list as it stood then, events of the instant included, in whole microseconds; null for what stands.
/// </param>
public sealed record OperationListQuery(
    OperationFilter Filter, ListPosition? After, int Limit, DateTimeOffset? AsOf = null)
{
    /// <summary>Whether documents come as <see cref="DocumentSummary"/> makes them, without their bodies.</summary>
    public bool Summarizes { get; init; }

    /// <summary>The bytes of a document as they are asked for; empty where a summary could not be made.</summary>
    public ReadOnlyMemory<byte> DocumentOf(byte[] document) => Summarizes ? DocumentSummary.Of(document) : document;
}

/// <summary>One page of the list, as the text that an answer is made of.</summary>
/// <param name="Count">How many operations.</param>
/// <param name="Json">Their JSON values with commas between, UTF-8; empty when there are none.</param>
/// <param name="Last">The place after the last one; null when there are none.</param>
/// <param name="IsMore">Whether more follow, where that came with the page.</param>
public sealed record OperationListPage(int Count, ReadOnlyMemory<byte> Json, ListPosition? Last, bool? IsMore = null);

/// <summary>An operation in the list.</summary>
/// <param name="OperationId">Its id.</param>
/// <param name="OccurredTime">Its occurred_time, by which, then by id, the list is ordered.</param>
/// <param name="LastUpdateTime">Its last_update_time.</param>
/// <param name="Status">Its status.</param>
/// <param name="Document">
/// Its document as GET serves it, or without bodies where the query asked for that; empty where it cannot be read.
/// </param>
public sealed record OperationListItem(
    string OperationId, string OccurredTime, string LastUpdateTime, string Status, ReadOnlyMemory<byte> Document)
{
    /// <summary>The place after this operation.</summary>
    public ListPosition Position => new(OccurredTime, OperationId);
}
