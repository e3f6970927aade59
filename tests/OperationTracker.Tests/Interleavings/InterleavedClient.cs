using OperationTracker.Core;
using OperationTracker.Core.EventStore;
using OperationTracker.Core.Operations;
using OperationTracker.Tests.Api;

namespace OperationTracker.Tests.Interleavings;

/// <summary>One client: some requests one after another, thrown by the dice, each to one of the nodes.</summary>
internal sealed class InterleavedClient(Schedule schedule, OperationService[] nodes, bool writes, int requests)
{
    private static readonly string[] Ids = ["a", "a", "a", "b"];
    private static readonly string[] Statuses =
        ["executing", "executing", "executing", "executing", "executing", "completed", "failed", "unexecuted"];

    private readonly List<Deed> _deeds = [];

    public int Actor { get; } = schedule.NewActor();

    public IReadOnlyList<Deed> Deeds => _deeds;

    public bool IsDone { get; private set; }

    /// <summary>Withdraws the request that is out.</summary>
    public CancellationTokenSource Leaves { get; private set; } = new();

    public async Task RunAsync()
    {
        await schedule.ParkAsync(Actor, "begins");
        for (var i = 0; i < requests; i++)
        {
            Leaves = new CancellationTokenSource();
            var node = nodes[schedule.Dice.Next(nodes.Length)];
            if (writes && schedule.Dice.Next(6) > 0) await PutAsync(node);
            else await GetAsync(node);
            await schedule.ParkAsync(Actor, "goes on");
        }

        IsDone = true;
    }

    private async Task GetAsync(OperationService node)
    {
        var deed = Begin(Ids[schedule.Dice.Next(Ids.Length)], null, PutCondition.None);
        var view = await node.GetAsync(OperationId.Parse(deed.Id), null, default);
        deed.Seen = view?.Document.ToArray();
        End(deed, Came.Read, view);
    }

    private async Task PutAsync(OperationService node)
    {
        var deed = Throw();
        try
        {
            var source = new ChangeSource(CorrelationId: deed.Number);
            var outcome = await node.PutAsync(OperationId.Parse(deed.Id), deed.Body, deed.Condition, source,
                Leaves.Token);
            var (came, view) = outcome switch
            {
                PutOutcome.Registered first => (Came.Changed, first.View),
                PutOutcome.Changed changed => (Came.Changed, changed.View),
                PutOutcome.Unchanged same => (Came.Unchanged, same.View),
                PutOutcome.TransitionRefused refused => (Came.Refused, refused.View),
                PutOutcome.VersionConflict conflict => (Came.ConditionFailed, conflict.View),
                _ => throw new InvalidOperationException($"{outcome}"),
            };
            End(deed, came, view);
        }
        catch (EventStoreException fault)
        {
            End(deed, fault.Failure == StoreFailure.OutcomeUnknown ? Came.Unknown : Came.NotStored, null);
        }
        catch (OperationCanceledException)
        {
            End(deed, Came.NotStored, null);
        }
    }

    /// <summary>A new document, or the last one again, as a sender does that got no good answer.</summary>
    private Deed Throw()
    {
        var last = _deeds.LastOrDefault(deed => deed.Body is not null);
        if (last is not null && schedule.Dice.Next(last.Came is Came.Unknown or Came.NotStored ? 2 : 6) == 0)
            return Begin(last.Id, last.Body, last.Condition);
        var id = Ids[schedule.Dice.Next(Ids.Length)];
        var status = Statuses[schedule.Dice.Next(Statuses.Length)];
        var body = Sample.Document(id, status, $"\"sub_status\":\"{Actor}.{_deeds.Count}\"").Bytes();
        var known = _deeds.LastOrDefault(deed => deed.Id == id && deed.ETag is not null)?.ETag;
        return Begin(id, body, schedule.Dice.Next(5) switch
        {
            0 => new PutCondition(ETags: [known ?? "\"0-\""]),
            1 => new PutCondition(MustNotExist: known is null),
            _ => PutCondition.None,
        });
    }

    private Deed Begin(string id, byte[]? body, PutCondition condition)
    {
        var deed = new Deed(Actor, id, body, condition, schedule.Now) { Number = $"{Actor}.{_deeds.Count}" };
        _deeds.Add(deed);
        return deed;
    }

    private void End(Deed deed, Came came, OperationView? view) => (deed.Came, deed.Returned, deed.Version, deed.ETag) =
        (came, schedule.Now, view?.DocumentVersion ?? 0, view?.ETag);
}
