using System.Globalization;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;
using OperationTracker.Core.EventStore;
using OperationTracker.Core.Operations;

namespace OperationTracker.Api;

/// <summary>What a request for the list asks for.</summary>
/// <param name="Detailed">Documents without bodies, or ids only.</param>
/// <param name="Filter">Which operations.</param>
/// <param name="After">Where the page begins; null for the beginning.</param>
/// <param name="Limit">Operations of the page; null for all there are.</param>
internal sealed record ListParameters(bool Detailed, OperationFilter Filter, ListPosition? After, int? Limit)
{
    private const int MaxLimit = 1000;

    /// <summary>Operations of a page when the client names a token and no limit.</summary>
    private const int DefaultLimit = 100;

    /// <summary>Reads the query. All its faults are told, each by its parameter's name; unknown parameters are ignored.</summary>
    public static ListParameters? Read(QueryString query, List<DocumentFault> faults)
    {
        var reader = new QueryReader(Values(query), faults);
        var format = reader.Word("format", ["list", "detail-list"]);
        var filter = new OperationFilter
        {
            Statuses = [.. reader.Words("status", Words<OperationStatus>(OperationStatuses.ToText))
                .Select(index => (OperationStatus)index)],
            ClusterId = reader.Text("cluster_id"),
            Method = (RequestMethod?)reader.Word("method", Words<RequestMethod>(RequestMethods.ToText)),
            UriPrefix = reader.Text("uri"),
            OccurredFrom = reader.Time("occurred_from"),
            OccurredTo = reader.Time("occurred_to"),
            UpdatedFrom = reader.Time("updated_from"),
            UpdatedTo = reader.Time("updated_to"),
        };
        var limit = reader.Number("limit", 1, MaxLimit);
        ListPosition? after = null;
        if (reader.Text("page_token") is { } token)
        {
            after = PageToken.Read(token, filter);
            limit ??= DefaultLimit;
            if (after is null)
                reader.Fault("page_token", "is not a token of this list with these filters");
        }

        return faults.Count == 0 ? new ListParameters(format == 1, filter, after, limit) : null;
    }

    /// <summary>The values of each name. <c>Format</c> is not <c>format</c>, though the web server's own reader has it so.</summary>
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

    private static string[] Words<T>(Func<T, string> toText)
        where T : struct, Enum => [.. Enum.GetValues<T>().Select(toText)];

    private sealed class QueryReader(Dictionary<string, StringValues> query, List<DocumentFault> faults)
    {
        public void Fault(string name, string reason, FaultKind kind = FaultKind.Value) =>
            faults.Add(new DocumentFault(kind, "", $"The parameter {name} {reason}."));

        public string? Text(string name)
        {
            if (!query.TryGetValue(name, out var values))
                return null;
            if (values is not [{ } text])
                Fault(name, "stands more than once");
            else if (!IsStorable(text))
                Fault(name, "holds U+0000 or half of a surrogate pair");
            else
                return text;
            return null;
        }

        public int? Word(string name, string[] words) => Text(name) is { } text ? IndexOf(name, text, words) : null;

        public IEnumerable<int> Words(string name, string[] words)
        {
            var values = query.GetValueOrDefault(name);
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

        public int? Number(string name, int from, int to)
        {
            if (Text(name) is not { } text)
                return null;
            if (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
                Fault(name, "must be an integer");
            else if (number < from || number > to)
                Fault(name, $"must be from {from} to {to}", FaultKind.Range);
            else
                return (int)number;
            return null;
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
}
