using System.Diagnostics;
using System.Globalization;
using OperationTracker.Torture.Checking;
using OperationTracker.Torture.Faults;
using OperationTracker.Torture.Servers;
using OperationTracker.Torture.Workload;

namespace OperationTracker.Torture;

/// <summary>
/// A run: rounds of load and faults, each followed by rest and judgement. A round writes operations of its own, so that what
/// is judged does not grow with the run; at the end it is asked whether the older rounds still stand as they were judged.
/// </summary>
internal sealed class TortureRun
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private const int LongestText = 400;
    private static readonly int[] Contract = [0, 200, 400, 404, 409, 412, 503];

    private readonly TortureOptions _options;
    private readonly Action<string> _tell;
    private readonly Stopwatch _time = Stopwatch.StartNew();
    private readonly Violations _violations;
    private readonly Cluster _cluster;
    private readonly Nemesis _nemesis;
    private readonly Figures _figures;
    private readonly EarlierRounds _earlier = new();
    private long _attempts;

    private TortureRun(TortureOptions options, Cluster cluster, Action<string> tell)
    {
        (_options, _cluster, _tell) = (options, cluster, tell);
        _violations = new Violations(() => _time.Elapsed.TotalSeconds);
        _nemesis = new Nemesis(cluster, tell);
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
        if (options.Json is { } file) await File.WriteAllTextAsync(file, figures.ToJson(), cancel);
        if (figures.Violations.Count == 0 || options.Plant is not null) Directory.Delete(options.Directory, recursive: true);
        return figures;
    }

    private async Task<Figures> RunAsync(CancellationToken cancel)
    {
        if (_options.Plant is { } bug)
        {
            await using var session = await _cluster.Postgres.OpenWhenUpAsync(cancel);
            await Plants.PlantAsync(session, bug, cancel);
        }

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
        var slots = new Slots(prefix + "op", _options.Slots);
        using (var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel))
        {
            stop.CancelAfter(_options.Round);
            var clients = Enumerable.Range(0, _options.Clients).Select(number => new Client(
                number, unchecked(_options.Seed + round), () => Interlocked.Increment(ref _attempts), ledger, slots,
                _cluster.ClientPorts)).ToList();
            var load = Task.WhenAll(clients.Select(client => Task.Run(() => client.RunAsync(stop.Token), cancel)));
            await _nemesis.RunAsync(Schedule.Of(_options, round), _options.Seed, stop.Token, cancel);
            await load;
            clients.ForEach(client => client.Dispose());
        }

        await BecomeQuietAsync(cancel);
        await JudgeAsync(prefix, ledger.Attempts, cancel);
    }

    private async Task JudgeAsync(string prefix, IReadOnlyCollection<Attempt> attempts, CancellationToken cancel)
    {
        await using var session = await _cluster.Postgres.OpenWhenUpAsync(cancel);
        await using var snapshot = await session.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancel);
        await StoreCheck.RunAsync(session, _violations, cancel);
        var streams = await StoredHistory.ReadAsync(session, prefix, text => _violations.Add("fold", text), cancel);
        await StoreCheck.CompareViewsAsync(session, prefix, streams, _violations, cancel);
        LedgerCheck.Run(attempts, streams, _violations);
        LinearizabilityCheck.Run(attempts, streams, _violations);
        foreach (var status in attempts.GroupBy(attempt => attempt.Status).Where(group => !Contract.Contains(group.Key)))
            _violations.Add("answers", $"{status.Count()} answers had the status {status.Key}");
        _earlier.Keep(streams);
        _figures.Add(attempts, streams);
    }

    private async Task FinishAsync(Task reading, LogReader log, CancellationToken cancel)
    {
        if (await Task.WhenAny(reading, Task.Delay(Patience, cancel)) != reading)
            _violations.Add("log-reader", $"the end of the log was not reached; the last position was {log.Position}");
        else await reading;
        await using var session = await _cluster.Postgres.OpenWhenUpAsync(cancel);
        if (reading.IsCompleted) await log.CompareAsync(session, cancel);
        await _earlier.CheckAsync(session, _violations, cancel);
        await VerifyAsync("audit-verify", ["audit", "verify"], cancel);
        await VerifyAsync("projections-verify", ["projections", "verify"], cancel);
        _figures.Events = log.Position;
        _figures.LostAnswers = _cluster.DatabaseProxies.Sum(proxy => (long)proxy.Lost);
        foreach (var (kind, count) in _nemesis.Done) _figures.Faults[Words.Hyphenated(kind.ToString())] = count;
    }

    private async Task VerifyAsync(string name, string[] command, CancellationToken cancel)
    {
        var (exitCode, output) = await TrackerNode.RunAsync(_cluster.Postgres.ConnectionString, command, cancel);
        if (exitCode != 0) _violations.Add(name, $"optrack {string.Join(' ', command)} ended with {exitCode}: {Cut(output)}");
    }

    private static string Cut(string text) => text.Length < LongestText ? text : text[..LongestText] + "…";

    /// <summary>Waits until nothing that clients have given up is still on its way through a node.</summary>
    private async Task BecomeQuietAsync(CancellationToken cancel)
    {
        await using var session = await _cluster.Postgres.OpenWhenUpAsync(cancel);
        await using var count = new Npgsql.NpgsqlCommand("select coalesce(max(position), 0) from tracker.positions", session);
        long before;
        var now = -1L;
        do
        {
            before = now;
            await Task.Delay(500, cancel);
            now = (long)(await count.ExecuteScalarAsync(cancel))!;
        }
        while (before != now);
    }
}
