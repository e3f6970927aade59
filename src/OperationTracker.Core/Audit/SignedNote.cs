using System.Security.Cryptography;
using System.Text;

namespace OperationTracker.Core.Audit;

/// <summary>
/// Signed notes (C2SP signed-note): a text, an empty line, and a line for each signature: a dash, the key's name, and
/// in Base64 four bytes that tell keys of one name apart, then the signature. Keys are ECDSA over P-256, signatures DER
/// over the SHA-256 of the text, the four bytes the first of the SHA-256 of the key's SubjectPublicKeyInfo.
/// </summary>
public static class SignedNote
{
    private const string Dash = "\u2014 ";
    private const int KeyIdLength = 4;

    /// <summary>The text, signed.</summary>
    public static string Sign(string text, string keyName, ECDsa key)
    {
        var signature = key.SignData(
            Encoding.UTF8.GetBytes(text), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        return $"{text}\n{Dash}{keyName} {Convert.ToBase64String([.. KeyId(key), .. signature])}\n";
    }

    /// <summary>
    /// The text of a note that this key signed. Signatures of others are passed over; one of this key that is not right
    /// refuses the note.
    /// </summary>
    /// <exception cref="FormatException">It is no signed note.</exception>
    /// <exception cref="CryptographicException">The key has not signed it, or not this text.</exception>
    public static string Open(string note, ECDsa key)
    {
        var text = TextOf(note);
        var keyId = KeyId(key);
        var isSigned = false;
        foreach (var line in note[(text.Length + 1)..].Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = line.StartsWith(Dash, StringComparison.Ordinal) ? line[Dash.Length..].Split(' ') : [];
            var bytes = new byte[line.Length];
            if (parts.Length != 2 || !Convert.TryFromBase64String(parts[1], bytes, out var length)
                || length <= KeyIdLength)
                throw new FormatException("A signature's line is a dash, the key's name, and Base64.");
            if (!bytes.AsSpan(0, KeyIdLength).SequenceEqual(keyId))
                continue;
            isSigned = key.VerifyData(
                Encoding.UTF8.GetBytes(text), bytes.AsSpan(KeyIdLength, length - KeyIdLength), HashAlgorithmName.SHA256,
                DSASignatureFormat.Rfc3279DerSequence)
                ? true
                : throw new CryptographicException("The signature of the checkpoint is not that of this text.");
        }

        return isSigned ? text : throw new CryptographicException("The checkpoint is not signed by this key.");
    }

    /// <summary>The text of a note, whoever signed it.</summary>
    /// <exception cref="FormatException">It is no signed note.</exception>
    public static string TextOf(string note)
    {
        var end = note.LastIndexOf("\n\n", StringComparison.Ordinal);
        return end >= 0 && note.EndsWith('\n')
            ? note[..(end + 1)]
            : throw new FormatException("A signed note is a text, an empty line, and lines with signatures.");
    }

    private static byte[] KeyId(ECDsa key) => SHA256.HashData(key.ExportSubjectPublicKeyInfo())[..KeyIdLength];
}
