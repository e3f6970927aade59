using System.Security.Cryptography;

namespace OperationTracker.Cli;

/// <summary>Keys that sign checkpoints: ECDSA over P-256, as PEM, outside the database.</summary>
internal static class AuditKey
{
    private const string Curve = "1.2.840.10045.3.1.7";

    /// <summary>Writes a new private key, for its owner's eyes only, and its public key beside it.</summary>
    /// <exception cref="ExitException">One of the files is there already, or cannot be written.</exception>
    public static void Create(string file)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Write(file, key.ExportPkcs8PrivateKeyPem() + "\n", UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Write(
            file + ".pub", key.ExportSubjectPublicKeyInfoPem() + "\n",
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
    }

    /// <summary>Reads a private or a public key.</summary>
    /// <exception cref="ExitException">The file is not there, or holds no such key.</exception>
    public static ECDsa Read(string file)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(File.ReadAllText(file));
            if (key.ExportParameters(false).Curve.Oid.Value == Curve)
                return key;
        }
        catch (Exception fault) when (fault is ArgumentException or CryptographicException)
        {
            // Told below, without the library's words, which may be of another key.
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new ExitException(ExitCodes.Usage, $"The key {file} cannot be read: {fault.Message}");
        }

        throw new ExitException(ExitCodes.Usage, $"{file} holds no key of ECDSA over P-256 in PEM.");
    }

    private static void Write(string file, string text, UnixFileMode mode)
    {
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
                options.UnixCreateMode = mode;
            using var stream = new FileStream(file, options);
            using var writer = new StreamWriter(stream);
            writer.Write(text);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new ExitException(ExitCodes.Failed, $"{file} cannot be written: {fault.Message}");
        }
    }
}
