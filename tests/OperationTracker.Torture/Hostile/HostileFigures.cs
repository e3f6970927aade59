using System.Text.Json;

namespace OperationTracker.Torture.Hostile;

/// <summary>What a hostile run sent, was answered and found.</summary>
internal sealed record HostileFigures
{
    private static readonly JsonSerializerOptions Form = new()
    {
        WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public required int Seed { get; init; }

    public required double Seconds { get; init; }

    /// <summary>Requests that were answered, or hung up on as they deserve, by kind.</summary>
    public required SortedDictionary<string, long> Requests { get; init; }

    public required SortedDictionary<string, long> Answers { get; init; }

    public long Total => Requests.Values.Sum();

    /// <summary>What the tracker's process held after the warm-up, and at the end; megabytes.</summary>
    public required double MegabytesAfterWarmUp { get; init; }

    public required double MegabytesAtEnd { get; init; }

    /// <summary>How often the liveness was asked for, and how long it took at worst.</summary>
    public required int LivenessChecks { get; init; }

    public required double SlowestLivenessMs { get; init; }

    public required int LogLines { get; init; }

    public required IReadOnlyCollection<string> Findings { get; init; }

    public string ToJson() => JsonSerializer.Serialize(this, Form);
}
