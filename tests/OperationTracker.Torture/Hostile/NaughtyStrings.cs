namespace OperationTracker.Torture.Hostile;

/// <summary>Our own texts that programs stumble over, by what they try.</summary>
internal static class NaughtyStrings
{
    private static readonly string[] Controls =
    [
        "\u0001", "\b", "\t", "\n", "\r", "\r\nX-Injected: 1", "\u001b[31mred", "\u001b]0;title\u0007", "\u007f",
        "\u0080\u0085\u009f", "a\u0001b", "\f\v", "\u0000", "before\u0000after", "line one\nline two", "\u001a",
    ];

    private static readonly string[] Unseen =
    [
        "\u202eright to left", "\u202aembedded\u202c", "\u2066isolated\u2069", "\u200e\u200f", "\u061c",
        "\u05d0\u05d1\u05d2 abc \u0661\u0662", "\u200b", "zero\u200bwidth", "\u200c\u200d", "\u2060", "\ufeff",
        "\ufeffmarked", "soft\u00adhyphen", "\u00a0", "\u3000", "\u2028", "\u2029", "\u180e", "\u115f", "\u3164",
        "\ufff9\ufffa\ufffb", "\u2063", "\u034f", " ", "  two  spaces  ",
    ];

    private static readonly string[] Composed =
    [
        "\u00e9", "e\u0301", "\u00c5", "\u212b", "A\u030a", "\u1e69", "s\u0323\u0307", "s\u0307\u0323", "\uac00",
        "\u1100\u1161", "\ufb01", "\u2126", "\u03a9", "Z\u0351\u036b\u0343\u036a\u0302\u036b\u033d",
        "e\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301", "\u0301", "\u0130", "\u0131", "I\u0307stanbul",
        "iI\u0131\u0130", "STRASSE stra\u00dfe \u1e9e", "\u03c3\u03c2\u03a3", "\u01c5",
    ];

    private static readonly string[] Wide =
    [
        "\ud83d\ude00", "\ud83d\udc68\u200d\ud83d\udc69\u200d\ud83d\udc67", "\ud83c\uddef\ud83c\uddf5",
        "\ud83d\udc4d\ud83c\udffd", "1\ufe0f\u20e3", "\ud834\udd1e", "\udbff\udfff", "\uffff", "\ufffe", "\ufdd0",
        "\ufffd", "\ue000", "\ud7ff", "\ud800", "\udc00", "\udc00\ud800", "a\ud83d", "\ude00z",
        "\u7530\u4e2d\u3055\u3093", "\u0e01\u0e4d\u0e32", "\u0928\u092e\u0938\u094d\u0924\u0947",
        "\u12a0\u121b\u122d\u129b", "\u2603", "\uff26\uff35\uff2c\uff2c", "\u0430\u0440\u0440\u04cf\u0435",
        "\u1d4b6\u1d4b7", "\u2800",
    ];

    private static readonly string[] Injections =
    [
        "'", "\"", "\\", "''", "';--", "' or '1'='1", "'; drop table tracker.mt_events; --", "1; select pg_sleep(10)",
        "$$;", "\\'; --", "%' or 1=1 --", "' union select null --", "\\x27", "E'\\\\'", "$(touch x)", "`id`",
        "; ls", "| cat /etc/passwd", "&& reboot", "$HOME", "%PATH%", "> /dev/null", "{{7*7}}", "${7*7}", "#{7*7}",
        "<%= 7*7 %>", "{0}", "{{0}}", "%s%s%s%n", "%d", "%x%x", "${jndi:ldap://127.0.0.1/a}",
        "${${lower:j}ndi:rmi://x}", "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>",
        "javascript:alert(1)", "<!--", "-->", "]]>", "<![CDATA[",
        "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b;</a>", "&amp;", "&#0;",
        "=1+1", "@SUM(1)", "*)(uid=*))(|(uid=*", "{\"$gt\":\"\"}", "__proto__", "constructor",
        "{\"operation_id\":\"other\"}", "\",\"status\":\"completed\",\"x\":\"", "\\u0000", "\\ud800", "\\\\u0041",
        "%00", "%0d%0a", "%252F", "+", "a+b%20c", "a&b=c", "#", "?", "a;b",
    ];

    private static readonly string[] Paths =
    [
        ".", "..", "...", "../../../../etc/passwd", "..\\..\\windows", "/etc/passwd", "file:///etc/passwd", "C:\\",
        "\\\\host\\share", "~", "~root", "/dev/zero", "-", "--help", "-rf", "*", "a/b", "a//b", "/", "CON", "con",
        "NUL", "PRN.txt", "aux", "COM1", "LPT9", "CLOCK$", ".git", ".htaccess", "a.", "a ", " a", "Thumbs.db",
        "desktop.ini", "events", "diff",
    ];

    private static readonly string[] LikeValues =
    [
        "null", "NULL", "undefined", "true", "False", "nil", "None", "NaN", "Infinity", "-Infinity", "0", "-0", "00",
        "1e131071", "1E2", "0x10", "1_000", "1,000", "1.0", "2147483648", "-9223372036854775809",
        "99999999999999999999999999999999", "\u0661\u0662\u0663", "\uff11", "\u00bd", "2026-02-30", "20261120_090000",
        "20260230_000000", "[]", "{}", "[object Object]", "\"\"", "", "Scunthorpe", "Robert'); --", "undefined\u0000",
        "(null)", "#REF!", "1/0", "\u221e",
    ];

    /// <summary>Every text once, with some that are long.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        .. Controls.Concat(Unseen).Concat(Composed).Concat(Wide).Concat(Injections).Concat(Paths).Concat(LikeValues)
            .Distinct(StringComparer.Ordinal),
        new string('a', 128), new string('b', 129), new string('c', 256), new string('d', 257), new string('e', 8_192),
        new string('f', 8_193), new string('\u00e9', 256), new string('\u3042', 256),
        string.Concat(Enumerable.Repeat("\ud83d\ude00", 128)), string.Concat(Enumerable.Repeat("\ud83d\ude00", 256)),
        new string('\\', 5_000),
        new string('"', 5_000), string.Concat(Enumerable.Repeat("e\u0301", 3_000)), new string(' ', 4_000),
        string.Concat(Enumerable.Repeat("\u001b", 2_000)),
    ];
}
