using System.Globalization;

namespace OperationTracker.Core.Audit;

/// <summary>
/// The head of the log's tree at some moment, in the text form of transparency logs (C2SP tlog-checkpoint), so that
/// their witnesses and tools can be used. What a verifier keeps elsewhere.
/// </summary>
/// <param name="Origin">Which log it is; the name of its key too.</param>
/// <param name="Size">How many events it covers: those at positions 1 to this.</param>
/// <param name="Root">The root of the tree over them.</param>
/// <param name="Time">When it was made, by the clock of who made it; null when it is not told.</param>
public sealed record Checkpoint(string Origin, long Size, ReadOnlyMemory<byte> Root, DateTimeOffset? Time)
{
    private const string TimeLine = "time ";
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss'Z'";

    /// <summary>
    /// Whether a text can name a log: neither empty, nor with spaces, control characters or a plus sign.
    /// </summary>
    public static bool IsOrigin(string text) =>
        text.Length > 0 && !text.Any(letter => char.IsWhiteSpace(letter) || char.IsControl(letter) || letter == '+');

    /// <summary>The text that is signed.</summary>
    public string ToText() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Origin}\n{Size}\n{Convert.ToBase64String(Root.Span)}\n{(Time is { } time
            ? $"{TimeLine}{time.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture)}\n" : "")}");

    /// <summary>Reads a checkpoint from a signed note, whoever signed it, or from its text alone.</summary>
    /// <exception cref="FormatException">It is neither.</exception>
    public static Checkpoint OfNote(string note) =>
        Parse(note.Contains("\n\n", StringComparison.Ordinal) ? SignedNote.TextOf(note) : note);

    /// <summary>
    /// Reads the text of a checkpoint. Lines that are not known are passed over, as the format wants it.
    /// </summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static Checkpoint Parse(string text)
    {
        var lines = text.Split('\n');
        if (lines.Length < 4 || lines[^1].Length > 0 || !IsOrigin(lines[0]))
            throw new FormatException("A checkpoint has the log's name, a size and a root hash, each in a line.");
        if (!long.TryParse(lines[1], NumberStyles.None, CultureInfo.InvariantCulture, out var size)
            || size.ToString(CultureInfo.InvariantCulture) != lines[1])
            throw new FormatException("The second line of a checkpoint is the number of events, in decimal.");
        var root = new byte[EventSeal.HashLength];
        if (!Convert.TryFromBase64String(lines[2], root, out var length) || length != root.Length)
            throw new FormatException("The third line of a checkpoint is 32 bytes in Base64.");
        var told = lines.Skip(3).FirstOrDefault(line => line.StartsWith(TimeLine, StringComparison.Ordinal));
        return new Checkpoint(lines[0], size, root, DateTimeOffset.TryParseExact(
            told?[TimeLine.Length..], TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal,
            out var time) ? time : null);
    }
}
