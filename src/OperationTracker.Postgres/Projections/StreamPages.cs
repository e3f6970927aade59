using Npgsql;

namespace OperationTracker.Postgres.Projections;

/// <summary>Streams that are read by one statement: those after one id, up to another.</summary>
/// <param name="After">The id before.</param>
/// <param name="Last">The last one's id.</param>
/// <param name="Streams">How many they are.</param>
/// <param name="IsLast">Whether the range ends with them.</param>
internal sealed record StreamPage(string After, string Last, IReadOnlyDictionary<string, long> Streams, bool IsLast);

/// <summary>
/// Divides the streams into ranges for several workers, and ranges into pages: short statements, so that no snapshot
/// keeps the database from cleaning up, and a checkpoint every second or so.
/// </summary>
internal static class StreamPages
{
    /// <summary>Ranges: many, so that nobody is left with a long one while the others are done.</summary>
    private const int Ranges = 64;

    /// <summary>Streams in a range at least: with fewer the looking up of ranges begins to show.</summary>
    private const int LeastStreams = 200;

    /// <summary>Streams of a page that is copied as it is read.</summary>
    public const int CopiedStreams = 1_000;

    /// <summary>Streams of a page that is held while it is compared: with documents of 64 kB some 20 MB.</summary>
    public const int ComparedStreams = 300;

    /// <summary>Events of a page, unless its only stream has more: a tenth of a second's work.</summary>
    private const int ManyEvents = 5_000;

    /// <summary>As many while others are at work: some twenty milliseconds' work then.</summary>
    private const int FewEvents = 500;

    /// <summary>A page's share of a second, where a pace is kept: work, then rest, in short turns.</summary>
    private const double PacedSeconds = 0.1;

    /// <summary>Events of a page at most, unless its only stream has more.</summary>
    /// <param name="pace">Keeps a page to a tenth of a second.</param>
    /// <param name="isBusy">Whether others are at work in the database.</param>
    public static double MostEvents(Pace pace, bool isBusy)
    {
        var most = isBusy ? FewEvents : ManyEvents;
        return Math.Min(most, pace.PerSecond * PacedSeconds ?? most);
    }

    public static async Task<IReadOnlyList<StreamRange>> DivideAsync(
        TrackerDatabase database, NpgsqlConnection connection, long streams, CancellationToken cancel)
    {
        var ranges = new List<StreamRange>();
        await using var command = database.Command(connection, "list_ranges")
            .With(Math.Max(LeastStreams, streams / Ranges));
        await using var rows = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        while (await rows.ReadAsync(cancel).ConfigureAwait(false))
            ranges.Add(new StreamRange(ranges.Count + 1, ranges.Count == 0 ? "" : ranges[^1].Last!, rows.GetString(0)));
        return ranges;
    }

    /// <summary>How many streams there are, and events in them.</summary>
    public static async Task<(long Streams, long Events)> CountAsync(
        TrackerDatabase database, NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var command = database.Command(connection, "count_streams");
        await using var row = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        await row.ReadAsync(cancel).ConfigureAwait(false);
        return (row.GetInt64(0), row.GetInt64(1));
    }

    /// <summary>The next page of a range; null when nothing is left of it.</summary>
    /// <param name="database">The database.</param>
    /// <param name="connection">Where to ask.</param>
    /// <param name="range">What is left of the range.</param>
    /// <param name="mostStreams">Streams of the page at most.</param>
    /// <param name="mostEvents">Events of the page at most, unless its only stream has more.</param>
    /// <param name="cancel">Stops it.</param>
    public static async Task<StreamPage?> NextAsync(
        TrackerDatabase database, NpgsqlConnection connection, StreamRange range, int mostStreams,
        double mostEvents, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand { Connection = connection }.With(range.Reached).With(mostStreams);
        if (range.Last is not null)
            command.With(range.Last);
        command.CommandText = database.Sql["page_streams"]
            .Replace("{until}", range.Last is null ? "" : " and id <= $3", StringComparison.Ordinal);
        await using var rows = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        var streams = new Dictionary<string, long>(StringComparer.Ordinal);
        var (last, events, isLast) = ("", 0L, true);
        while (await rows.ReadAsync(cancel).ConfigureAwait(false))
        {
            var (id, version) = (rows.GetString(0), rows.GetInt64(1));
            if (streams.Count > 0 && events + version > mostEvents)
            {
                isLast = false;
                break;
            }

            (last, events) = (id, events + version);
            streams.Add(id, version);
        }

        return streams.Count == 0
            ? null
            : new StreamPage(range.Reached, last, streams, isLast && streams.Count < mostStreams);
    }
}
