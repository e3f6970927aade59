using System.Runtime.InteropServices;

namespace OperationTracker.Postgres;

/// <summary>
/// What was used last, up to a number of bytes, by the algorithm known as CLOCK: a hand goes round over the entries and
/// drops those that nobody asked for since it last came by. Nothing is dropped as long as all has room. Not safe for
/// several threads at once.
/// </summary>
/// <typeparam name="TValue">What is kept for each id.</typeparam>
/// <param name="capacity">Bytes that are kept at most.</param>
/// <param name="sizeOf">About how many bytes an entry takes, its id included.</param>
internal sealed class ClockCache<TValue>(long capacity, Func<string, TValue, long> sizeOf)
    where TValue : class
{
    private readonly Dictionary<string, int> _places = new(StringComparer.Ordinal);
    private readonly List<Entry> _ring = [];
    private readonly Stack<int> _free = [];
    private int _hand;
    private long _bytes;

    private Span<Entry> Ring => CollectionsMarshal.AsSpan(_ring);

    /// <summary>What is kept for an id, if anything is.</summary>
    public TValue? Find(string id)
    {
        if (!_places.TryGetValue(id, out var place))
            return null;
        ref var entry = ref Ring[place];
        entry.IsUsed = true;
        return entry.Value;
    }

    /// <summary>Keeps a value; in the place of another it counts as asked for.</summary>
    public void Add(string id, TValue value)
    {
        var isAnother = Remove(id);
        if (!_free.TryPop(out var place))
        {
            place = _ring.Count;
            _ring.Add(default);
        }

        Ring[place] = new Entry { Id = id, Value = value, IsUsed = isAnother };
        _places.Add(id, place);
        _bytes += sizeOf(id, value);
        while (_bytes > capacity)
            DropNext();
    }

    /// <summary>Drops what is kept for an id; whether anything was.</summary>
    public bool Remove(string id)
    {
        if (!_places.Remove(id, out var place))
            return false;
        ref var entry = ref Ring[place];
        _bytes -= sizeOf(id, entry.Value!);
        entry = default;
        _free.Push(place);
        return true;
    }

    /// <summary>Drops all.</summary>
    public void Clear()
    {
        _places.Clear();
        _ring.Clear();
        _free.Clear();
        _hand = 0;
        _bytes = 0;
    }

    /// <summary>Drops one; within two rounds there is one that nobody asked for.</summary>
    private void DropNext()
    {
        while (true)
        {
            ref var entry = ref Ring[_hand];
            _hand = (_hand + 1) % _ring.Count;
            if (entry is { Id: { } id, IsUsed: false })
            {
                Remove(id);
                return;
            }

            entry.IsUsed = false;
        }
    }

    /// <summary>An entry of the ring; without an id where there is none.</summary>
    private struct Entry
    {
        public string? Id;
        public TValue? Value;
        public bool IsUsed;
    }
}
