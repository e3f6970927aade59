namespace OperationTracker.Postgres;

/// <summary>
/// What was used last, up to a number of bytes: a young generation, and an old one whose entries become young again
/// when they are asked for. When the young one is full it becomes the old one, and what nobody asked for is gone. Not
/// safe for several threads at once.
/// </summary>
/// <typeparam name="TValue">What is kept for each id.</typeparam>
/// <param name="generationBytes">Bytes after which a generation is full.</param>
/// <param name="sizeOf">About how many bytes an entry takes, its id included.</param>
internal sealed class Generations<TValue>(long generationBytes, Func<string, TValue, long> sizeOf)
    where TValue : class
{
    private Dictionary<string, TValue> _young = new(StringComparer.Ordinal);
    private Dictionary<string, TValue> _old = new(StringComparer.Ordinal);
    private long _youngBytes;

    /// <summary>What is kept for an id, if anything is.</summary>
    public TValue? Find(string id)
    {
        if (_young.TryGetValue(id, out var value))
            return value;
        if (_old.Remove(id, out value))
            Add(id, value);
        return value;
    }

    /// <summary>Keeps a value in the place of what was kept.</summary>
    public void Add(string id, TValue value)
    {
        if (_youngBytes > generationBytes)
        {
            (_old, _young, _youngBytes) = (_young, _old, 0);
            _young.Clear();
        }

        _young[id] = value;
        _youngBytes += sizeOf(id, value);
    }

    /// <summary>Drops what is kept for an id.</summary>
    public void Remove(string id)
    {
        _young.Remove(id);
        _old.Remove(id);
    }

    /// <summary>Drops all.</summary>
    public void Clear()
    {
        _young.Clear();
        _old.Clear();
        _youngBytes = 0;
    }
}
