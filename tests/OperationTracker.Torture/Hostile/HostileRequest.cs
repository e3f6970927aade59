using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OperationTracker.Torture.Hostile;

/// <summary>
/// A request that a fool or an enemy could send, generated from a number: the same for the same number.
/// </summary>
/// <param name="Method">The method.</param>
/// <param name="Target">The target as it goes over the wire; characters are bytes.</param>
/// <param name="Headers">Lines, each with its end.</param>
/// <param name="Body">The body; null for none.</param>
/// <param name="Id">The operation that an accepted PUT is for.</param>
internal sealed record HostileRequest(string Method, string Target, string Headers, byte[]? Body, string? Id)
{
    /// <summary>In every body, at some place; to be found nowhere but in documents.</summary>
    public const string Canary = "CANARY-7f3a";

    private static readonly byte[][] Documents = [.. ReadSamples()];

    private static readonly string[] Statuses = ["unexecuted", "executing", "completed", "failed", "canceled"];

    private static readonly string[] Values =
    [
        "null", "true", "[]", "{}", "\"\"", "0", "-0", "1e2", "1.0", "2147483647", "2147483648", "-1", "99", "100",
        "599", "600", "1e308", "1e309", "1e-309", "1e131071", "9e99999999999", "0.1e1", "1E+2",
        "123456789012345678901234567890", "\"\\u0000\"", "\"\\ud800\"", "\"\\udc00\\ud800\"", "\"\\ud83d\\ude00\"",
        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"POST\"", "\"GET\"", "\"executing\"", "\"completed\"", "\"canceled\"",
        "\"20261120_090000\"", "\"20260229_000000\"", "\"none\"", "[null]", "[[]]", "[{}]", "{\"a\":1,\"a\":2}",
        "{\"\":0}", "{\"\\u0000\":1}", "{\"body\":\"x\"}", "NaN", "Infinity", "01", "+1", "1.", ".5", "tru", "'x'",
        "\"\t\"", "\"\\x\"", "\"\\u12\"", "", "//", "/**/1", "[1,]", "{\"a\":1,}", "\u00a0",
    ];

    private static readonly string[] Names =
    [
        "operation_id", "occurred_time", "last_update_time", "status", "sub_status", "request", "response",
        "target_clusters", "rollbacks", "uri", "method", "body", "status_code", "cluster_id", "result", "x", "",
        "Status", "__proto__", "$ref", "\\u0073tatus",
    ];

    private static readonly string[] WildIds =
    [
        ".", "..", "%2e%2e", "%41", "%2F", "%252F", "%00", "%ff", "%C0%AF", "%ED%A0%80", "%0d%0aX:%20y", "a/b", "a//",
        "x/../b", "b/", "a;b", "a?b", "a#b", "a\\b", "%u0041", "%", "%4", "%zz", "\u00e4", "%E2%80%AE", "%F0%9F%98%80",
        "a+b", "*", "~", "-", "CON", "'%20or%201=1--", "${jndi:ldap://x}", "<script>", "%3Cscript%3E", "\u0001",
        "\u007f", "__proto__", "null",
    ];

    private static readonly string[] Paths =
    [
        "/", "/v1", "/v1/", "/v1/operations", "/v1/operations/", "/V1/operations", "/v1/Operations/a",
        "/v1/operations;a", "//", "/v1/../v1/operations/a", "/health/live", "/health/ready", "/health/live/",
        "/health/%6cive", "/openapi/v1.json", "/openapi/../health/live", "/favicon.ico", "/.git/config",
        "/v1/operations/a/history", "/v1/operations/x-0/events", "/v1/operations/x-0/diff", "/v1/events", "/v1/Events/",
        "/v1/reports/stuck", "/v1/reports/inconsistent", "/v1/reports/durations", "/v1/reports/corrected",
        "/v1/reports/", "/v1/reports/nothing", "/v1/operations/x-0/events/", "/v1/operations/%2e%2e/events",
        "/%2e%2e/etc/passwd", "*", "http://127.0.0.1/v1/operations", "http://evil.example/", "x",
    ];

    private static readonly string[] Methods =
    [
        "GET", "GET", "GET", "HEAD", "PUT", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "BREW",
        "PROPFIND", "G",
    ];

    private static readonly string[] Parameters =
    [
        "format", "status", "cluster_id", "method", "uri", "occurred_from", "occurred_to", "updated_from", "updated_to",
        "limit", "page_token", "Format", "unknown", "", "%00", "format%00", "status[]", "version", "at", "as_of",
        "from", "to", "after", "kind", "operation_id", "longer_than",
    ];

