using OperationTracker.Core.Operations;

namespace OperationTracker.Cli;

/// <summary>What happened, in a line. Bodies of requests may hold device passwords and are left out.</summary>
internal static class EventSummary
{
    /// <summary>Longer texts are cut: a line is for an overview.</summary>
    private const int TextLimit = 60;

    public static string Of(OperationEvent? @event) => @event switch
    {
        OperationRegistered { Document: var document } => $"{document.Status.ToText()}, {Line(document.Request)}",
        StatusChanged changed => $"{changed.From.ToText()} → {changed.To.ToText()}{Line(changed.Response)}",
        SubStatusChanged { SubStatus: var text } =>
            text.HasValue ? PlainText.Cut(text.Value, TextLimit) : text.IsNull ? "null" : "gone",
        ClusterRequested cluster => $"cluster {cluster.ClusterId}: {Line(cluster.Request)}",
        ClusterResponded cluster => $"cluster {cluster.ClusterId}{Line(cluster.Response)}",
        RollbackRecorded rollback => rollback.Result.ToText(),
        RollbackClusterRequested cluster => $"cluster {cluster.ClusterId}: {Line(cluster.Request)}",
        RollbackClusterResponded cluster => $"cluster {cluster.ClusterId}{Line(cluster.Response)}",
        ResultCorrected corrected => $"{corrected.From.ToText()} → {corrected.To.ToText()}{Line(corrected.Response)}",
        DocumentAmended amended =>
            string.Join(' ', amended.Patch.Select(operation => $"{operation.Op} {operation.Path}")),
        UpdateRefused refused => $"{refused.From.ToText()} → {refused.To.ToText()} refused",
        _ => "",
    };

    private static string Line(OperationRequest request) => $"{request.Method.ToText()} {request.Uri}";

    private static string Line(OperationResponse? response) =>
        response is { StatusCode: { HasValue: true, Value: var code } } ? $", answer {code}" : "";
}
