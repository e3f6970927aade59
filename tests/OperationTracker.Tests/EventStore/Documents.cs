using System.Text;
using OperationTracker.Core.EventStore;
using OperationTracker.Core.Operations;

namespace OperationTracker.Tests.EventStore;

/// <summary>Small documents for tests whose subject is the store.</summary>
internal static class Documents
{
    public static OperationId Id(string id) => OperationId.Parse(id);

    public static OperationDocument Document(
        string id, OperationStatus status = OperationStatus.Executing, string? note = null, string body = "{}")
    {
        var time = "20261120_090000";
        return new OperationDocument
        {
            OperationId = id,
            OccurredTime = time,
            LastUpdateTime = time,
            Status = status,
            SubStatus = note is null ? Optional<string>.Absent : note,
            Request = new OperationRequest { Uri = "/v1/clusters/1", Method = RequestMethod.Post, Body = body },
            Response = status.IsFinal()
                ? new OperationResponse { StatusCode = 200, Body = "" }
                : Optional<OperationResponse>.Absent,
        };
    }

    public static TargetCluster Cluster(string id) => new()
    {
        ClusterId = id, Request = new OperationRequest { Uri = "/", Method = RequestMethod.Put, Body = "" },
    };

    public static byte[] Json(OperationDocument document) => OperationJson.Write(document);

    public static string Text(this OperationView? view) =>
        view is null ? "" : Encoding.UTF8.GetString(view.Document.Span);

    public static string Text(this OperationListItem item) => Encoding.UTF8.GetString(item.Document.Span);

    /// <summary>The change that makes <paramref name="document"/> the one that stands.</summary>
    public static ProposedChange Wish(OperationDocument document, ChangeSource? source = null) => new(
        Id(document.OperationId),
        state => OperationDecision.Of(state, document) is OperationDecision.Change change ? change.Events : [],
        source ?? new ChangeSource());

    public static Task<AppendOutcome> PutAsync(this IEventStore store, OperationDocument document) =>
        store.AppendAsync(Wish(document), CancellationToken.None);
}
