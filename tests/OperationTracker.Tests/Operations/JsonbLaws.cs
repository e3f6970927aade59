using Npgsql;
using NpgsqlTypes;
using OperationTracker.Core.Operations;

namespace OperationTracker.Tests.Operations;

/// <summary>The law of arrival where the events have been through PostgreSQL's jsonb, which sorts keys and rewrites numbers.</summary>
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
                    state = OperationProjection.Apply(state, came);
                }

                if (wanted is not null)
                    state.Document.ShouldBe(wanted);
            }
        }, Math.Max(1, Law.Cases / SequencesATrip));
    }

    /// <summary>The events of each PUT of a sequence, and the document that stands after it; null when it was refused.</summary>
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
            stored.Add(OperationEventTypes.TryRead(OperationEventTypes.AliasOf(events[stored.Count]), rows.GetString(0)));
        return stored;
    }
}
