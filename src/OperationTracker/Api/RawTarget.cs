using System.Text;
using Microsoft.AspNetCore.Http.Features;
using OperationTracker.Core.Operations;

namespace OperationTracker.Api;

/// <summary>
/// Reads the operation's id from the request's target as it came over the wire. The web server's own path is decoded
/// and cleaned up already, by which unlike ids become alike: <c>a%2Fb</c> and <c>a%252Fb</c>, <c>x/../b</c> and
/// <c>b</c>.
/// </summary>
internal static class RawTarget
{
    private const string Collection = "/v1/operations";

    /// <summary>
    /// What may follow an id, in this spelling only. An operation may have such a name: <c>/events</c> is its id then.
    /// </summary>
    private static readonly string[] Parts = ["/events", "/diff"];

    /// <summary>Sends each target to the route that it means, and no other.</summary>
    public static Task RouteAsync(HttpContext context, RequestDelegate next)
    {
        var path = PathOf(context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget);
        if (!path.StartsWith(Collection, StringComparison.Ordinal))
        {
            return context.Request.Path.StartsWithSegments(Collection, StringComparison.OrdinalIgnoreCase)
                ? ApiErrors.WriteAsync(context, ApiErrors.NotFound)
                : next(context);
        }

        var rest = path[Collection.Length..];
        if (rest is "" or "/")
        {
            context.Request.Path = Collection;
            return next(context);
        }

        var segment = rest[1..];
        var slash = segment.IndexOf('/');
        var part = slash < 0 ? "" : segment[slash..].ToString();
        if (rest[0] != '/' || (slash >= 0 && !Parts.Contains(part)))
            return ApiErrors.WriteAsync(context, ApiErrors.NotFound);
        if (!OperationId.TryParse(DecodeOnce(segment[..^part.Length].ToString()), out var id))
            return ApiErrors.WriteAsync(context, ApiErrors.Value, $"The operation_id in the path {OperationId.Rule}");
        if (!path.SequenceEqual(context.Request.Path.Value))
            context.Request.Path = $"{Collection}/{id}{part}";
        return next(context);
    }

    /// <summary>The target without its query, and without the scheme and host of the absolute form.</summary>
    private static ReadOnlySpan<char> PathOf(string target)
    {
        var path = target.AsSpan();
        if (path.StartsWith("http", StringComparison.OrdinalIgnoreCase) && path.IndexOf("://") is > 0 and var scheme)
        {
            path = path[(scheme + 3)..];
            var slash = path.IndexOfAny('/', '?');
            path = slash < 0 ? "/" : path[slash..];
        }

        var query = path.IndexOf('?');
        return query < 0 ? path : path[..query];
    }

    /// <summary>The text after one decoding; null when it is not the encoding of any text.</summary>
    private static string? DecodeOnce(string segment)
    {
        if (!segment.Contains('%'))
            return segment;
        var bytes = new List<byte>(segment.Length);
        for (var i = 0; i < segment.Length; i++)
        {
            if (segment[i] != '%')
            {
                bytes.AddRange(Encoding.UTF8.GetBytes(segment[i].ToString()));
                continue;
            }

            if (i + 2 >= segment.Length || !char.IsAsciiHexDigit(segment[i + 1])
                || !char.IsAsciiHexDigit(segment[i + 2]))
                return null;
            bytes.Add(Convert.ToByte(segment.Substring(i + 1, 2), 16));
            i += 2;
        }

        return Encoding.UTF8.GetString([.. bytes]);
    }
}
