using OperationTracker.Core.EventStore;
using OperationTracker.Postgres;

namespace OperationTracker.Tests.EventStore;

/// <summary>What a node remembers of the views it has read.</summary>
public sealed class RememberedViewsTests
{
    private static readonly ViewsOrigin Origin = new("7", DateTime.UnixEpoch);

    private readonly RememberedViews _views = new();

    public RememberedViewsTests()
    {
        _views.MoveTo(10, Origin, null);
        _views.Add("op-1", View(1));
        _views.Add("op-2", View(1));
    }

    [Fact]
    public void What_was_appended_to_is_forgotten_and_nothing_else()
    {
        _views.MoveTo(12, Origin, ["op-2", "op-3"]);

        _views.Position.ShouldBe(12);
        _views.Find("op-1", null).ShouldNotBeNull();
        _views.Find("op-2", null).ShouldBeNull();
    }

    [Fact]
    public void All_is_forgotten_when_too_much_has_happened() => MovedTo(5_000, Origin, null).ShouldBeNull();

    [Fact]
    public void All_is_forgotten_when_the_table_was_written_otherwise() =>
        MovedTo(10, Origin with { Writing = "8" }, []).ShouldBeNull();

    [Fact]
    public void All_is_forgotten_when_the_server_is_another() =>
        MovedTo(10, Origin with { ServerStart = DateTime.UnixEpoch.AddDays(1) }, []).ShouldBeNull();

    [Fact]
    public void All_is_forgotten_when_the_log_has_become_shorter() => MovedTo(9, Origin, []).ShouldBeNull();

    [Fact]
    public void Nothing_is_remembered_while_nothing_tells_how_the_table_was_written()
    {
        var unknown = Origin with { Writing = null };
        _views.MoveTo(10, unknown, []);
        _views.Add("op-1", View(1));

        MovedTo(10, unknown, []).ShouldBeNull();
    }

    [Fact]
    public void A_document_that_was_left_out_serves_the_client_that_has_it_alone()
    {
        var view = View(1);
        _views.Add("op-3", view with { Document = default });

        _views.Find("op-3", view.ETag).ShouldNotBeNull();
        _views.Find("op-3", View(2).ETag).ShouldBeNull();
        _views.Find("op-3", null).ShouldBeNull();
    }

    [Fact]
    public void Of_a_large_document_the_etag_alone_is_kept()
    {
        var large = View(1, 1 << 20);
        _views.Add("op-3", large);

        _views.Find("op-3", null).ShouldBeNull();
        _views.Find("op-3", large.ETag).ShouldNotBeNull().Document.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public void Its_size_is_bounded_and_what_is_read_again_and_again_stays()
    {
        var document = View(1, 60_000);
        for (var i = 0; i < 10_000; i++)
        {
            _views.Add($"other-{i}", document);
            _views.Find("op-1", null).ShouldNotBeNull();
        }

        var kept = Enumerable.Range(0, 10_000).Count(i => _views.Find($"other-{i}", null) is not null);
        kept.ShouldBeInRange(100, 1_200);
        _views.Find("op-2", null).ShouldBeNull();
    }

    private OperationView? MovedTo(long position, ViewsOrigin origin, IReadOnlyList<string>? changed)
    {
        _views.MoveTo(position, origin, changed);
        return _views.Find("op-1", null);
    }

    private static OperationView View(long version, int bytes = 2) =>
        new(version, new byte[bytes], new string('a', 64));
}
