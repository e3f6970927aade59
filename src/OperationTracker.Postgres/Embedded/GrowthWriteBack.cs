using Microsoft.Extensions.Logging;

namespace OperationTracker.Postgres.Embedded;

/// <summary>
/// Has the kernel write what the cluster's tables and indexes grow by soon after they grew. Left alone it gathers
/// that for half a minute, hundreds of megabytes under load, and writes it in one go, behind which each commit waits:
/// up to 0.2 s on a disk that takes a gigabyte a second. What is written into pages that are there already comes from
/// the server's own writers, which have it written as they go. Nothing is waited for and nothing is made durable here:
/// that stays the server's.
/// </summary>
internal sealed class GrowthWriteBack : IAsyncDisposable
{
    /// <summary>
    /// Between rounds: so short that what has gathered, a few megabytes under load, is written in a few milliseconds.
    /// </summary>
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// Every so many rounds all files are looked at, of which there are a thousand; else those that were growing then.
    /// </summary>
    public const int RoundsPerLook = 10;

    private readonly string _databases;
    private readonly Action<string, long, long> _write;
    private readonly ILogger _logger;
    private readonly PeriodicWork _rounds;
    private Dictionary<string, long>? _sizes;
    private List<string> _growing = [];
    private int _round;
    private bool _isTold;

    /// <param name="cluster">The cluster's directory.</param>
    /// <param name="write">
    /// Has a part of a file written: its path, where it begins, and its length, in bytes. Throws when the file is gone.
    /// </param>
    /// <param name="logger">Is told once when it cannot be done.</param>
    /// <param name="clock">Times the rounds.</param>
    public GrowthWriteBack(string cluster, Action<string, long, long> write, ILogger logger, TimeProvider clock)
    {
        _databases = Path.Combine(cluster, "base");
        _write = write;
        _logger = logger;
        _rounds = new PeriodicWork(Interval, RoundAsync, Tell, clock);

        Task RoundAsync(CancellationToken cancel)
        {
            Round();
            return Task.CompletedTask;
        }
    }

    public void Start() => _rounds.Start();

    public ValueTask DisposeAsync() => _rounds.DisposeAsync();

    /// <summary>Looks, and has written what is new since the last time. For one caller at a time.</summary>
    public void Round()
    {
        if (_round++ % RoundsPerLook == 0)
        {
            LookAtAll();
            return;
        }

        foreach (var path in _growing)
        {
            if (new FileInfo(path) is { Exists: true } file)
                _sizes![path] = Write(path, _sizes[path], file.Length);
        }
    }

    /// <summary>
    /// What was there at the first look may have been for long; what came since is new from its first byte on.
    /// </summary>
    private void LookAtAll()
    {
        var (before, now, growing) = (_sizes, new Dictionary<string, long>(StringComparer.Ordinal), new List<string>());
        // Databases have numbers; what else there may be is temporary, and better never written.
        foreach (var database in new DirectoryInfo(_databases).EnumerateDirectories()
            .Where(directory => directory.Name.All(char.IsAsciiDigit)))
        {
            foreach (var file in database.EnumerateFiles())
            {
                if (!file.Exists)
                    continue;
                var size = before is null ? file.Length : before.GetValueOrDefault(file.FullName);
                now[file.FullName] = Write(file.FullName, size, file.Length);
                if (file.Length > size)
                    growing.Add(file.FullName);
            }
        }

        (_sizes, _growing) = (now, growing);
    }

    private long Write(string path, long from, long to)
    {
        try
        {
            if (to > from)
                _write(path, from, to - from);
        }
        catch (FileNotFoundException)
        {
            // Dropped meanwhile.
        }

        return to;
    }

    /// <summary>Once: the next round is only a moment away, and has the same to say.</summary>
    private void Tell(Exception fault)
    {
        if (!_isTold)
            _logger.GrowthNotWritten(fault.Message);
        _isTold = true;
    }
}
