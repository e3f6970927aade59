using Npgsql;
using OperationTracker.Core.EventStore;
using OperationTracker.Core.Operations;
using OperationTracker.Postgres;
using static OperationTracker.Tests.EventStore.Documents;

namespace OperationTracker.Tests.EventStore;

/// <summary>What happens to the changes of one flight, and to those that wait for the next.</summary>
public sealed class AppendFlightTests : IAsyncLifetime
{
    private TrackerFixture _tracker = null!;

    public async Task InitializeAsync() => _tracker = await TrackerFixture.CreateAsync();

    public async Task DisposeAsync()
    {
        await StoreInvariants.CheckAsync(_tracker.Database);
        await _tracker.DisposeAsync();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(20)]
    [InlineData(256)]
    public async Task A_flight_keeps_the_order_of_its_changes_in_positions_and_versions(int size)
    {
        await FillOneFlightAsync(Enumerable.Range(0, size).Select(i => Change($"op-{i % 7}", i)));
        var log = await _tracker.Store.ReadLogAsync(0, 10_000, default);
        log.Select(item => item.Position).ShouldBe(Enumerable.Range(1, log.Count).Select(i => (long)i));
        foreach (var stream in log.GroupBy(item => item.StreamId))
            stream.Select(item => item.Version).ShouldBe(Enumerable.Range(1, stream.Count()).Select(i => (long)i));
    }

    [Fact]
    public async Task One_bad_change_in_a_flight_fails_alone()
    {
        var changes = Enumerable.Range(0, 40).Select(i => i == 17 ? Poison("op-17") : Change($"op-{i}", i)).ToArray();
        var outcomes = await FillOneFlightAsync(changes);
        for (var i = 0; i < outcomes.Length; i++)
        {
            if (i == 17)
                outcomes[i].Exception!.InnerException.ShouldBeOfType<EventStoreException>()
                    .Failure.ShouldBe(StoreFailure.Failed);
            else
                (await outcomes[i]).LastVersion.ShouldBe(2);
        }

        (await _tracker.Store.FindAsync(Id("op-17"), null, default)).ShouldBeNull();
        (await _tracker.Store.ReadLogAsync(0, 1000, default)).Count.ShouldBe(39 * 2);
    }

    [Fact]
    public async Task A_bad_change_spares_the_others_of_its_own_operation()
    {
        await _tracker.Store.PutAsync(Document("a"));
        var outcomes = await FillOneFlightAsync(
            [Wished("a", "1"), Wished("a", "2"), Poison("a"), Wished("a", "3"), Wished("a", "4")]);
        outcomes.Select(outcome => outcome.IsCompletedSuccessfully).ShouldBe([true, true, false, true, true]);
        (await _tracker.Store.FindAsync(Id("a"), null, default))!.DocumentVersion.ShouldBe(5);
    }

