using Microsoft.Net.Http.Headers;
using OperationTracker.Core;

namespace OperationTracker.Api;

/// <summary>What a request's headers ask for, as the contract's rules 6 and 11 judge it.</summary>
internal static class Negotiation
{
    /// <summary>The media type of RFC 6902.</summary>
    public const string JsonPatchType = "application/json-patch+json";

    private static readonly MediaTypeHeaderValue Json = new("application/json");
    private static readonly MediaTypeHeaderValue JsonPatch = new(JsonPatchType);

    /// <summary>Whether the client takes JSON. One that does not say takes anything.</summary>
    public static bool AcceptsJson(HttpRequest request) => Accepts(request, Json);

    /// <summary>Whether the client takes a JSON Patch, which is JSON too.</summary>
    public static bool AcceptsJsonPatch(HttpRequest request) => Accepts(request, JsonPatch);

    private static bool Accepts(HttpRequest request, MediaTypeHeaderValue type)
    {
        if (request.Headers.Accept.Count == 0
            || !MediaTypeHeaderValue.TryParseList(request.Headers.Accept!, out var accepted) || accepted.Count == 0)
            return true;
        var match = accepted.Where(range => type.IsSubsetOf(WithoutParameters(range))).MaxBy(Precision);
        return match is not null && match.Quality != 0;
    }

    /// <summary>Whether the body is JSON in UTF-8, plainly. No Content-Type is taken as JSON.</summary>
    public static bool SendsJson(HttpRequest request)
    {
        if (request.Headers.ContentEncoding.Count > 0)
            return false;
        if (request.Headers.ContentType.Count == 0)
            return true;
        return MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
            && type.MediaType.Equals(Json.MediaType, StringComparison.OrdinalIgnoreCase)
            && (!type.Charset.HasValue || HeaderUtilities.RemoveQuotes(type.Charset)
                .Equals("utf-8", StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>
    /// The condition of a PUT; null when the headers cannot be read or ask for what a PUT cannot mean.
    /// </summary>
    public static PutCondition? ReadCondition(HttpRequest request)
    {
        var headers = request.Headers;
        if (headers.IfMatch.Count == 0 && headers.IfNoneMatch.Count == 0)
            return PutCondition.None;
        var mustNotExist = headers.IfNoneMatch.Count > 0;
        if (mustNotExist && headers.IfNoneMatch.ToString().Trim() != "*")
            return null;
        if (headers.IfMatch.Count == 0)
            return new PutCondition(MustNotExist: true);
        if (!EntityTagHeaderValue.TryParseStrictList(headers.IfMatch!, out var tags) || tags.Count == 0)
            return null;
        return tags.Any(IsAny)
            ? new PutCondition(MustExist: true, MustNotExist: mustNotExist)
            : new PutCondition(
                false, mustNotExist, [.. tags.Where(tag => !tag.IsWeak).Select(tag => tag.Tag.ToString())]);
    }

    /// <summary>
    /// The one ETag that a client says it has, as nearly all that ask so do; null when it names none or several.
    /// </summary>
    public static string? KnownETag(HttpRequest request) =>
        request.Headers.IfNoneMatch is [{ } tag] && tag.StartsWith('"') && tag.IndexOf('"', 1) == tag.Length - 1
            ? tag
            : null;

    /// <summary>
    /// Whether the client has what it would get. Its tags are compared weakly, as HTTP has it for reads.
    /// </summary>
    public static bool AlreadyHas(HttpRequest request, string etag)
    {
        var header = request.Headers.IfNoneMatch;
        if (header.Count == 0)
            return false;
        if (header.Count == 1 && header[0] == etag)
            return true;
        return EntityTagHeaderValue.TryParseList(header!, out var tags)
            && tags.Any(tag => IsAny(tag) || tag.Tag.Equals(etag, StringComparison.Ordinal));
    }

    private static bool IsAny(EntityTagHeaderValue tag) => tag.Tag.Equals("*", StringComparison.Ordinal);

    private static MediaTypeHeaderValue WithoutParameters(MediaTypeHeaderValue range) => new(range.MediaType);

    private static int Precision(MediaTypeHeaderValue range) =>
        range.MatchesAllTypes ? 0 : range.MatchesAllSubTypes ? 1 : 2;
}
