using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Npgsql;
using OperationTracker.Torture.Checking;
using OperationTracker.Torture.Network;
using OperationTracker.Torture.Servers;

namespace OperationTracker.Torture.Faults;

/// <summary>
/// Commands that an administrator runs while the tracker is used, one at a time. They go on while other faults follow,
/// and while rounds are judged; one that ends otherwise than well must have had its server killed meanwhile. What was
/// redacted is in no table afterwards. They look at the whole log, so each kind is run for a share of the time only.
/// </summary>
internal sealed class Administration(Cluster cluster, string directory, Violations violations)
{
    private const string Name = "administration";
    private const int Failed = 1;
    private const int NothingToResume = 3;
    private const int Unavailable = 69;
    private const double ShareOfEachKind = 0.15;

    /// <summary>A server that was killed so long ago may still recover.</summary>
    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly ConcurrentQueue<(string Operation, string Secret)> _redacted = new();
    private readonly Dictionary<FaultKind, TimeShare> _shares = [];
    private Task _running = Task.CompletedTask;
    private FaultKind _kind;
    private bool _resume;
    private int _number;

    /// <summary>When PostgreSQL was killed last, on the monotonic clock; to be told by who does it.</summary>
    public long KilledAt { get; set; }

    /// <summary>Begins a command, unless one is running or this kind has had its share of the time.</summary>
    /// <returns>Whether it has begun.</returns>
    public async Task<bool> BeginAsync(FaultKind kind, CancellationToken cancel)
    {
        if (!_shares.TryGetValue(kind, out var share))
            _shares[kind] = share = new TimeShare(ShareOfEachKind, TimeProvider.System);
        if (!_running.IsCompleted || !share.IsDue) return false;
        await _running;
        _kind = kind;
        _running = Task.Run(() => share.RunAsync(() => RunAsync(kind, cancel)), cancel);
        return true;
    }

    /// <summary>Waits for the last command.</summary>
    public async Task FinishAsync(CancellationToken cancel)
    {
        await _running;
        await RestAsync(cancel);
    }

    /// <summary>Waits for a redaction, for it writes, and looks for what was redacted.</summary>
    public async Task RestAsync(CancellationToken cancel)
    {
        if (_kind == FaultKind.Redact) await _running;
        await using var session = await cluster.Postgres.OpenWhenUpAsync(cancel);
        while (_redacted.TryDequeue(out var redacted))
        {
            await using var command = new NpgsqlCommand("""
                select (select count(*) from tracker.mt_events e where stream_id = $1 and strpos(e::text, $2) > 0)
                    + (select count(*) from tracker.operations o where strpos(o::text, $2) > 0)
                    + (select count(*) from tracker.past_operations o
                       where operation_id = $1 and strpos(o::text, $2) > 0)
                """, session)
            {
                Parameters = { new() { Value = redacted.Operation }, new() { Value = redacted.Secret } },
            };
            if (await command.ExecuteScalarAsync(cancel) is not 0L)
                violations.Add(Name, $"{redacted.Operation} was redacted and holds what it held");
        }
    }

    private async Task RunAsync(FaultKind kind, CancellationToken cancel)
    {
        var number = Interlocked.Increment(ref _number);
        var file = Path.Combine(directory, string.Create(CultureInfo.InvariantCulture, $"export-{number}.optrack.tar"));
        switch (kind)
        {
            case FaultKind.Rebuild:
                string[] rebuild = ["projections", "rebuild"];
                _resume = await RunAsync(_resume ? [.. rebuild, "--resume"] : rebuild, cancel) != 0 && !_resume;
                return;
            case FaultKind.Verify:
                await RunAsync(["projections", "verify"], cancel);
                await RunAsync(["audit", "verify"], cancel);
                return;
            case FaultKind.Export:
                if (await RunAsync(["export", file], cancel) == 0) await RunAsync(["audit", "bundle", file], cancel);
                File.Delete(file);
                return;
            default:
                await RedactAsync(string.Create(CultureInfo.InvariantCulture, $"secret-{number}"), cancel);
                return;
        }
    }

    /// <summary>A secret is put, is put again and again while it is redacted, and once more afterwards.</summary>
    private async Task RedactAsync(string operation, CancellationToken cancel)
    {
        var secret = $"hunter-{Guid.NewGuid():N}";
        if (!await PutAsync(operation, secret, 0, cancel)) return;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var putting = Task.Run(async () =>
        {
            // Without a pause the redaction would never find it standing still, and would say so.
            for (var turn = 1; !stop.IsCancellationRequested; turn++)
            {
                await PutAsync(operation, secret, turn, cancel);
                await Task.Delay(Pause, cancel);
            }
        }, cancel);
        var exitCode = await RunAsync(
            ["redact", operation, "--pointer", "/request/body", "--reason", "it held a password"], cancel);
        await stop.CancelAsync();
        await putting;
        await PutAsync(operation, secret, 0, cancel);
        if (exitCode == 0) _redacted.Enqueue((operation, secret));
    }

    private async Task<bool> PutAsync(string operation, string secret, int turn, CancellationToken cancel)
    {
        var body = string.Create(CultureInfo.InvariantCulture, $$"""
            {"operation_id": "{{operation}}", "occurred_time": "20261120_090000", "last_update_time": "20261120_090000",
            "status": "executing", "sub_status": "{{turn}}",
            "request": {"uri": "/v1/clusters/1", "method": "POST", "body": "{{secret}}"} }
            """);
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            limit.CancelAfter(TimeSpan.FromSeconds(5));
            using var connection = await HttpConnection.OpenAsync(
                cluster.ClientPorts[Random.Shared.Next(cluster.ClientPorts.Length)], limit.Token);
            var answer = await connection.SendAsync(
                "PUT", $"/v1/operations/{operation}", "Connection: close\r\n",
                System.Text.Encoding.UTF8.GetBytes(body), limit.Token);
            return answer.Status == 200;
        }
        catch (Exception fault)
            when (fault is IOException or System.Net.Sockets.SocketException or OperationCanceledException)
        {
            return false;
        }
    }

    private async Task<int> RunAsync(string[] command, CancellationToken cancel)
    {
        var began = Stopwatch.GetTimestamp();
        var (exitCode, output) = await TrackerNode.RunAsync(cluster.Postgres.ConnectionString, command, cancel);
        var excused = exitCode is Failed or Unavailable
            && KilledAt > began - Recovery.Ticks * Stopwatch.Frequency / TimeSpan.TicksPerSecond;
        if (exitCode != 0 && !excused && !(exitCode == NothingToResume && command[^1] == "--resume"))
            violations.Add(Name, string.Create(
                CultureInfo.InvariantCulture,
                $"optrack {string.Join(' ', command)} ended with {exitCode}: {output.Split('\n')[^1]}"));
        return exitCode;
    }
}
