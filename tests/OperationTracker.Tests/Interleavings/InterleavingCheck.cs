using System.Globalization;
using System.Text.Json.Nodes;
using OperationTracker.Core;
using OperationTracker.Core.EventStore;
using OperationTracker.Core.Operations;
using OperationTracker.Torture.Checking;

namespace OperationTracker.Tests.Interleavings;

/// <summary>What must hold after each run, in whatever order its steps were taken.</summary>
internal sealed class InterleavingCheck
{
    private static readonly string[] Order = ["unexecuted", "executing", "completed"];

    private readonly Interleaving _run;
    private readonly List<Change> _changes = [];
    private readonly Dictionary<string, JsonObject[]> _documents = [];

    private InterleavingCheck(Interleaving run) => _run = run;

    /// <summary>What one request brought: its events, and the document before and after them.</summary>
    private sealed record Change(string Number, string Id, StoredEvent[] Events, JsonObject? Before, JsonObject? After)
    {
        public bool IsRecordOfRefusal => Events is [{ Type: "update_refused" }];

        public long Last => Events[^1].Version;
    }

    /// <summary>What is wrong with a run; null when nothing is.</summary>
    public static string? FaultOf(Interleaving run) => run.Fault ?? new InterleavingCheck(run).FindFault();

    private string? FindFault()
    {
        var log = _run.Database.Tables.ReadLogAsync(0, 1000, default).Result;
        foreach (var stream in log.GroupBy(item => item.StreamId))
            if (FaultOfStream(stream.Key, [.. stream]) is { } fault) return fault;
        return _run.Deeds.Select(FaultOfDeed).FirstOrDefault(fault => fault is not null)
            ?? _changes.Where(change => _run.Deeds.All(deed => deed.Number != change.Number))
                .Select(change => $"nobody asked for {change.Number}").FirstOrDefault()
            ?? FaultOfSerialRun();
    }

    private string? FaultOfStream(string id, StoredEvent[] events)
    {
        if (events.Where((item, i) => item.Version != i + 1).Any()) return $"{id}: versions are not 1 to n";
        JsonObject? document = null;
        var documents = new List<JsonObject>();
        foreach (var change in events.GroupBy(item => item.CausationId))
        {
            var before = documents.LastOrDefault();
            foreach (var item in change)
            {
                document = EventFold.Apply(document, item.Type, JsonNode.Parse(item.Data)!.AsObject());
                documents.Add(document!.DeepClone().AsObject());
            }

            _changes.Add(new Change(change.First().CorrelationId!, id, [.. change], before, documents[^1]));
        }

        _documents[id] = [.. documents];
        var view = _run.Database.Tables.FindAsync(OperationId.Parse(id), null, default).Result!;
        return !JsonNode.DeepEquals(JsonNode.Parse(view.Document.Span), document)
            ? $"{id}: the view is not the fold" : null;
    }

    private string? FaultOfDeed(Deed deed)
    {
        var fault = deed.Body is null
            ? FaultOfRead(deed)
            : FaultOfPut(deed, [.. _changes.Where(change => change.Number == deed.Number)]);
        fault ??= FaultOfTime(deed);
        return fault is null ? null : $"{deed}: {fault}";
    }

    private string? FaultOfPut(Deed deed, Change[] changes)
    {
        if (changes.Length > 1) return "was appended twice";
        if (changes is [var change]
            && (change.IsRecordOfRefusal ? FaultOfRefusal(change) : FaultOfChange(deed, change)) is { } fault)
            return fault;
        return deed.Came switch
        {
            Came.Changed when changes.Length == 0 || changes[0].IsRecordOfRefusal =>
                "was acknowledged and does not stand",
            Came.Changed when changes[0].Last != deed.Version => $"stands at {changes[0].Last}",
            Came.Unchanged or Came.ConditionFailed or Came.NotStored when changes.Length > 0 =>
                "was appended all the same",
            Came.Unchanged when !IsDocument(deed.Id, deed.Version, deed.Body!) => "did not stand",
            Came.Refused when changes.Length > 0 && !changes[0].IsRecordOfRefusal => "was refused and stands",
            _ => null,
        };
    }

    private static string? FaultOfChange(Deed deed, Change change)
    {
        if (!JsonNode.DeepEquals(change.After, JsonNode.Parse(deed.Body))) return "the fold is not the document sent";
        if (change.Before is null
            ? deed.Condition.MustExist || deed.Condition.ETags is not null : deed.Condition.MustNotExist)
            return "its condition did not hold";
        if (change.Before is null) return null;
        if (StatusOf(change.After!) < StatusOf(change.Before)) return "the status went back";
        return JsonNode.DeepEquals(change.Before, change.After) ? "appended what stood" : null;
    }

    private static string? FaultOfRefusal(Change change) =>
        JsonNode.DeepEquals(change.Before, change.After) ? null : "a refusal changed the document";

    private string? FaultOfRead(Deed deed) => deed.Seen is null
        ? null
        : IsDocument(deed.Id, deed.Version, deed.Seen) ? null : "is not what stands at its version";

    /// <summary>Nobody sees less than what was told before he asked, or a change that was not asked for yet.</summary>
    private string? FaultOfTime(Deed deed)
    {
        if (deed.Came is Came.Unknown or Came.NotStored) return null;
        var told = _run.Deeds.Where(other => other.Id == deed.Id && other.Returned < deed.Invoked)
            .Select(other => other.Version).DefaultIfEmpty().Max();
        if (deed.Version < told || (deed.Came == Came.Changed && deed.Version == told))
            return $"{told} had been told before";
        if (deed.Came == Came.ConditionFailed && deed.Condition.ETags?.Contains(deed.ETag ?? "") == true)
            return "its condition held";
        var change = _changes.FirstOrDefault(change => change.Id == deed.Id && change.Last == deed.Version);
        return change is not null && _run.Deeds.Any(other => other.Number == change.Number
            && other.Invoked >= deed.Returned)
            ? "it came before it was asked for"
            : null;
    }

    private bool IsDocument(string id, long version, byte[] body) =>
        _documents.TryGetValue(id, out var documents) && version >= 1 && version <= documents.Length
        && JsonNode.DeepEquals(documents[version - 1], JsonNode.Parse(body));

    /// <summary>
    /// One after another, in the order of the log, the same wishes make the same events and documents.
    /// </summary>
    private string? FaultOfSerialRun()
    {
        var store = new MemoryEventStore(TimeProvider.System);
        var service = new OperationService(store);
        foreach (var change in _changes.OrderBy(change => change.Events[0].Position))
        {
            var deed = _run.Deeds.First(deed => deed.Number == change.Number);
            _ = service.PutAsync(
                OperationId.Parse(deed.Id), deed.Body, PutCondition.None,
                new ChangeSource(CorrelationId: deed.Number), default).Result;
        }

        return Text(store) == Text(_run.Database.Tables)
            ? null : "one after another, the same wishes make other events";

        static string Text(MemoryEventStore store) =>
            string.Join('\n', store.ReadLogAsync(0, 1000, default).Result.Select(item =>
                string.Create(CultureInfo.InvariantCulture,
                    $"{item.Position} {item.StreamId} {item.Version} {item.Type} {item.Data} {item.CorrelationId}")));
    }

    private static int StatusOf(JsonObject document) =>
        Array.IndexOf(Order, document["status"]!.GetValue<string>()) is >= 0 and var place ? place : 2;
}
