using System.Diagnostics;
using System.Globalization;
using OperationTracker.Torture.Checking;
using OperationTracker.Torture.Faults;
using OperationTracker.Torture.Workload;

namespace OperationTracker.Torture;

/// <summary>
/// A run: rounds of load and faults, each followed by rest and judgement. A round writes operations of its own, so that
/// what is judged does not grow with the run; at the end it is asked whether the older rounds still stand as they were
/// judged.
/// </summary>
internal sealed class TortureRun
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly TortureOptions _options;
    private readonly Action<string> _tell;
    private readonly Stopwatch _time = Stopwatch.StartNew();
    private readonly Violations _violations;
    private readonly Cluster _cluster;
    private readonly Administration _administration;
    private readonly Nemesis _nemesis;
    private readonly Figures _figures;
    private readonly Judge _judge;
    private long _attempts;

    private TortureRun(TortureOptions options, Cluster cluster, Action<string> tell)
    {
        (_options, _cluster, _tell) = (options, cluster, tell);
        _violations = new Violations(() => _time.Elapsed.TotalSeconds);
        _administration = new Administration(cluster, options.Directory, _violations);
        _nemesis = new Nemesis(cluster, _administration, tell);
        _judge = new Judge(cluster, _violations);
        _figures = new Figures
        {
            Seed = options.Seed, Nodes = options.Nodes, Clients = options.Clients, Postgres = cluster.Postgres.Version,
            Plant = options.Plant is { } bug ? Words.Hyphenated(bug.ToString()) : null,
        };
    }

    /// <summary>Runs it, and deletes its directory, unless something was found that was not planted.</summary>
    /// <param name="options">What is asked for.</param>
    /// <param name="tell">Gets the seed, the schedule and what goes on, line by line.</param>
    /// <param name="cancel">Breaks it off.</param>
    public static async Task<Figures> RunAsync(TortureOptions options, Action<string> tell, CancellationToken cancel)
    {
        Directory.CreateDirectory(options.Directory);
        tell(string.Create(CultureInfo.InvariantCulture, $"seed {options.Seed}, in {options.Directory}"));
        Figures figures;
        await using (var cluster = await Cluster.StartAsync(options, cancel))
            figures = await new TortureRun(options, cluster, tell).RunAsync(cancel);
        figures.DiskMegabytes = new DirectoryInfo(options.Directory).EnumerateFiles("*", SearchOption.AllDirectories)
            .Sum(file => file.Length) >> 20;
        if (options.Json is { } file) await File.WriteAllTextAsync(file, figures.ToJson(), cancel);
        if (figures.Violations.Count == 0 || options.Plant is not null)
            Directory.Delete(options.Directory, recursive: true);
        return figures;
    }

    private async Task<Figures> RunAsync(CancellationToken cancel)
    {
        await Plants.PlantAsync(_cluster.Postgres, _options.Plant, cancel);
        var log = new LogReader(_cluster.ClientPorts, _violations);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var reading = log.RunAsync(stop.Token);
        _time.Restart();
        for (var round = 1; round == 1 || (_time.Elapsed < _options.Time && _violations.All.Count == 0); round++)
            await RunRoundAsync(round, cancel);
        await stop.CancelAsync();
        await FinishAsync(reading, log, cancel);
        _figures.Seconds = Math.Round(_time.Elapsed.TotalSeconds, 1);
        _figures.Violations = _violations.All;
        return _figures;
    }

    private async Task RunRoundAsync(int round, CancellationToken cancel)
    {
        _tell(string.Create(CultureInfo.InvariantCulture, $"  round {round}, {_time.Elapsed.TotalSeconds:0} s"));
        var prefix = string.Create(CultureInfo.InvariantCulture, $"r{round}-");
        using var ledger = new Ledger(_options.Directory, round);
        using var load = new Load(
            _options, unchecked(_options.Seed + round), prefix, ledger, _cluster.ClientPorts,
            () => Interlocked.Increment(ref _attempts), cancel);
        load.StopAfter(_options.Round);
        await _nemesis.RunAsync(Schedule.Of(_options, round), _options.Seed, load.Stopping, cancel);
        var attempts = await load.RestAsync(now: false);
        var rested = _time.Elapsed;
        await _administration.RestAsync(cancel);
        await _judge.BecomeQuietAsync(cancel);
        _figures.Add(attempts, await _judge.RunAsync(prefix, attempts, cancel));
        _tell(string.Create(
            CultureInfo.InvariantCulture,
            $"    {_figures.AcknowledgedPuts} acknowledged; judged in {(_time.Elapsed - rested).TotalSeconds:0.0} s"));
    }

    private async Task FinishAsync(Task reading, LogReader log, CancellationToken cancel)
    {
        if (!await ReachesEndAsync(reading, log, cancel))
        {
            _violations.Add("log-reader", $"the end of the log was not reached; the last position was {log.Position}");
        }
        else
        {
            await reading;
            await using var session = await _cluster.Postgres.OpenWhenUpAsync(cancel);
            await log.CompareAsync(session, cancel);
        }

        await _administration.FinishAsync(cancel);
        Tell("the log is read, the last command has ended");
        await _judge.FinishAsync(cancel);
        Tell("all rounds are judged once more");
        if (_violations.All.Count == 0)
            await SurvivorCheck.RunAsync(
                _cluster.Postgres, _options.Directory, _violations, Tell, cancel);
        _figures.PeakMemoryMegabytes = PeakMemory() >> 20;
        _figures.Events = log.Position;
        _figures.LostAnswers = _cluster.DatabaseProxies.Sum(proxy => (long)proxy.Lost);
        foreach (var (kind, count) in _nemesis.Done) _figures.Faults[Words.Hyphenated(kind.ToString())] = count;
    }

    /// <summary>The reader may be behind; it is waited for as long as it comes nearer.</summary>
    private static async Task<bool> ReachesEndAsync(Task reading, LogReader log, CancellationToken cancel)
    {
        for (var before = -1L; before < log.Position;)
        {
            before = log.Position;
            if (await Task.WhenAny(reading, Task.Delay(Patience, cancel)) == reading) return true;
        }

        return false;
    }

    private void Tell(string text) =>
        _tell(string.Create(CultureInfo.InvariantCulture, $"  {_time.Elapsed.TotalSeconds:0} s: {text}"));

    private static long PeakMemory()
    {
        using var own = Process.GetCurrentProcess();
        return own.PeakWorkingSet64;
    }
}
