using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Npgsql;

namespace OperationTracker.Postgres.Projections;

/// <summary>
/// Rows in the binary form that COPY reads (PostgreSQL's manual, "COPY", Binary Format), encoded as they are added. The
/// client library's importer encodes value by value, each an awaited call: a quarter of what a rebuild cost the
/// process.
/// </summary>
internal sealed class CopyBuffer
{
    private const int FirstBytes = 64 * 1024;
    private const int LengthBytes = sizeof(int);
    private const int TextOid = 25;

    /// <summary>What the server counts times from.</summary>
    private static readonly DateTime Epoch = new(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    private readonly ArrayBufferWriter<byte> _bytes = new(FirstBytes);

    /// <summary>Bytes of the rows that were added since the last sending.</summary>
    public int Length => _bytes.WrittenCount;

    /// <summary>
    /// "PGCOPY", a line's end, a byte that is none of UTF-8, another line's end, and a zero: what damages files shows.
    /// </summary>
    private static ReadOnlySpan<byte> Signature => [0x50, 0x47, 0x43, 0x4f, 0x50, 0x59, 0x0a, 0xff, 0x0d, 0x0a, 0x00];

    /// <summary>Begins a row; as many values have to follow, in the order of the columns.</summary>
    public void BeginRow(int columns)
    {
        if (_bytes.WrittenCount == 0)
            WriteHeader();
        BinaryPrimitives.WriteInt16BigEndian(_bytes.GetSpan(sizeof(short)), (short)columns);
        _bytes.Advance(sizeof(short));
    }

    /// <summary>A <c>bigint</c>.</summary>
    public void Write(long value)
    {
        WriteNumber(sizeof(long));
        BinaryPrimitives.WriteInt64BigEndian(_bytes.GetSpan(sizeof(long)), value);
        _bytes.Advance(sizeof(long));
    }

    /// <summary>
    /// A <c>timestamptz</c>, in microseconds; the ends of the range are the infinities, as the client library reads
    /// them.
    /// </summary>
    public void Write(DateTime value) => Write(
        value == DateTime.MaxValue ? long.MaxValue
        : value == DateTime.MinValue ? long.MinValue
        : (value.Ticks - Epoch.Ticks) / TimeSpan.TicksPerMicrosecond);

    /// <summary>A <c>text</c>.</summary>
    public void Write(string value)
    {
        var bytes = _bytes.GetSpan(LengthBytes + Encoding.UTF8.GetMaxByteCount(value.Length));
        var length = Encoding.UTF8.GetBytes(value, bytes[LengthBytes..]);
        BinaryPrimitives.WriteInt32BigEndian(bytes, length);
        _bytes.Advance(LengthBytes + length);
    }

    /// <summary>A <c>text</c> in UTF-8.</summary>
    public void Write(ReadOnlySpan<byte> value)
    {
        WriteNumber(value.Length);
        _bytes.Write(value);
    }

    /// <summary>A <c>text[]</c>.</summary>
    public void Write(string[] values)
    {
        var lengths = values.Sum(Encoding.UTF8.GetByteCount);
        var dimensions = values.Length > 0 ? 1 : 0;
        WriteNumber((3 + (2 * dimensions) + values.Length) * sizeof(int) + lengths);
        WriteNumber(dimensions);
        WriteNumber(0);
        WriteNumber(TextOid);
        if (dimensions > 0)
        {
            WriteNumber(values.Length);
            WriteNumber(1);
        }

        foreach (var value in values)
            Write(value);
    }

    /// <summary>
    /// Sends the rows, if there are any, to a table by a statement <c>copy … from stdin (format binary)</c>, and
    /// forgets them.
    /// </summary>
    public async Task SendAsync(NpgsqlConnection connection, string statement, CancellationToken cancel)
    {
        if (_bytes.WrittenCount == 0)
            return;
        BinaryPrimitives.WriteInt16BigEndian(_bytes.GetSpan(sizeof(short)), -1);
        _bytes.Advance(sizeof(short));
        var copy = await connection.BeginRawBinaryCopyAsync(statement, cancel).ConfigureAwait(false);
        await using (copy.ConfigureAwait(false))
            await copy.WriteAsync(_bytes.WrittenMemory, cancel).ConfigureAwait(false);
        _bytes.ResetWrittenCount();
    }

    private void WriteHeader()
    {
        _bytes.Write(Signature);
        WriteNumber(0);
        WriteNumber(0);
    }

    private void WriteNumber(int value)
    {
        BinaryPrimitives.WriteInt32BigEndian(_bytes.GetSpan(sizeof(int)), value);
        _bytes.Advance(sizeof(int));
    }
}
