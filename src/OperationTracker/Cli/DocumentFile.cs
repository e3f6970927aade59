using System.Text.Json;

namespace OperationTracker.Cli;

/// <summary>
/// The document to put: bytes that nobody here decodes. Only the operation_id is looked up, because the path needs it;
/// whether the document is any good is the tracker's to say.
/// </summary>
internal static class DocumentFile
{
    private const string StandardInput = "-";

    /// <summary>
    /// Far deeper than a tracker allows, so that its answer, which names the fault, is what the person reads.
    /// </summary>
    private const int Depth = 1_000;

    public static async Task<byte[]> ReadAsync(string file, CancellationToken token)
    {
        try
        {
            return file == StandardInput
                ? await ReadStandardInputAsync(token)
                : await File.ReadAllBytesAsync(file, token);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new ExitException(ExitCodes.Usage, $"'{file}' cannot be read: {failure.Message}");
        }
    }

    /// <summary>The first top-level string member called operation_id.</summary>
    public static string OperationId(ReadOnlySpan<byte> document)
    {
        ReadOnlySpan<byte> byteOrderMark = [0xEF, 0xBB, 0xBF];
        if (document.StartsWith(byteOrderMark)) document = document[byteOrderMark.Length..];
        try
        {
            return FindOperationId(document) ?? throw Unusable("has no operation_id; name one with --id");
        }
        catch (JsonException)
        {
            throw Unusable("is not JSON");
        }
        catch (InvalidOperationException)
        {
            throw Unusable("has an operation_id that is not text");
        }
    }

    /// <summary>Reads to the end although the id stands first: half a document is not JSON.</summary>
    private static string? FindOperationId(ReadOnlySpan<byte> document)
    {
        string? found = null;
        var reader = new Utf8JsonReader(document, new JsonReaderOptions { MaxDepth = Depth });
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject) throw Unusable("is not a JSON object");
        while (reader.Read())
        {
            if (reader.CurrentDepth != 1 || reader.TokenType != JsonTokenType.PropertyName) continue;
            var isId = found is null && reader.ValueTextEquals("operation_id"u8);
            reader.Read();
            if (isId) found = reader.GetString();
            reader.Skip();
        }
        return found;
    }

    private static ExitException Unusable(string why) => new(ExitCodes.Usage, $"The document {why}.");

    /// <summary>A read of the console cannot be canceled; leaving it behind ends the command at once.</summary>
    private static async Task<byte[]> ReadStandardInputAsync(CancellationToken token)
    {
        using var bytes = new MemoryStream();
        using var input = Console.OpenStandardInput();
        await input.CopyToAsync(bytes, token).WaitAsync(token);
        return bytes.ToArray();
    }
}
