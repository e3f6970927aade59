using OperationTracker.Core.EventStore;

namespace OperationTracker.Postgres;

/// <summary>
/// The views that were read last, up to some megabytes, as of one position of the log. They serve again only after the
/// log was asked, within the reading, what has happened since: <see cref="MoveTo"/> drops all that may be another now.
/// For one reader at a time.
/// </summary>
internal sealed class RememberedViews
{
    /// <summary>Of documents, ids and what goes with them, in bytes: some 34,000 documents of 1 KB.</summary>
    private const long Capacity = 48 << 20;

    /// <summary>Of larger documents the ETag alone is kept: each would take the place of hundreds.</summary>
    private const int LargestDocument = 64 << 10;

    /// <summary>What an entry takes beside its document.</summary>
    private const int EntryBytes = 400;

    private readonly ClockCache<OperationView> _views = new(
        Capacity, static (id, view) => view.Document.Length + (sizeof(char) * id.Length) + EntryBytes);

    private ViewsOrigin? _origin;

    /// <summary>Up to where the log is known; null until it was first asked.</summary>
    public long? Position { get; private set; }

    /// <summary>
    /// What is remembered of an operation; null when that does not do. Its document is empty where the client has it.
    /// </summary>
    public OperationView? Find(string id, string? knownETag)
    {
        var view = _views.Find(id);
        return view is null || (view.Document.IsEmpty && view.ETag != knownETag) ? null : view;
    }

    /// <summary>Remembers what was read at or after <see cref="Position"/>.</summary>
    public void Add(string id, OperationView view) =>
        _views.Add(id, view.Document.Length > LargestDocument ? view with { Document = default } : view);

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
                _views.Remove(id);
        }

        (Position, _origin) = (position, origin);
    }

    /// <summary>Drops all.</summary>
    public void Forget() => _views.Clear();
}

/// <summary>What changes when views do without the log's moving.</summary>
/// <param name="Writing">The last writing of the table otherwise than by appends; null when nothing tells.</param>
/// <param name="ServerStart">
/// When the server started: another one, or one whose data was replaced, has started later.
/// </param>
internal sealed record ViewsOrigin(string? Writing, DateTime ServerStart);
