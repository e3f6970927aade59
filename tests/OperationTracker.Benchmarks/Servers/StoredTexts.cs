using System.Text;
using OperationTracker.Benchmarks.Load;
using OperationTracker.Core.EventStore;
using OperationTracker.Core.Operations;

namespace OperationTracker.Benchmarks.Servers;

/// <summary>
/// What the tracker stores for the measured writes, made by its own code: one element for each step of an operation,
/// and a fifth one for an operation that stays in its third step and gets a sub_status.
/// </summary>
internal sealed record StoredTexts(
    string[] Documents, string[] Kinds, string[] DotNetTypes, string[] Data, string[] Statuses, string Headers)
{
    /// <summary>Stands in all texts where an operation has its id; an id itself, so that the domain takes it.</summary>
    public const string IdPlace = "operation-----id";

    public static StoredTexts Of(int documentBytes)
    {
        var texts = new StoredTexts(
            [], [], [], [], [], ChangeHeaders.Write(new ChangeSource("127.0.0.1", null, null), 1, 1));
        var state = OperationState.Initial;
        var waiting = state;
        foreach (var step in SampleDocuments.Steps(documentBytes))
        {
            waiting = state;
            (texts, state) = texts.With(state, Document(step));
        }

        return texts.With(waiting, waiting.Document! with { SubStatus = "waiting" }).Texts;
    }

    /// <summary>A sample as the domain reads it.</summary>
    public static OperationDocument Document(string sample) =>
        OperationJson.Read(Encoding.UTF8.GetBytes(sample.Replace(SampleDocuments.IdPlace, IdPlace))).Document
        ?? throw new InvalidOperationException("A sample document breaks the contract.");

    private (StoredTexts Texts, OperationState State) With(OperationState before, OperationDocument wanted)
    {
        if (OperationDecision.Of(before, wanted) is not OperationDecision.Change { Events: [var only] } change)
            throw new InvalidOperationException("A step of the samples is not one event.");
        var after = OperationProjection.Fold(before, change.Events);
        var texts = new StoredTexts(
            [.. Documents, Encoding.UTF8.GetString(OperationJson.Write(after.Document!))],
            [.. Kinds, OperationEventTypes.AliasOf(only)],
            [.. DotNetTypes, OperationEventTypes.DotNetTypeOf(only)],
            [.. Data, Encoding.UTF8.GetString(OperationEventTypes.Write(only))],
            [.. Statuses, wanted.Status.ToText()],
            Headers);
        return (texts, after);
    }
}
