using System.Diagnostics;
using System.Globalization;
using OperationTracker.Torture.Checking;
using OperationTracker.Torture.Faults;
using OperationTracker.Torture.Workload;

namespace OperationTracker.Torture.Trials;

/// <summary>Runs with one theme each.</summary>
internal enum TrialKind
{
    /// <summary>Answers to commits are lost, and the same PUT is sent again and again.</summary>
    LostAnswers,

    /// <summary>What was not flushed to the disk is lost.</summary>
    PowerLoss,

    /// <summary>No space for the data, or for the write-ahead log.</summary>
    FullDisk,

    /// <summary>The disk refuses to flush.</summary>
    FsyncErrors,

    /// <summary>The disk gives back other bits than were written.</summary>
    BitFlips,

    /// <summary>Nodes with other clocks, time zones and languages.</summary>
    Clocks,

    /// <summary>Clocks of nodes and of PostgreSQL jump while they run.</summary>
    ClockJumps,

    /// <summary>Another client takes all connections of PostgreSQL.</summary>
    NoConnections,
}

/// <summary>A trial needs what this machine, or this user, does not have; the message says what.</summary>
internal sealed class CannotRunHereException(string message) : Exception(message);

/// <summary>What a trial works with: its options, what it has found and counted, and whom it tells.</summary>
internal sealed class Trial
{
    private readonly Stopwatch _time = Stopwatch.StartNew();
    private readonly Action<string> _tell;
    private readonly SortedDictionary<string, double> _counts = new(StringComparer.Ordinal);
    private long _attempts;

    private Trial(TortureOptions options, Action<string> tell)
    {
        (Options, _tell) = (options, tell);
        Random = new Random(options.Seed);
        Violations = new Violations(() => _time.Elapsed.TotalSeconds);
    }

    public TortureOptions Options { get; }

    /// <summary>Decides the schedule; for one thread.</summary>
    public Random Random { get; }

    public Violations Violations { get; }

    /// <summary>
    /// Runs the trial that the options ask for, and deletes its directory unless something was found.
    /// </summary>
    /// <param name="options">What is asked for.</param>
    /// <param name="tell">Gets the seed, the schedule and what goes on, line by line.</param>
    /// <param name="cancel">Breaks it off.</param>
    /// <exception cref="CannotRunHereException">The machine does not let it.</exception>
    public static async Task<TrialFigures> RunAsync(
        TortureOptions options, Action<string> tell, CancellationToken cancel)
    {
        Directory.CreateDirectory(options.Directory);
        tell(string.Create(CultureInfo.InvariantCulture, $"seed {options.Seed}, in {options.Directory}"));
        var trial = new Trial(options, tell);
        try
        {
            await trial.RunAsync(cancel);
        }
        catch (CannotRunHereException)
        {
            Directory.Delete(options.Directory, recursive: true);
            throw;
        }

        var figures = new TrialFigures(
            Words.Hyphenated(options.Trial.ToString()!), options.Seed, trial.Postgres,
            options.Plant is { } bug ? Words.Hyphenated(bug.ToString()) : null,
            Math.Round(trial._time.Elapsed.TotalSeconds, 1), trial._counts, trial.Violations.All);
        if (options.Json is { } file) await File.WriteAllTextAsync(file, figures.ToJson(), cancel);
        if (figures.Violations.Count == 0 || options.Plant is not null)
            Directory.Delete(options.Directory, recursive: true);
        return figures;
    }

    /// <summary>The version of PostgreSQL, for the figures.</summary>
    public string Postgres { get; set; } = "";

    /// <summary>
    /// Plants what the options ask for, and runs cycles until they are enough or something is found. Whoever called has
    /// the judge look at the end.
    /// </summary>
    /// <param name="cluster">What is tried.</param>
    /// <param name="cycles">How many, where the options do not say.</param>
    /// <param name="cycle">One of them; gets its number, from 1.</param>
    /// <param name="cancel">Breaks it off.</param>
    public async Task<Judge> RunCyclesAsync(
        Cluster cluster, int cycles, Func<Judge, int, Task> cycle, CancellationToken cancel)
    {
        Postgres = cluster.Postgres.Version;
        await Plants.PlantAsync(cluster.Postgres, Options.Plant, cancel);
        var judge = new Judge(cluster, Violations);
        for (var number = 1; number <= (Options.Count ?? cycles) && Violations.All.Count == 0; number++)
            await cycle(judge, number);
        return judge;
    }

    /// <summary>The load of a cycle: which requests it sends, its number and the seed decide.</summary>
    public Load StartLoad(Cluster cluster, int cycle, string prefix, Ledger ledger, CancellationToken cancel) => new(
        Options, unchecked(Options.Seed + cycle), prefix, ledger, cluster.ClientPorts, NextAttempt, cancel);

    /// <summary>
    /// Judges a cycle whose load has ended, once nothing that its clients have given up is under way.
    /// </summary>
    public async Task<IReadOnlyDictionary<string, StoredStream>> JudgeAsync(
        Judge judge, string prefix, IReadOnlyCollection<Attempt> attempts, CancellationToken cancel)
    {
        await judge.BecomeQuietAsync(cancel);
        Count(attempts);
        return await judge.RunAsync(prefix, attempts, cancel);
    }

    /// <summary>The number of the next request.</summary>
    public long NextAttempt() => Interlocked.Increment(ref _attempts);

    public void Count(string name, double by = 1)
    {
        lock (_counts) _counts[name] = _counts.GetValueOrDefault(name) + by;
    }

    /// <summary>What the clients of a cycle were told.</summary>
    public void Count(IReadOnlyCollection<Attempt> attempts)
    {
        Count("acknowledged PUTs", attempts.Count(attempt => attempt is { IsPut: true, Outcome: Outcome.Ok }));
        Count("unknown PUTs", attempts.Count(attempt => attempt is { IsPut: true, Outcome: Outcome.Unknown }));
        Count("GETs answered", attempts.Count(attempt => attempt is { IsPut: false, Outcome: Outcome.Ok }));
    }

    /// <summary>Keeps the largest.</summary>
    public void Longest(string name, TimeSpan time)
    {
        lock (_counts) _counts[name] = Math.Max(_counts.GetValueOrDefault(name), Math.Round(time.TotalSeconds, 2));
    }

    public void Tell(string text) =>
        _tell(string.Create(CultureInfo.InvariantCulture, $"  {_time.Elapsed.TotalSeconds:0.0} s: {text}"));

    private Task RunAsync(CancellationToken cancel) => Options.Trial switch
    {
        TrialKind.LostAnswers => LostAnswers.RunAsync(this, cancel),
        TrialKind.PowerLoss => PowerLoss.RunAsync(this, cancel),
        TrialKind.FullDisk => FullDisk.RunAsync(this, cancel),
        TrialKind.FsyncErrors => FsyncErrors.RunAsync(this, cancel),
        TrialKind.BitFlips => BitFlips.RunAsync(this, cancel),
        TrialKind.Clocks => Clocks.RunAsync(this, cancel),
        TrialKind.ClockJumps => ClockJumps.RunAsync(this, cancel),
        TrialKind.NoConnections => NoConnections.RunAsync(this, cancel),
        _ => throw new InvalidOperationException($"{Options.Trial} is no trial."),
    };
}
