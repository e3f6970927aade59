using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace OperationTracker.Torture.Network;

/// <summary>A request as it came over the wire, as far as a proxy has to understand it.</summary>
internal sealed record HttpRequest(string Method, string Target, string Headers, byte[] Body)
{
    /// <summary>The target without its query.</summary>
    public string Path => Target.Split('?')[0];

    /// <summary>Whether it asks for an operation as it stood at an instant or at a version.</summary>
    public bool IsAboutThePast() =>
        Target.Contains("?at=", StringComparison.Ordinal) || Target.Contains("?version=", StringComparison.Ordinal);

    /// <summary>The next request of a connection; null when it ends.</summary>
    public static async Task<HttpRequest?> ReadAsync(NetworkStream stream, CancellationToken cancel)
    {
        var head = new List<byte>();
        var one = new byte[1];
        while (head.Count < 4 || !head.TakeLast(4).SequenceEqual("\r\n\r\n"u8.ToArray()))
        {
            if (await stream.ReadAsync(one, cancel) == 0) return null;
            head.Add(one[0]);
        }

        var lines = Encoding.ASCII.GetString([.. head]).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        var words = lines[0].Split(' ');
        var length = lines.FirstOrDefault(
            line => line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase));
        var body = new byte[
            length is null ? 0 : int.Parse(length["Content-Length:".Length..], CultureInfo.InvariantCulture)];
        await stream.ReadExactlyAsync(body, cancel);
        var kept = lines.Skip(1).Where(
            line => line != length && !line.StartsWith("Host:", StringComparison.OrdinalIgnoreCase));
        return new HttpRequest(words[0], words[1], string.Concat(kept.Select(line => line + "\r\n")), body);
    }
}
