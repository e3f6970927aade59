using System.Globalization;
using System.Text;
using System.Text.Json;

namespace OperationTracker.Tests.Operations;

/// <summary>
/// Writes JSON as some sender might: members in any order, any white space, any character escaped in any allowed way,
/// a byte order mark or none. Random, and independent of the product's writer.
/// </summary>
internal sealed class SenderWriter
{
    private static readonly string[] Blanks = [" ", "\n", "\r\n", "\t", "  \n\t "];

    private readonly Random _random;
    private readonly StringBuilder _text = new();
    private readonly bool _shuffles;
    private readonly int _blankPercent;
    private readonly int _escapePercent;

    private SenderWriter(Random random)
    {
        _random = random;
        _shuffles = random.Next(2) == 0;
        _blankPercent = random.Next(3) == 0 ? 30 : 0;
        _escapePercent = random.Next(3) switch { 0 => 100, 1 => 10, _ => 0 };
    }

    public static byte[] Write(JsonTree tree, Random random)
    {
        var writer = new SenderWriter(random);
        if (random.Next(20) == 0)
            writer._text.Append('\uFEFF');
        writer.Value(tree);
        return Encoding.UTF8.GetBytes(writer._text.ToString());
    }

    private void Value(JsonTree tree)
    {
        Blank();
        switch (tree.Kind)
        {
            case JsonValueKind.Object:
                var members = tree.Members.ToArray();
                if (_shuffles)
                    _random.Shuffle(members);
                Sequence('{', members, member =>
                {
                    Blank();
                    Quote(member.Name);
                    Blank();
                    _text.Append(':');
                    Value(member.Value);
                }, '}');
                break;
            case JsonValueKind.Array:
                Sequence('[', [.. tree.Items], Value, ']');
                break;
            case JsonValueKind.String:
                Quote(tree.Text);
                break;
            default:
                _text.Append(tree.Text);
                break;
        }

        Blank();
    }

    private void Sequence<T>(char open, T[] items, Action<T> write, char close)
    {
        _text.Append(open);
        for (var i = 0; i < items.Length; i++)
        {
            if (i > 0)
                _text.Append(',');
            write(items[i]);
        }

        Blank();
        _text.Append(close);
    }

    private void Blank()
    {
        if (_random.Next(100) < _blankPercent)
            _text.Append(Blanks[_random.Next(Blanks.Length)]);
    }

    private void Quote(string value)
    {
        _text.Append('"');
        var escaped = value.Length < 200 && _random.Next(100) < _escapePercent;
        for (var i = 0; i < value.Length; i++)
        {
            var unit = value[i];
            // Both halves of a pair are escaped, or neither.
            if (char.IsHighSurrogate(unit))
            {
                var low = value[++i];
                if (escaped)
                {
                    Escape(unit);
                    Escape(low);
                }
                else
                {
                    _text.Append(unit).Append(low);
                }

                continue;
            }

            if (Short(unit) is { } letter && (!escaped || _random.Next(2) == 0))
                _text.Append('\\').Append(letter);
            else if (unit < ' ' || unit is '"' or '\\' || (escaped && _random.Next(2) == 0))
                Escape(unit);
            else
                _text.Append(unit);
        }

        _text.Append('"');
    }

    private void Escape(char unit) => _text.Append("\\u").Append(
        ((int)unit).ToString(_random.Next(2) == 0 ? "x4" : "X4", CultureInfo.InvariantCulture));

    private char? Short(char unit) => unit switch
    {
        '"' => '"',
        '\\' => '\\',
        '\b' => 'b',
        '\f' => 'f',
        '\n' => 'n',
        '\r' => 'r',
        '\t' => 't',
        '/' when _escapePercent > 0 => '/',
        _ => null,
    };
}
