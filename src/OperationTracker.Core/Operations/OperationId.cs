using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace OperationTracker.Core.Operations;

/// <summary>
/// The id of an operation: 1 to <see cref="OperationLimits.OperationIdLength"/> of the characters that RFC 3986 calls
/// unreserved, and neither <c>.</c> nor <c>..</c>. So it stands in a path as it is and has one spelling. No meaning is
/// read out of it. An illegal id cannot be made; the default value is not an id and must not be used.
/// </summary>
public readonly record struct OperationId
{
    private static readonly SearchValues<char> Unreserved =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~");

    private OperationId(string value) => Value = value;

    /// <summary>The id as text; also the key of its stream.</summary>
    public string Value { get; }

    /// <summary>The rule in a sentence, for error details.</summary>
    public const string Rule = "must be 1 to 128 of the characters A-Z a-z 0-9 - . _ ~, and not . or ..";

    /// <summary>Whether <paramref name="text"/> keeps the rule.</summary>
    public static bool IsValid([NotNullWhen(true)] string? text) =>
        text is { Length: >= 1 and <= OperationLimits.OperationIdLength } and not ("." or "..")
        && !text.AsSpan().ContainsAnyExcept(Unreserved);

    /// <summary>Makes an id of <paramref name="text"/>, or says no.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out OperationId id)
    {
        var valid = IsValid(text);
        id = valid ? new OperationId(text!) : default;
        return valid;
    }

    /// <summary>Makes an id of <paramref name="text"/>.</summary>
    /// <exception cref="FormatException">The text does not keep the rule.</exception>
    public static OperationId Parse(string text) =>
        TryParse(text, out var id) ? id : throw new FormatException($"An operation id {Rule}.");

    /// <inheritdoc/>
    public override string ToString() => Value;
}
