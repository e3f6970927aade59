using OperationTracker.Postgres;
using static OperationTracker.Tests.EventStore.Documents;

namespace OperationTracker.Tests.EventStore;

/// <summary>What is assumed wrongly is told to nobody: each answer is about what stood in the database.</summary>
public sealed class AssumedStatesTests : IAsyncLifetime, IAsyncDisposable
{
    private TrackerFixture _tracker = null!;
    private TrackerDatabase _otherDatabase = null!;
    private PostgresEventStore _other = null!;

    public async Task InitializeAsync()
    {
        _tracker = await TrackerFixture.CreateAsync();
        _otherDatabase = new TrackerDatabase(_tracker.ConnectionString, SchemaName.Default);
        _other = TrackerFixture.NewStore(_otherDatabase);
    }

    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();

    public async ValueTask DisposeAsync()
    {
        await StoreInvariants.CheckAsync(_tracker.Database);
        await _other.DisposeAsync();
        await _otherDatabase.DisposeAsync();
        await _tracker.DisposeAsync();
    }

    [Fact]
    public async Task A_document_that_another_node_has_replaced_is_not_what_stands_and_is_written_again()
    {
        for (var i = 0; i < 20; i++)
        {
            var (first, second) = (Document($"op-{i}", note: "first"), Document($"op-{i}", note: "second"));
            await _tracker.Store.PutAsync(first);
            await _other.PutAsync(second);
            (await _tracker.Store.PutAsync(first)).LastVersion.ShouldBe(3);
        }
    }

    [Fact]
    public async Task A_document_that_another_node_has_made_stand_is_not_written_again()
    {
        for (var i = 0; i < 20; i++)
        {
            await _tracker.Store.PutAsync(Document($"op-{i}", note: "first"));
            await _other.PutAsync(Document($"op-{i}", note: "second"));
            (await _tracker.Store.PutAsync(Document($"op-{i}", note: "second"))).LastVersion.ShouldBe(0);
        }
    }

    [Fact]
    public async Task An_operation_that_is_there_is_found_though_all_others_were_new()
    {
        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => _other.PutAsync(Document($"old-{i}", note: "first"))));
        for (var i = 0; i < 400; i++)
            await _tracker.Store.PutAsync(Document($"new-{i}"));
        for (var i = 0; i < 20; i += 2)
        {
            (await _tracker.Store.PutAsync(Document($"old-{i}", note: "first"))).LastVersion.ShouldBe(0);
            (await _tracker.Store.PutAsync(Document($"old-{i + 1}", note: "second"))).LastVersion.ShouldBe(2);
        }
    }

    [Fact]
    public async Task An_event_of_another_application_is_gone_on_from()
    {
        var foreign = new ForeignWriter(_tracker.ConnectionString);
        for (var i = 0; i < 20; i++)
        {
            await _tracker.Store.PutAsync(Document($"op-{i}", note: "first"));
            (await foreign.AppendAsync($"op-{i}", 2)).ShouldBeTrue();
            (await _tracker.Store.PutAsync(Document($"op-{i}", note: "second"))).FirstVersion.ShouldBe(4);
        }
    }
}
