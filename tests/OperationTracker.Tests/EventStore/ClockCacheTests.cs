using OperationTracker.Postgres;

namespace OperationTracker.Tests.EventStore;

/// <summary>What was used last, up to a number of bytes.</summary>
public sealed class ClockCacheTests
{
    private const int Capacity = 100;

    private readonly ClockCache<string> _kept = new(Capacity, static (_, value) => value.Length);

    [Fact]
    public void As_long_as_all_has_room_nothing_leaves_however_often_what_is_asked_for()
    {
        for (var i = 0; i < 10; i++)
            Add($"{i}", 10);
        for (var i = 0; i < 1_000; i++)
            Find($"{i % 9}").ShouldNotBeNull();

        Find("9").ShouldNotBeNull();
    }

    [Fact]
    public void What_is_asked_for_outlasts_what_is_not()
    {
        for (var i = 0; i < 1_000; i++)
        {
            Add($"{i}", 10);
            Find("0").ShouldNotBeNull();
        }

        Enumerable.Range(1, 990).Count(i => Find($"{i}") is not null).ShouldBe(0);
        Enumerable.Range(991, 9).Count(i => Find($"{i}") is not null).ShouldBe(9);
    }

    [Fact]
    public void What_was_replaced_outlasts_what_was_not()
    {
        for (var i = 0; i < 10; i++)
            Add($"{i}", 10);
        Add("0", 10);
        Add("more", 10);

        Find("0").ShouldNotBeNull();
        Find("1").ShouldBeNull();
    }

    [Fact]
    public void A_value_takes_the_place_and_the_bytes_of_the_one_before()
    {
        Add("other", 40);
        for (var i = 0; i < 100; i++)
            Add("one", 1 + (i % 60));

        Find("other").ShouldNotBeNull();
        Find("one")!.Length.ShouldBe(40);
    }

    [Fact]
    public void What_is_dropped_leaves_its_bytes_to_others()
    {
        for (var i = 0; i < 10; i++)
            Add($"{i}", 10);
        _kept.Remove("3");
        _kept.Remove("none");
        Add("more", 10);
        KeptOf(10).ShouldBe(9);

        _kept.Clear();
        KeptOf(10).ShouldBe(0);
        Find("more").ShouldBeNull();
        for (var i = 0; i < 10; i++)
            Add($"{i}", 10);
        KeptOf(10).ShouldBe(10);
    }

    [Fact]
    public void What_has_no_room_at_all_is_not_kept_and_neither_is_what_it_put_out()
    {
        Add("a", 10);
        Add("large", Capacity + 1);

        Find("large").ShouldBeNull();
        Add("b", 10);
        Find("b").ShouldNotBeNull();
    }

    [Fact]
    public void Never_is_more_kept_than_has_room_whatever_comes()
    {
        var random = new Random(17);
        for (var i = 0; i < 20_000; i++)
        {
            var id = $"{random.Next(40)}";
            switch (random.Next(10))
            {
                case 0:
                    _kept.Remove(id);
                    break;
                case < 5:
                    Add(id, random.Next(1, 30));
                    break;
                default:
                    Find(id);
                    break;
            }

            // To look at all asks for all, which changes nothing of what is kept.
            if (i % 7 == 0)
                Enumerable.Range(0, 40).Sum(n => Find($"{n}")?.Length ?? 0).ShouldBeInRange(0, Capacity);
        }
    }

    private void Add(string id, int bytes) => _kept.Add(id, new string('x', bytes));

    private string? Find(string id) => _kept.Find(id);

    private int KeptOf(int ids) => Enumerable.Range(0, ids).Count(i => Find($"{i}") is not null);
}
