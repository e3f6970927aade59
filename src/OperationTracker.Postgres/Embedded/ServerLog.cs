using System.Collections.Frozen;
using Microsoft.Extensions.Logging;

namespace OperationTracker.Postgres.Embedded;

/// <summary>
/// Passes what the server writes to the tracker's log, line by line. What it says about a client's statement can quote
/// the client's data, so only its code is passed on: the client has been told the rest. Lines that begin with a tab
/// continue the line before.
/// </summary>
internal sealed class ServerLog(ILogger logger, TimeProvider clock)
{
    private static readonly FrozenSet<string> ServersOwn = FrozenSet.Create(
        "postmaster", "startup", "checkpointer", "background writer", "walwriter", "archiver", "autovacuum launcher",
        "autovacuum worker", "not initialized");

    private bool _withheld;
    private long _lastLineAt = clock.GetTimestamp();
    private volatile string? _lastComplaint;

    /// <summary>Routine lines are of interest only while the server is not expected to start or stop.</summary>
    public bool Quiet { get; set; } = true;

    /// <summary>How long the server has been silent.</summary>
    public TimeSpan Silence => clock.GetElapsedTime(Volatile.Read(ref _lastLineAt));

    /// <summary>The last thing that the server complained about; for the sentence that says why it ended.</summary>
    public string? LastComplaint => _lastComplaint;

    public async Task ReadAsync(StreamReader lines)
    {
        try
        {
            while (await lines.ReadLineAsync() is { } line) Read(line);
        }
        catch (IOException)
        {
            // The pipe ended with the server.
        }
    }

    public void Read(string line)
    {
        Volatile.Write(ref _lastLineAt, clock.GetTimestamp());
        if (line.StartsWith('\t'))
        {
            if (!_withheld) logger.ServerRoutine("", line.Trim());
            return;
        }

        _withheld = false;
        if (line.Split('|', 4) is [var backend, var code, _, var message]) Read(backend, code, message);
        else Complain("postgres", line);
    }

    private void Read(string backend, string code, string message)
    {
        switch (Severity(message))
        {
            // The end of a client's session: no data of its statements is in it.
            case "FATAL" or "PANIC" when Serves(backend):
                if (Quiet) logger.ServerRoutine(backend, message);
                else logger.ServerWarning(backend, message);
                break;
            case var severity when Serves(backend):
                _withheld = true;
                logger.StatementReported(severity, code);
                break;
            case "ERROR" or "FATAL" or "PANIC":
                Complain(backend, message);
                break;
            case "WARNING":
                logger.ServerWarning(backend, message);
                break;
            default:
                if (!Quiet && backend is "postmaster" or "startup") logger.ServerNotice(backend, message);
                else logger.ServerRoutine(backend, message);
                break;
        }
    }

    /// <summary>Whether the process runs statements of clients; one that is not known here is taken to.</summary>
    private static bool Serves(string backend) => !ServersOwn.Contains(backend);

    private void Complain(string backend, string message)
    {
        _lastComplaint = message;
        logger.ServerComplaint(backend, message);
    }

    private static string Severity(string message) =>
        message.IndexOf(':', StringComparison.Ordinal) is var end and > 0 ? message[..end] : "";
}
