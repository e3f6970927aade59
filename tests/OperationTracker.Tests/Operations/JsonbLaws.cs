using System.Text;
using Npgsql;
using NpgsqlTypes;
using OperationTracker.Core.Operations;

namespace OperationTracker.Tests.Operations;

/// <summary>The law of arrival where events have been through jsonb, which sorts keys and rewrites numbers.</summary>
public sealed class JsonbLaws : IAsyncLifetime
{
    private const int SequencesATrip = 200;

    private string _database = "";

    public async Task InitializeAsync() => _database = await PostgresServer.CreateDatabaseAsync();

    public Task DisposeAsync() => PostgresServer.DropDatabaseAsync(_database);

    [Fact]
    public void Arrival_and_every_event_outlive_jsonb()
    {
        using var session = new NpgsqlConnection(_database);
        session.Open();
        Law.Check(DocumentGenerator.Batches(SequencesATrip), batch =>
        {
            var puts = batch.SelectMany(Puts).ToArray();
            var sent = puts.SelectMany(put => put.Events).ToArray();
            var state = OperationState.Initial;
            var stored = new Queue<OperationEvent?>(RoundTrip(session, sent));
            foreach (var (wanted, isFirst, events) in puts)
            {
                if (isFirst)
                    state = OperationState.Initial;
                foreach (var @event in events)
                {
                    var came = stored.Dequeue();
                    came.ShouldBe(@event);
                    TextOf(came!).ShouldBe(TextOf(@event));
                    state = OperationProjection.Apply(state, came);
                }

                if (wanted is not null)
                    state.Document.ShouldBe(wanted);
            }
        }, Math.Max(1, Law.Cases / SequencesATrip));
    }

    /// <summary>Events that are equal may differ in the order of unknown members; their texts may not.</summary>
    private static string TextOf(OperationEvent @event) => Encoding.UTF8.GetString(OperationEventTypes.Write(@event));

    /// <summary>The events of each PUT, and the document that it wants; null when it is refused.</summary>
    private static IEnumerable<(OperationDocument? Wanted, bool IsFirst, ValueList<OperationEvent> Events)> Puts(
        DocumentSequence sequence)
    {
        var state = OperationState.Initial;
        foreach (var wanted in sequence.Documents)
        {
            var decision = OperationDecision.Of(state, wanted);
            var events = decision.Events();
            yield return (decision is OperationDecision.Refusal ? null : wanted, state.Version == 0, events);
            state = OperationProjection.Fold(state, events);
        }
    }

    private static List<OperationEvent?> RoundTrip(NpgsqlConnection session, OperationEvent[] events)
    {
        using var command = new NpgsqlCommand(
            "select data::text from unnest($1) with ordinality as sent (data, place) order by place", session);
        command.Parameters.Add(new NpgsqlParameter
        {
            Value = events.Select(OperationEventTypes.Write).ToArray(),
            NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Jsonb,
        });
        using var rows = command.ExecuteReader();
        var stored = new List<OperationEvent?>();
        while (rows.Read())
        {
            var alias = OperationEventTypes.AliasOf(events[stored.Count]);
            stored.Add(OperationEventTypes.TryRead(alias, rows.GetString(0)));
        }

        return stored;
    }
}
