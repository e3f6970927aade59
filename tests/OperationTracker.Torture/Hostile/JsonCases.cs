using System.Text;

namespace OperationTracker.Torture.Hostile;

/// <summary>
/// Our own texts, by what can be right or wrong about JSON. Each is judged as the value of a member that the contract
/// does not name; as a whole body none of them is a document.
/// </summary>
internal static partial class JsonCases
{
    public static IReadOnlyList<JsonCase> All() =>
    [
        .. Of("structure", JsonVerdict.Kept, KeptStructures),
        .. Of("structure", JsonVerdict.Refused, RefusedStructures), .. Of("space", JsonVerdict.Kept, KeptSpaces),
        .. Of("space", JsonVerdict.Refused, RefusedSpaces), .. Of("duplicate", JsonVerdict.Refused, Duplicates),
        .. Of("trailing", JsonVerdict.Refused, Trailing),
        .. Of("nesting", JsonVerdict.Kept, [Nested("[", "]", 30), Nested("{\"a\":", "}", 30),
            Nested("[{\"a\":", "}]", 15), $"[{Zeros(9_900)}]"]),
        .. Of("nesting", JsonVerdict.Refused, [Nested("[", "]", 32), Nested("{\"a\":", "}", 32),
            Nested("[{\"a\":", "}]", 16), Nested("[", "]", 1_000), Nested("[", "", 100_000),
            Nested("{\"a\":", "", 20_000), Nested("[{\"\":", "", 50_000), Nested("", "]", 1_000),
            $"[{Zeros(10_001)}]", $"[{Nested("[],", "", 20_000)}0]"]),
        .. Of("number", JsonVerdict.Kept, KeptNumbers), .. Of("number", JsonVerdict.Refused, RefusedNumbers),
        .. Of("number", JsonVerdict.Either, ["0e309", "10e308", "0.0000000001e-308", "1e0308",
            "1e+0000000000000000002"]),
        .. Of("string", JsonVerdict.Kept, [.. KeptStrings, Quoted(new string('ä', 100_000))]),
        .. Of("string", JsonVerdict.Refused, [.. RefusedStrings,
            .. Enumerable.Range(0, 32).Select(code => $"\"a{(char)code}b\"")]),
        .. OfBytes("utf8", JsonVerdict.Kept, KeptBytes), .. OfBytes("utf8", JsonVerdict.Refused, RefusedBytes),
        .. new[] { Encoding.Unicode, Encoding.BigEndianUnicode, Encoding.UTF32 }.SelectMany(encoding => new JsonCase[]
        {
            new($"n_{encoding.WebName}", encoding.GetBytes("\"a\""), JsonVerdict.Refused),
            new($"n_{encoding.WebName}_marked", [.. encoding.GetPreamble(), .. encoding.GetBytes("{}")],
                JsonVerdict.Refused),
        }),
    ];

    /// <summary>What may stand around a sound document, and what may not: what comes before it, and after it.</summary>
    public static IReadOnlyList<(string Before, string After, bool IsKept)> Frames { get; } =
    [
        ("", "", true), (" ", "", true), ("", " ", true), ("\r\n\t ", "\n\n", true), ("\ufeff", "", true),
        ("\ufeff \n", "\t", true), ("\ufeff\ufeff", "", false), ("", "\ufeff", false), (" \ufeff", "", false),
        ("", "\0", false), ("\0", "", false), ("", "x", false), ("", "{}", false), ("", ",", false), ("", "}", false),
        ("", "//", false), ("", "/**/", false), ("/**/", "", false), ("#", "", false), (")]}'\n", "", false),
        ("[", "]", false), ("{\"a\":", "}", false), ("(", ")", false), ("x=", "", false), ("", ";", false),
        ("\u00a0", "", false), ("\f", "", false), ("", "\u001a", false), ("", "null", false), ("--\r\n", "", false),
        ("", "\u2060", false),
    ];

    private static IEnumerable<JsonCase> Of(string category, JsonVerdict verdict, IEnumerable<string> texts) =>
        texts.Select((text, i) => new JsonCase(NameOf(category, verdict, i), Encoding.UTF8.GetBytes(text), verdict));

    /// <summary>Bytes as the value of a member, and within the name of one.</summary>
    private static IEnumerable<JsonCase> OfBytes(string category, JsonVerdict verdict, IEnumerable<byte[]> texts) =>
        texts.SelectMany((bytes, i) => new JsonCase[]
        {
            new(NameOf(category, verdict, i), [(byte)'"', .. bytes, (byte)'"'], verdict),
            new(NameOf(category, verdict, i) + "_name", [.. "{\"a"u8, .. bytes, .. "\":0}"u8], verdict),
        });

    private static string NameOf(string category, JsonVerdict verdict, int number) =>
        $"{verdict switch { JsonVerdict.Kept => 'y', JsonVerdict.Refused => 'n', _ => 'i' }}_{category}_{number}";

    private static string Nested(string open, string close, int levels) =>
        string.Concat(Enumerable.Repeat(open, levels)) + (close.Length > 0 && open.EndsWith(':') ? "0" : "")
        + string.Concat(Enumerable.Repeat(close, levels));

    private static string Zeros(int count) => string.Join(',', Enumerable.Repeat('0', count));

    private static string Quoted(string text) => $"\"{text}\"";
}