    private static readonly string[] ParameterValues =
    [
        "", "list", "detail-list", "executing", "failed", "POST", "GET", "1", "1000", "0", "-1", "1001",
        "99999999999999999999", "1e3", "20261120_090000", "20260230_000000", "%00", "%ff", "%ED%A0%80", "%F0%9F%98%80",
        "%", "%zz", "a&b", "a=b", "+", "/v1%25_", "W10", "W251bGwsbnVsbCxudWxsXQ", "WyIiLCIiLCIiXQ",
        "WyJcdWQ4MDAiLCIiLCIiXQ", "Wzn_", "%27--", "2026-11-20T09:00:00Z", "2026-11-20T09:00:00+01:00",
        "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00%2B23:59", "2", "9223372036854775807", "\u00e4", "a;b", "{}",
        "#",
    ];

    private static readonly string[] Lines =
    [
        "Accept: text/html", "Accept: */*;q=0", "Accept: application/json;q=0.000", "Accept: ;", "Accept: \u00ff",
        "Accept: a/b/c", "Content-Type: text/plain", "Content-Type: application/json; charset=utf-16",
        "Content-Type: application/json", "Content-Type: ;", "Content-Type: application/json; charset=\"",
        "Content-Encoding: gzip", "Content-Encoding: identity", "If-Match: *", "If-Match: \"1-00\"",
        "If-Match: W/\"1\"", "If-Match: \"", "If-Match: \"a\", *, W/\"b\"", "If-Match: ,,,", "If-None-Match: *",
        "If-None-Match: \"1\"", "If-None-Match: W/*", "If-None-Match: \u00ff", "User-Agent: \u00ff\u0080",
        "User-Agent: ", "Range: bytes=0-1", "Expect: nonsense", "Connection: upgrade", "Upgrade: h2c",
        "X-Http-Method-Override: DELETE", "X-Forwarded-For: 1.2.3.4", "Cookie: a=b", "Traceparent: 00-zz-zz-zz",
        "Traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "Transfer-Encoding: gzip",
        "Host: evil.example", "X-Content-Length: 5", "If-Modified-Since: x", "Authorization: Basic Zg==",
        "Keep-Alive: -1", "Date: never", "Accept-Encoding: gzip;q=x", "Accept-Charset: utf-7",
    ];

    /// <summary>As it goes over the wire. Some bodies go in chunks.</summary>
    public byte[] ToBytes(string host)
    {
        var head = $"{Method} {Target} HTTP/1.1\r\nHost: {host}\r\n{Headers}";
        return Body switch
        {
            null => Encoding.Latin1.GetBytes(head + "\r\n"),
            { Length: > 0 } when Body.Length % 5 == 0 =>
            [
                .. Encoding.Latin1.GetBytes(head + $"Transfer-Encoding: chunked\r\n\r\n{Body.Length:x}\r\n"), .. Body,
                .. "\r\n0\r\n\r\n"u8,
            ],
            _ => [.. Encoding.Latin1.GetBytes(head + $"Content-Length: {Body.Length}\r\n\r\n"), .. Body],
        };
    }

    /// <param name="number">Which request.</param>
    /// <param name="owner">Part of the ids, so that no two senders share an operation.</param>
    public static HostileRequest Of(int number, string owner)
    {
        var random = new Random(number);
        var id = $"{owner}-{random.Next(6)}";
        return random.Next(10) switch
        {
            < 6 => Put(random, id),
            6 => new HostileRequest(
                Pick(random, "PUT", "GET", "HEAD", "POST"),
                $"/v1/operations/{Pick(random, WildIds)}{Pick(random, "", id)}", Head(random),
                Maybe(random, Document(random, id)), null),
            7 => new HostileRequest(
                "GET",
                Pick(
                    random, "/v1/operations", "/v1/operations/", "/v1/events", $"/v1/operations/{id}",
                    $"/v1/operations/{id}/events", $"/v1/operations/{id}/diff") + $"?{Query(random)}",
                Head(random), null, null),
            _ => new HostileRequest(
                Pick(random, Methods), Pick(random, Paths) + Pick(random, "", "", "?" + Query(random)), Head(random),
                Maybe(random, RandomBytes(random)), null),
        };
    }

    private static HostileRequest Put(Random random, string id)
    {
        var body = random.Next(12) switch
        {
            0 => RandomBytes(random),
            1 => Encoding.UTF8.GetBytes(RandomJson(random, 5)),
            2 => Nested(random),
            3 => Corrupt(random, Document(random, id)),
            4 => Corrupt(random, Corrupt(random, Document(random, id))),
            5 => Document(random, id),
            _ => Mutate(random, Document(random, id)),
        };
        if (random.Next(20) == 0) body = [.. "\uFEFF"u8, .. body];
        return new HostileRequest("PUT", $"/v1/operations/{id}", Head(random), body, id);
    }

    /// <summary>Documents of real senders, as the tests have them.</summary>
    private static IEnumerable<byte[]> ReadSamples()
    {
        var assembly = typeof(HostileRequest).Assembly;
        foreach (var name in assembly.GetManifestResourceNames().Where(
            name => name.StartsWith("sample/", StringComparison.Ordinal)))
        {
            using var resource = assembly.GetManifestResourceStream(name)!;
            using var bytes = new MemoryStream();
            resource.CopyTo(bytes);
            yield return bytes.ToArray();
        }
    }

