using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;

namespace OperationTracker.Core.Audit;

/// <summary>
/// What turns the values of one event that may be redacted into the commitments that its hash is made of. A commitment
/// is SHA-256 over a salt of 32 bytes and the value's UTF-8; the salt of the n-th value, from 0, is SHA-256 over the
/// event's secret and n as four bytes, the highest first. Once a value is redacted the secret is destroyed: what is
/// kept in its place are the salts of the other values and the bare commitment of that one, from which nobody can guess
/// it.
/// </summary>
public sealed class EventOpenings
{
    /// <summary>Bytes of a secret: 128 bits that nobody can guess.</summary>
    public const int SecretLength = 16;

    private const int EntryLength = 1 + SHA256.HashSizeInBytes;
    private const int StackBytes = 512;
    private const byte SaltFollows = 0;
    private const byte CommitmentFollows = 1;

    private readonly byte[]? _secret;
    private readonly byte[] _entries;

    private EventOpenings(byte[]? secret, byte[] entries) => (_secret, _entries) = (secret, entries);

    /// <summary>Of an event in which nothing is redacted.</summary>
    public static EventOpenings OfSecret(byte[] secret) => new(secret, []);

    /// <summary>Of an event in which something is, as <see cref="ToBytes"/> gave them.</summary>
    /// <exception cref="FormatException">These are no openings.</exception>
    public static EventOpenings OfBytes(byte[] entries) =>
        entries.Length % EntryLength == 0 && Enumerable.Range(0, entries.Length / EntryLength)
            .All(index => entries[index * EntryLength] is SaltFollows or CommitmentFollows)
            ? new EventOpenings(null, entries)
            : throw new FormatException("These are not the openings of an event.");

    /// <summary>Whether the value of this number is redacted.</summary>
    public bool IsRedacted(int index) =>
        _secret is null && Entry(index) is [CommitmentFollows, ..];

    /// <summary>
    /// Writes the commitment of the value of this number; a redacted one has it whatever stands there now.
    /// </summary>
    public void Commit(int index, ReadOnlySpan<byte> value, Span<byte> commitment)
    {
        Span<byte> salt = stackalloc byte[SHA256.HashSizeInBytes];
        if (_secret is not null)
        {
            Salt(_secret, index, salt);
        }
        else if (Entry(index) is not [var tag, .. var bytes])
        {
            // More values than there were: the event is another one now, and so is the hash.
            commitment.Clear();
            return;
        }
        else if (tag == CommitmentFollows)
        {
            bytes.CopyTo(commitment);
            return;
        }
        else
        {
            bytes.CopyTo(salt);
        }

        var length = salt.Length + value.Length;
        var rented = length <= StackBytes ? null : ArrayPool<byte>.Shared.Rent(length);
        var salted = rented is null ? stackalloc byte[length] : rented.AsSpan(0, length);
        salt.CopyTo(salted);
        value.CopyTo(salted[salt.Length..]);
        SHA256.HashData(salted, commitment);
        if (rented is not null)
            ArrayPool<byte>.Shared.Return(rented, clearArray: true);
    }

    /// <summary>These openings without those of some values.</summary>
    /// <param name="values">The UTF-8 of all values of the event, in order, as they are before the redaction.</param>
    /// <param name="redacted">The numbers of those that are redacted.</param>
    public EventOpenings Without(IReadOnlyList<byte[]> values, IReadOnlySet<int> redacted)
    {
        var entries = new byte[values.Count * EntryLength];
        for (var index = 0; index < values.Count; index++)
        {
            var entry = entries.AsSpan(index * EntryLength, EntryLength);
            if (redacted.Contains(index) || IsRedacted(index))
            {
                entry[0] = CommitmentFollows;
                Commit(index, values[index], entry[1..]);
            }
            else if (_secret is not null)
            {
                Salt(_secret, index, entry[1..]);
            }
            else
            {
                Entry(index).CopyTo(entry);
            }
        }

        return new EventOpenings(null, entries);
    }

    /// <summary>As they are kept once there is no secret any more.</summary>
    public byte[] ToBytes() => _secret is null
        ? _entries
        : throw new InvalidOperationException("The openings of an event with its secret are the secret.");

    private ReadOnlySpan<byte> Entry(int index) =>
        (index + 1) * EntryLength <= _entries.Length ? _entries.AsSpan(index * EntryLength, EntryLength) : default;

    private static void Salt(byte[] secret, int index, Span<byte> salt)
    {
        Span<byte> seed = stackalloc byte[SecretLength + sizeof(int)];
        secret.CopyTo(seed);
        BinaryPrimitives.WriteInt32BigEndian(seed[SecretLength..], index);
        SHA256.HashData(seed, salt);
    }
}
