using System.Text;

namespace OperationTracker.Torture.Hostile;

/// <summary>What the contract says of a text as the value of a member that it does not name.</summary>
internal enum JsonVerdict
{
    /// <summary>Taken, and given back equal.</summary>
    Kept,

    /// <summary>Not JSON, or JSON that the contract's bounds forbid.</summary>
    Refused,

    /// <summary>Either of the two, as its reader likes; never worse.</summary>
    Either,
}

/// <summary>A text that is JSON or not.</summary>
internal sealed record JsonCase(string Name, byte[] Text, JsonVerdict Verdict)
{
    /// <summary>
    /// The files of a directory, named as the public suite names them: y_ must be taken, n_ refused, i_ is left to the
    /// reader. What the contract forbids beyond JSON, as a duplicate member, must be refused whatever its name.
    /// </summary>
    public static IEnumerable<JsonCase> ReadDirectory(string directory) =>
        from file in Directory.EnumerateFiles(directory, "*.json").Order(StringComparer.Ordinal)
        let name = Path.GetFileNameWithoutExtension(file)
        where name.Length > 2 && name[1] == '_' && "yni".Contains(name[0], StringComparison.Ordinal)
        let text = File.ReadAllBytes(file)
        select new JsonCase(name, text, name[0] switch
        {
            'y' => JsonBounds.Forbid(text) ? JsonVerdict.Refused : JsonVerdict.Kept,
            'n' => JsonVerdict.Refused,
            _ => JsonVerdict.Either,
        });

    /// <summary>
    /// A document of an operation that holds the text as a value: its last one, or the first of its request.
    /// </summary>
    public byte[] Within(string id, bool inRequest)
    {
        const string Times = "\"occurred_time\":\"20261120_090000\",\"last_update_time\":\"20261120_090000\"";
        var head = $"{{\"operation_id\":\"{id}\",{Times},\"status\":\"executing\",\"request\":{{";
        const string Request = "\"uri\":\"/v1\",\"method\":\"POST\",\"body\":\"\"}";
        return inRequest
            ? [.. Encoding.UTF8.GetBytes(head + "\"x\":"), .. Text, .. Encoding.UTF8.GetBytes("," + Request + "}")]
            : [.. Encoding.UTF8.GetBytes(head + Request + ",\"x\":"), .. Text, (byte)'}'];
    }

    public override string ToString() => Name;
}