    [Fact]
    public async Task Another_node_that_was_first_is_decided_upon_anew()
    {
        await _tracker.Store.PutAsync(Document("a", note: ""));
        await using var database = new TrackerDatabase(_tracker.ConnectionString, SchemaName.Default);
        await using var other = TrackerFixture.NewStore(database);
        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => (i % 2 == 0 ? _tracker.Store : other).AppendAsync(
            new ProposedChange(Id("a"), AddLetter, new ChangeSource()), CancellationToken.None)));
        (await Note("a")).ShouldBe(new string('x', 200));

        static IReadOnlyList<OperationEvent> AddLetter(OperationState state) =>
        [
            new SubStatusChanged
            {
                SubStatus = state.Document!.SubStatus.Value + "x", LastUpdateTime = "20261120_090001",
            },
        ];
    }

    [Fact]
    public async Task A_row_that_another_application_holds_delays_its_own_change_only()
    {
        await _tracker.Store.PutAsync(Document("held"));
        await using var holder = new NpgsqlConnection(_tracker.ConnectionString);
        await holder.OpenAsync();
        await using var transaction = await holder.BeginTransactionAsync();
        await new NpgsqlCommand("select from tracker.mt_streams where id = 'held' for update", holder, transaction)
            .ExecuteNonQueryAsync();

        var held = _tracker.Store.PutAsync(Document("held", note: "after"));
        for (var i = 0; i < 20; i++)
            await _tracker.Store.PutAsync(Document($"free-{i}"));
        held.IsCompleted.ShouldBeFalse();
        await transaction.RollbackAsync();
        (await held).LastVersion.ShouldBe(2);
    }

    [Fact]
    public async Task A_row_that_is_held_for_long_ends_in_an_answer_and_nothing_stored()
    {
        await _tracker.Store.PutAsync(Document("held"));
        await using var holder = new NpgsqlConnection(_tracker.ConnectionString);
        await holder.OpenAsync();
        await using var transaction = await holder.BeginTransactionAsync();
        await new NpgsqlCommand("select from tracker.mt_streams where id = 'held' for update", holder, transaction)
            .ExecuteNonQueryAsync();

        (await Should.ThrowAsync<EventStoreException>(() => _tracker.Store.PutAsync(Document("held", note: "late"))))
            .Failure.ShouldBe(StoreFailure.Overloaded);
        await transaction.RollbackAsync();
        (await _tracker.Store.FindAsync(Id("held"), null, default))!.DocumentVersion.ShouldBe(1);
    }

    [Fact]
    public async Task A_caller_that_leaves_while_waiting_withdraws_its_change()
    {
        using var leaves = new CancellationTokenSource();
        await HoldAppendLockAsync(async () =>
        {
            var flights = await FillFlightsUnderWayAsync();
            var waiting = _tracker.Store.AppendAsync(Wish(Document("waiting")), leaves.Token);
            await leaves.CancelAsync();
            await Should.ThrowAsync<OperationCanceledException>(async () => await waiting);
            return flights;
        });
        (await _tracker.Store.FindAsync(Id("op-0"), null, default)).ShouldNotBeNull();
        (await _tracker.Store.FindAsync(Id("waiting"), null, default)).ShouldBeNull();
    }

    [Fact]
    public async Task An_append_lock_that_is_not_to_be_had_ends_in_an_answer_and_nothing_stored()
    {
        var put = await HoldAppendLockAsync(async () =>
        {
            var waiting = _tracker.Store.PutAsync(Document("a"));
            await Should.ThrowAsync<EventStoreException>(async () => await waiting);
            return waiting;
        });
        ((EventStoreException)put.Exception!.InnerException!).Failure.ShouldBe(StoreFailure.Overloaded);
        (await _tracker.Store.FindAsync(Id("a"), null, default)).ShouldBeNull();
    }

    [Fact]
    public async Task A_connection_that_dies_with_the_flight_leaves_the_outcome_unknown_and_is_not_replayed()
    {
        var outcome = await HoldAppendLockAsync(async () =>
        {
            var put = _tracker.Store.PutAsync(Document("a"));
            await Eventually.BeTrueAsync(
                () => FlightsWaiting() == 1, TimeSpan.FromSeconds(5), "a flight waits for the lock");
            await _tracker.ExecuteAsync("""
                select pg_terminate_backend(l.pid) from pg_locks l join pg_database d on d.oid = l.database
                where l.locktype = 'advisory' and not l.granted and d.datname = current_database()
                """);
            await Should.ThrowAsync<EventStoreException>(async () => await put);
            return put;
        });
        ((EventStoreException)outcome.Exception!.InnerException!).Failure.ShouldBe(StoreFailure.OutcomeUnknown);
        (await _tracker.Store.ReadLogAsync(0, 10, default)).ShouldBeEmpty();
        (await _tracker.Store.PutAsync(Document("a"))).LastVersion.ShouldBe(1);
    }

    [Fact]
    public async Task A_pool_whose_connections_have_all_died_is_noticed_by_nobody()
    {
        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => _tracker.Store.PutAsync(Document($"op-{i}"))));
        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => _tracker.Store.FindAsync(Id($"op-{i}"), null, default)));
        await using (var killer = new NpgsqlConnection(_tracker.ConnectionString))
        {
            await killer.OpenAsync();
            await new NpgsqlCommand("""
                select pg_terminate_backend(pid, 5000) from pg_stat_activity
                where datname = current_database() and pid <> pg_backend_pid()
                """, killer).ExecuteNonQueryAsync();
        }

        (await _tracker.Store.FindAsync(Id("op-1"), null, default)).ShouldNotBeNull();
        (await _tracker.Store.PutAsync(Document("op-1", note: "again"))).LastVersion.ShouldBe(2);
    }

    private static ProposedChange Change(string id, int number) => new(
        Id(id),
        state =>
        [
            .. state.Document is null
                ? (OperationEvent[])
                    [new OperationRegistered { Document = Document(id), LastUpdateTime = "20261120_090000" }]
                : [],
            new SubStatusChanged { SubStatus = $"{number}", LastUpdateTime = "20261120_090000" },
        ],
        new ChangeSource());

    private static ProposedChange Wished(string id, string note) => Wish(Document(id, note: note));

    /// <summary>A change that only the database can refuse: jsonb takes no U+0000.</summary>
    private static ProposedChange Poison(string id) => Wish(Document(id, note: "\0"));

    private async Task<string?> Note(string id) =>
        OperationJson.Read(
            (await _tracker.Store.FindAsync(Id(id), null, default))!.Document.Span).Document!.SubStatus.Value;

    /// <summary>
    /// Sends all changes in one flight: while another session holds the append lock, as many flights as may be under
    /// way wait for it, and behind them the changes gather.
    /// </summary>
    private async Task<Task<AppendOutcome>[]> FillOneFlightAsync(IEnumerable<ProposedChange> changes)
    {
        Task<AppendOutcome>[] sent = [];
        await HoldAppendLockAsync(async () =>
        {
            var flights = await FillFlightsUnderWayAsync();
            sent = [.. changes.Select(change => _tracker.Store.AppendAsync(change, CancellationToken.None))];
            return flights;
        });
        await Task.WhenAll(sent.Select(task => task.ContinueWith(_ => { }, TaskScheduler.Default)));
        return sent;
    }

    private async Task<Task> FillFlightsUnderWayAsync()
    {
        var gates = new List<Task>();
        for (var i = 0; i < 2; i++)
        {
            gates.Add(_tracker.Store.PutAsync(Document($"op-{i}")));
            await Eventually.BeTrueAsync(
                () => FlightsWaiting() == gates.Count, TimeSpan.FromSeconds(5), "the flight waits for the lock");
        }

        return Task.WhenAll(gates);
    }

    private async Task<Task> HoldAppendLockAsync(Func<Task<Task>> meanwhile)
    {
        await using var holder = new NpgsqlConnection(_tracker.ConnectionString);
        await holder.OpenAsync();
        await new NpgsqlCommand(
            "select pg_advisory_lock(hashtextextended('optrack append tracker', 0))", holder).ExecuteNonQueryAsync();
        var result = await meanwhile();
        await new NpgsqlCommand("select pg_advisory_unlock_all()", holder).ExecuteNonQueryAsync();
        await Task.WhenAny(result);
        return result;
    }

    private long FlightsWaiting() => (long)_tracker.ExecuteAsync("""
        select count(*) from pg_locks l join pg_database d on d.oid = l.database
        where l.locktype = 'advisory' and not l.granted and d.datname = current_database()
        """).GetAwaiter().GetResult()!;
}
