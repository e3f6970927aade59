using System.Globalization;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json;
using Npgsql;
using OperationTracker.Torture.Network;

namespace OperationTracker.Torture.Checking;

/// <summary>
/// Reads the log over HTTP while it is written, through whichever node answers, from where it came: each event once, in
/// one order, no place left out, versions of each operation one upon another.
/// </summary>
internal sealed class LogReader(int[] ports, Violations violations)
{
    private const string Name = "log-reader";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(100);

    private readonly Dictionary<string, long> _versions = [];
    private readonly IncrementalHash _ids = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long _position;
    private int _turn;

    /// <summary>How far it came.</summary>
    public long Position => Volatile.Read(ref _position);

    /// <summary>Reads until told to stop, and then to the end.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        while (true)
        {
            var stopping = stop.IsCancellationRequested;
            var atEnd = await ReadPageAsync();
            if (atEnd == true && stopping) return;
            if (atEnd != false) await Task.Delay(Rest, CancellationToken.None);
        }
    }

    /// <summary>Whether what was read is what stands.</summary>
    public async Task CompareAsync(NpgsqlConnection session, CancellationToken cancel)
    {
        using var stored = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var count = 0L;
        await using var command = new NpgsqlCommand(
            "select e.id::text from tracker.positions p join tracker.mt_events e using (seq_id) order by p.position",
            session);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        for (; await reader.ReadAsync(cancel); count++)
            stored.AppendData(Guid.Parse(reader.GetString(0)).ToByteArray());
        if (count != Position)
            violations.Add(
                Name, string.Create(CultureInfo.InvariantCulture, $"{Position} events were read, {count} stand"));
        else if (!stored.GetHashAndReset().AsSpan().SequenceEqual(_ids.GetCurrentHash()))
            violations.Add(Name, "other events were read than stand, or in another order");
    }

    /// <summary>True at the end, false when there is more, null when no answer came.</summary>
    private async Task<bool?> ReadPageAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            using var connection = await HttpConnection.OpenAsync(ports[_turn++ % ports.Length], limit.Token);
            var answer = await connection.SendAsync(
                "GET", string.Create(CultureInfo.InvariantCulture, $"/v1/events?after={_position}&limit=1000"),
                "Connection: close\r\n", default, limit.Token);
            if (answer.Status == 200) return Take(answer.Body);
            if (answer.Status != 503) violations.Add(Name, $"the log was answered with {answer.Status}");
            return null;
        }
        catch (Exception fault) when (fault is IOException or SocketException or OperationCanceledException)
        {
            return null;
        }
    }

    private bool Take(byte[] body)
    {
        using var page = JsonDocument.Parse(body);
        foreach (var item in page.RootElement.GetProperty("events").EnumerateArray())
        {
            var position = item.GetProperty("position").GetInt64();
            var version = item.GetProperty("version").GetInt64();
            var operation = item.GetProperty("operation_id").GetString()!;
            if (position != _position + 1)
                violations.Add(Name, string.Create(CultureInfo.InvariantCulture, $"after {_position} came {position}"));
            if (version != _versions.GetValueOrDefault(operation) + 1)
                violations.Add(
                    Name, $"{operation}: version {version} came after {_versions.GetValueOrDefault(operation)}");
            _versions[operation] = version;
            _ids.AppendData(item.GetProperty("id").GetGuid().ToByteArray());
            Volatile.Write(ref _position, position);
        }

        return page.RootElement.GetProperty("at_end").GetBoolean();
    }
}
