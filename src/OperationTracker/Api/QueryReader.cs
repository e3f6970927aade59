using System.Globalization;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;
using OperationTracker.Core.History;
using OperationTracker.Core.Operations;

namespace OperationTracker.Api;

/// <summary>
/// Reads the parameters of a request. Each fault is told by its parameter's name and never repeats the value; unknown
/// parameters are ignored.
/// </summary>
internal sealed class QueryReader(QueryString query, List<DocumentFault> faults)
{
    private readonly Dictionary<string, StringValues> _values = Values(query);

    public void Fault(string name, string reason, FaultKind kind = FaultKind.Value) =>
        faults.Add(new DocumentFault(kind, "", $"The parameter {name} {reason}."));

    public bool Has(string name) => _values.ContainsKey(name);

    public string? Text(string name)
    {
        if (!_values.TryGetValue(name, out var values))
            return null;
        if (values is not [{ } text])
            Fault(name, "stands more than once");
        else if (!IsStorable(text))
            Fault(name, "holds U+0000 or half of a surrogate pair");
        else
            return text;
        return null;
    }

    /// <summary>A text of so many characters.</summary>
    public string? Text(string name, int least, int most)
    {
        if (Text(name) is not { } text)
            return null;
        var length = text.EnumerateRunes().Count();
        if (length < least)
            Fault(name, "must not be empty");
        else if (length > most)
            Fault(name, $"must not be longer than {most} characters", FaultKind.Range);
        else
            return text;
        return null;
    }

    /// <summary>The values of a parameter that may stand several times.</summary>
    public ValueList<string> Texts(string name)
    {
        string?[] texts = [.. _values.GetValueOrDefault(name)];
        if (texts.All(text => text is not null && IsStorable(text)))
            return [.. texts.OfType<string>()];
        Fault(name, "holds U+0000 or half of a surrogate pair");
        return [];
    }

    public int? Word(string name, string[] words) => Text(name) is { } text ? IndexOf(name, text, words) : null;

    public IEnumerable<int> Words(string name, string[] words)
    {
        var values = _values.GetValueOrDefault(name);
        return [.. values.Select(text => IndexOf(name, text ?? "", words)).OfType<int>()];
    }

    public string? Time(string name)
    {
        var text = Text(name);
        if (text is null || OperationTime.IsValid(text))
            return text;
        Fault(name, OperationTime.Rule);
        return null;
    }

    public long? Number(string name, long from, long to)
    {
        if (Text(name) is not { } text)
            return null;
        if (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
            Fault(name, "must be an integer");
        else if (number < from || number > to)
            Fault(name, $"must be from {from} to {to}", FaultKind.Range);
        else
            return number;
        return null;
    }

    public Instant? Instant(string name, InstantReader instants)
    {
        if (Text(name) is not { } text)
            return null;
        // A plus sign that was not escaped comes as a space, which no instant holds otherwise.
        if (instants.Read(text.Replace(' ', '+'), out var fault) is { } instant)
            return instant;
        Fault(name, fault!);
        return null;
    }

    /// <summary>
    /// The values of each name. <c>Format</c> is not <c>format</c>, though the web server's own reader has it so.
    /// </summary>
    private static Dictionary<string, StringValues> Values(QueryString query)
    {
        var values = new Dictionary<string, StringValues>(StringComparer.Ordinal);
        foreach (var pair in new QueryStringEnumerable(query.Value))
        {
            var name = pair.DecodeName().ToString();
            values[name] = StringValues.Concat(values.GetValueOrDefault(name), pair.DecodeValue().ToString());
        }

        return values;
    }

    private int? IndexOf(string name, string text, string[] words)
    {
        var index = Array.IndexOf(words, text);
        if (index >= 0)
            return index;
        Fault(name, $"must be one of {string.Join(", ", words)}");
        return null;
    }

    private static bool IsStorable(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\0' || (char.IsSurrogate(text[i]) && !char.IsSurrogatePair(text, i)))
                return false;
            if (char.IsSurrogate(text[i]))
                i++;
        }

        return true;
    }
}
