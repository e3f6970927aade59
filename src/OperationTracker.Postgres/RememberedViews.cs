using OperationTracker.Core.EventStore;

namespace OperationTracker.Postgres;

/// <summary>
/// The views that were read last, up to some megabytes, as of one position of the log. They serve again only after the
/// log was asked, within the reading, what has happened since: <see cref="MoveTo"/> drops all that may be another now.
/// For one reader at a time.
/// </summary>
internal sealed class RememberedViews
{
    /// <summary>Documents and ids in each of the two generations, in bytes: some 15,000 documents of 1 KB.</summary>
    private const long GenerationBytes = 24 << 20;

    /// <summary>Of larger documents the ETag alone is kept: each would take the place of hundreds.</summary>
    private const int LargestDocument = 64 << 10;

    /// <summary>What an entry takes beside its document.</summary>
    private const int EntryBytes = 400;

    private Dictionary<string, OperationView> _young = new(StringComparer.Ordinal);
    private Dictionary<string, OperationView> _old = new(StringComparer.Ordinal);
    private long _youngBytes;
    private ViewsOrigin? _origin;

    /// <summary>Up to where the log is known; null until it was first asked.</summary>
    public long? Position { get; private set; }

    /// <summary>
    /// What is remembered of an operation; null when that does not do. Its document is empty where the client has it.
    /// </summary>
    public OperationView? Find(string id, string? knownETag)
    {
        if (!_young.TryGetValue(id, out var view))
        {
            if (!_old.Remove(id, out view))
                return null;
            Add(id, view);
        }

        return view.Document.IsEmpty && view.ETag != knownETag ? null : view;
    }

    /// <summary>Remembers what was read at or after <see cref="Position"/>.</summary>
    public void Add(string id, OperationView view)
    {
        if (view.Document.Length > LargestDocument)
            view = view with { Document = default };
        if (_youngBytes > GenerationBytes)
        {
            (_old, _young, _youngBytes) = (_young, _old, 0);
            _young.Clear();
        }

        _young[id] = view;
        _youngBytes += view.Document.Length + (sizeof(char) * id.Length) + EntryBytes;
    }

    /// <summary>Goes on to what the log says now.</summary>
    /// <param name="position">Where it ends.</param>
    /// <param name="origin">Where the views come from.</param>
    /// <param name="changed">The streams that were appended to since; null for too many.</param>
    public void MoveTo(long position, ViewsOrigin origin, IReadOnlyList<string>? changed)
    {
        // A log that ends earlier is another one.
        if (origin != _origin || origin.Writing is null || changed is null || position < Position)
        {
            Forget();
        }
        else
        {
            foreach (var id in changed)
            {
                _young.Remove(id);
                _old.Remove(id);
            }
        }

        (Position, _origin) = (position, origin);
    }

    /// <summary>Drops all.</summary>
    public void Forget()
    {
        _young.Clear();
        _old.Clear();
        _youngBytes = 0;
    }
}

/// <summary>What changes when views do without the log's moving.</summary>
/// <param name="Writing">The last writing of the table otherwise than by appends; null when nothing tells.</param>
/// <param name="ServerStart">
/// When the server started: another one, or one whose data was replaced, has started later.
/// </param>
internal sealed record ViewsOrigin(string? Writing, DateTime ServerStart);
