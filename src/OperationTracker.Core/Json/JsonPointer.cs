namespace OperationTracker.Core.Json;

/// <summary>JSON Pointers (RFC 6901).</summary>
public static class JsonPointer
{
    /// <summary>A member's name as a segment of a pointer.</summary>
    public static string Escape(string name) =>
        name.AsSpan().ContainsAny('~', '/') ? name.Replace("~", "~0").Replace("/", "~1") : name;

    /// <summary>The names and indexes that a pointer goes through; null when it is not a pointer.</summary>
    public static IReadOnlyList<string>? Split(string pointer)
    {
        if (pointer.Length == 0)
            return [];
        if (pointer[0] != '/')
            return null;
        return [.. pointer[1..].Split('/').Select(segment => segment.Replace("~1", "/").Replace("~0", "~"))];
    }
}
