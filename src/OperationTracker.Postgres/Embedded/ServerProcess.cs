using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace OperationTracker.Postgres.Embedded;

/// <summary>One postmaster, from its start to its end.</summary>
internal sealed class ServerProcess
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan ProgressEvery = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan FastStop = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ImmediateStop = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan LastWords = TimeSpan.FromMilliseconds(200);

    private readonly Process _process;
    private readonly ServerLog _log;
    private readonly ILogger _logger;
    private readonly TimeProvider _clock;

    private ServerProcess(Process process, ILogger logger, TimeProvider clock)
    {
        _process = process;
        _logger = logger;
        _clock = clock;
        _log = new ServerLog(logger, clock);
        Exited = ExitAsync(_log.ReadAsync(process.StandardError));
    }

    public int Pid => _process.Id;

    /// <summary>Completes when the server has ended, for whatever reason.</summary>
    public Task Exited { get; }

    /// <summary>"exited with code 1" or "was killed by signal 9", and the server's last words if any.</summary>
    public string Ending
    {
        get
        {
            // The base library reports a signal as the shells do.
            var how = _process.ExitCode > 128
                ? string.Create(CultureInfo.InvariantCulture, $"was killed by signal {_process.ExitCode - 128}")
                : string.Create(CultureInfo.InvariantCulture, $"exited with code {_process.ExitCode}");
            return _log.LastComplaint is { } words ? $"{how} ({words})" : how;
        }
    }

    public static async Task<ServerProcess> StartAsync(
        SpawnThread spawn, ProcessStartInfo command, ILogger logger, TimeProvider clock)
    {
        try
        {
            return new ServerProcess(await spawn.StartAsync(command), logger, clock);
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new EmbeddedPostgresException(
                EmbeddedPostgresProblem.StartFailed, $"PostgreSQL could not be started: {e.Message}", e);
        }
    }

    /// <summary>
    /// Waits until the server says in its pid file that it is ready and answers a query. The pid is compared, because
    /// the file of an earlier server may still be there.
    /// </summary>
    public async Task WaitUntilReadyAsync(
        string cluster, string connectionString, TimeSpan patience, CancellationToken cancel)
    {
        var progressAt = _clock.GetTimestamp();
        while (!SaysReady(cluster) || !await AnswersAsync(connectionString, cancel))
        {
            if (Exited.IsCompleted) throw Failed($"PostgreSQL did not start: it {Ending}.");
            if (_log.Silence > patience)
                throw Failed($"PostgreSQL does not become ready: it is silent for {_log.Silence.TotalSeconds:F0} s.");
            if (_clock.GetElapsedTime(progressAt) > ProgressEvery)
            {
                _logger.StillStarting(_log.Silence);
                progressAt = _clock.GetTimestamp();
            }

            await Task.Delay(Poll, _clock, cancel);
        }

        _log.Quiet = false;
    }

    /// <summary>
    /// Stops the server: first so that it ends its sessions and writes a checkpoint; if that takes too long, or is no
    /// longer waited for, so that it drops everything and recovers from its log at the next start. Never by SIGKILL.
    /// </summary>
    public async Task StopAsync(CancellationToken hurry)
    {
        _log.Quiet = true;
        if (await EndsAfterAsync(Posix.Interrupt, FastStop, hurry)) return;
        _logger.StoppingAtOnce(Pid, FastStop);
        if (await EndsAfterAsync(Posix.Quit, ImmediateStop, CancellationToken.None)) return;
        _logger.DoesNotStop(Pid);
    }

    private async Task ExitAsync(Task reading)
    {
        await _process.WaitForExitAsync(CancellationToken.None);
        // The last words may still be in the pipe, and a child of the server may hold it open.
        await Task.WhenAny(reading, Task.Delay(LastWords, _clock));
    }

    private async Task<bool> EndsAfterAsync(int signal, TimeSpan limit, CancellationToken hurry)
    {
        if (Exited.IsCompleted) return true;
        if (!_process.HasExited) Posix.Signal(Pid, signal);
        try
        {
            await Exited.WaitAsync(limit, _clock, hurry);
            return true;
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            return false;
        }
    }

    private bool SaysReady(string cluster)
    {
        try
        {
            var lines = File.ReadAllLines(Path.Combine(cluster, "postmaster.pid"));
            return lines.Length >= 8
                && lines[0] == Pid.ToString(CultureInfo.InvariantCulture)
                && lines[7].AsSpan().TrimEnd().SequenceEqual("ready");
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static async Task<bool> AnswersAsync(string connectionString, CancellationToken cancel)
    {
        try
        {
            await using var connection = new NpgsqlConnection(connectionString);
            await connection.OpenAsync(cancel);
            await using var one = new NpgsqlCommand("select 1", connection);
            return await one.ExecuteScalarAsync(cancel) is 1;
        }
        catch (PostgresException e) when (e.SqlState is [.. "28", _, _, _])
        {
            throw Failed($"PostgreSQL refuses the tracker: {e.MessageText}.");
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }

    private static EmbeddedPostgresException Failed(string message) =>
        new(EmbeddedPostgresProblem.StartFailed, message);
}
