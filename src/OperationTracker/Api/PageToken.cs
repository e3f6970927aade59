using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using OperationTracker.Core.EventStore;

namespace OperationTracker.Api;

/// <summary>
/// Where the next page of a list begins: a place and a mark of the filters and the instant that it
/// belongs to. Opaque to clients; it
/// holds nothing that they have not seen, so it is not signed.
/// </summary>
internal static class PageToken
{
    private const int MarkLength = 16;

    public static string Write(ListPosition position, OperationFilter filter, DateTimeOffset? asOf) =>
        Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(
            new[] { MarkOf(filter, asOf), position.OccurredTime, position.OperationId }));

    /// <summary>The place; null when the text is no token, or that of another filter.</summary>
    public static ListPosition? Read(string token, OperationFilter filter, DateTimeOffset? asOf)
    {
        try
        {
            return JsonSerializer.Deserialize<string[]>(Base64Url.DecodeFromChars(token)) is
                [{ } mark, { } occurredTime, { } operationId]
                && mark == MarkOf(filter, asOf) && IsText(occurredTime) && IsText(operationId)
                    ? new ListPosition(occurredTime, operationId)
                    : null;
        }
        catch (Exception fault) when (fault is FormatException or JsonException)
        {
            return null;
        }
    }

    private static bool IsText(string text) => !text.Contains('\0') && !text.Any(char.IsSurrogate);

    private static string MarkOf(OperationFilter filter, DateTimeOffset? asOf)
    {
        string?[] parts =
        [
            string.Join(',', filter.Statuses.Distinct().Order()), filter.ClusterId, filter.Method?.ToString(),
            filter.UriPrefix, filter.OccurredFrom, filter.OccurredTo, filter.UpdatedFrom, filter.UpdatedTo,
            // Only where there is one, so that the tokens of nodes that know no instants stay good.
            .. asOf is { } instant ? [instant.UtcTicks.ToString(CultureInfo.InvariantCulture)] : Array.Empty<string>(),
        ];
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(parts)));
        return Convert.ToHexStringLower(hash)[..MarkLength];
    }
}
