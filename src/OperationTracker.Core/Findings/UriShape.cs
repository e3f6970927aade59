using System.Text.RegularExpressions;

namespace OperationTracker.Core.Findings;

/// <summary>
/// What is alike in uris of the same kind of request: the path, with <c>*</c> for each segment that holds a digit, but
/// the version of an interface (<c>v1</c>). <c>/v1/clusters/7/nodes/leafs</c> is like
/// <c>/v1/clusters/12/nodes/leafs</c>.
/// </summary>
public static partial class UriShape
{
    /// <summary>The shape of a uri.</summary>
    public static string Of(string uri)
    {
        var end = uri.IndexOfAny(['?', '#']);
        return string.Join('/', (end < 0 ? uri : uri[..end]).Split('/').Select(
            segment => segment.Any(char.IsAsciiDigit) && !Version().IsMatch(segment) ? "*" : segment));
    }

    [GeneratedRegex(@"\Av[0-9]{1,3}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Version();
}