    /// <summary>A sound document of the operation, with the canary in it.</summary>
    private static byte[] Document(Random random, string id)
    {
        var root = JsonNode.Parse(Pick(random, Documents))!.AsObject();
        root["operation_id"] = id;
        root["sub_status"] = $"{Canary} {random.Next(1000)}";
        if (random.Next(2) == 0) root["status"] = Pick(random, Statuses);
        if (random.Next(4) == 0) root[$"x{random.Next(3)}"] = $"{Canary} ü 😀";
        return Encoding.UTF8.GetBytes(root.ToJsonString());
    }

    /// <summary>Other values, names and members at places of the document.</summary>
    private static byte[] Mutate(Random random, byte[] document)
    {
        var text = Encoding.UTF8.GetString(document);
        for (var times = random.Next(1, 4); times > 0; times--)
        {
            var colons = text.Select((c, at) => (c, at)).Where(pair => pair.c == ':').Select(pair => pair.at).ToArray();
            if (colons.Length == 0) break;
            var at = Pick(random, colons) + 1;
            var value = random.Next(3) == 0 ? RandomJson(random, 3) : Pick(random, Values);
            text = random.Next(4) switch
            {
                0 => $"{text[..at]}{value},\"{Pick(random, Names)}\":{text[at..]}",
                1 when text.IndexOf('"', at) is > 0 and var quote =>
                    $"{text[..quote]}{Quote(Pick(random, Names))}:{value},{text[quote..]}",
                2 => text.Replace(Quote(Pick(random, Names)), Quote(Pick(random, Names))),
                _ => text[..at] + value + text[End(text, at)..],
            };
        }

        return Encoding.UTF8.GetBytes(text);
    }

    private static int End(string text, int start)
    {
        var end = text.IndexOfAny([',', '}'], start);
        return end < 0 ? text.Length : end;
    }

    private static byte[] Corrupt(Random random, byte[] document)
    {
        if (document.Length == 0) return document;
        var at = random.Next(document.Length);
        var count = random.Next(1, 9);
        return random.Next(5) switch
        {
            0 => [.. document[..at], (byte)random.Next(256), .. document[(at + 1)..]],
            1 => document[..at],
            2 => [.. document[..at], .. document[Math.Min(document.Length, at + count)..]],
            3 => [.. document[..at], .. document[Math.Max(0, at - count)..]],
            _ =>
            [
                .. document[..at],
                .. Pick<byte[]>(random, [0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0], [0xf5], [0xe2, 0x80]),
                .. document[at..],
            ],
        };
    }

    private static byte[] Nested(Random random)
    {
        var depth = Pick(random, 31, 32, 33, 64, 65, 1000, 20_000);
        var (open, close) = Pick(random, ("[", "]"), ("{\"a\":", "}"), ("[{\"" + Canary + "\":", "}]"));
        var text = string.Concat(Enumerable.Repeat(open, depth)) + "0" + string.Concat(Enumerable.Repeat(close, depth));
        return Encoding.UTF8.GetBytes(random.Next(2) == 0 ? text : $"{{\"x\":{text}}}");
    }

    private static string RandomJson(Random random, int depth) => random.Next(depth > 0 ? 5 : 3) switch
    {
        0 => Pick(random, Values),
        1 => Quote($"{Canary} {(char)random.Next(0x20, 0xd7ff)}"),
        2 => random.NextDouble().ToString("R", CultureInfo.InvariantCulture),
        3 => $"[{string.Join(',', Enumerable.Range(0, random.Next(4)).Select(_ => RandomJson(random, depth - 1)))}]",
        _ => "{" + string.Join(',', Enumerable.Range(0, random.Next(5))
            .Select(_ => $"\"{Pick(random, Names)}\":{RandomJson(random, depth - 1)}")) + "}",
    };

    private static byte[] RandomBytes(Random random)
    {
        var bytes = new byte[random.Next(200)];
        random.NextBytes(bytes);
        return [.. bytes, .. Encoding.ASCII.GetBytes(Canary)];
    }

    private static string Query(Random random) => string.Join('&', Enumerable.Range(0, random.Next(1, 5))
        .Select(
            _ => $"{Pick(random, Parameters)}{Pick(random, "=", "=", "=", "", "==")}{Pick(random, ParameterValues)}"));

    private static string Head(Random random) => random.Next(3) > 0 ? "" : string.Concat(
        Enumerable.Range(0, random.Next(1, 3)).Select(_ => Pick(random, Lines) + "\r\n"));

    private static byte[]? Maybe(Random random, byte[] body) => random.Next(2) == 0 ? body : null;

    private static string Quote(string text) => text.Contains('\\') ? $"\"{text}\"" : JsonSerializer.Serialize(text);

    private static T Pick<T>(Random random, params T[] items) => items[random.Next(items.Length)];
}
