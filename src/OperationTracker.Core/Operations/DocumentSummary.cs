using System.Buffers;
using System.Text.Json;

namespace OperationTracker.Core.Operations;

/// <summary>
/// A document without the bodies of its requests and responses, as the detailed list gives it: the text is cut, not
/// parsed and written again. Only the contract's own <c>body</c> members go; an unknown member of that name stays.
/// </summary>
public static class DocumentSummary
{
    /// <summary>
    /// The bytes of <paramref name="document"/>, which <see cref="OperationJson.Write"/> made, without the bodies; null
    /// where it cannot be read.
    /// </summary>
    public static byte[]? Of(ReadOnlySpan<byte> document)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(document.Length);
        try
        {
            return buffer[..new Cutter(document, buffer).Cut()];
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException or ArgumentException)
        {
            return null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Cuts a document into a target that is as long at least.</summary>
    private ref struct Cutter(ReadOnlySpan<byte> document, Span<byte> target)
    {
        private readonly ReadOnlySpan<byte> _document = document;
        private readonly Span<byte> _target = target;
        private Utf8JsonReader _reader = new(document, new JsonReaderOptions { MaxDepth = OperationLimits.Nodes });
        private int _read;
        private int _written;

        /// <summary>How many bytes it wrote.</summary>
        public int Cut()
        {
            _reader.Read();
            while (NextMember())
            {
                if (_reader.ValueTextEquals("target_clusters"u8))
                    CutClusters();
                else if (_reader.ValueTextEquals("rollbacks"u8))
                    CutRollback();
                else
                    CutExchange();
            }

            Write(_document.Length);
            return _written;
        }

        /// <summary>At a member's name: a request or response loses its body, anything else is passed over.</summary>
        private void CutExchange()
        {
            var isExchange = _reader.ValueTextEquals("request"u8) || _reader.ValueTextEquals("response"u8);
            _reader.Read();
            if (!isExchange || _reader.TokenType != JsonTokenType.StartObject)
            {
                _reader.Skip();
                return;
            }

            while (NextMember())
            {
                var isBody = _reader.ValueTextEquals("body"u8);
                var nameStart = (int)_reader.TokenStartIndex;
                _reader.Read();
                _reader.Skip();
                if (isBody)
                    CutMember(nameStart, (int)_reader.BytesConsumed);
            }
        }

        private void CutClusters()
        {
            _reader.Read();
            if (_reader.TokenType != JsonTokenType.StartArray)
                return;
            while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
            {
                while (NextMember())
                    CutExchange();
            }
        }

        private void CutRollback()
        {
            _reader.Read();
            if (_reader.TokenType != JsonTokenType.StartObject)
                return;
            while (NextMember())
            {
                if (_reader.ValueTextEquals("target_clusters"u8))
                {
                    CutClusters();
                    continue;
                }

                _reader.Read();
                _reader.Skip();
            }
        }

        private bool NextMember() => _reader.Read() && _reader.TokenType != JsonTokenType.EndObject;

        /// <summary>Leaves out a member and the comma before it, or the one after it where it is the first.</summary>
        private void CutMember(int start, int end)
        {
            if (_document[start - 1] == ',')
                start--;
            else if (_document[end] == ',')
                end++;
            Write(start);
            _read = end;
        }

        /// <summary>The document as far as here.</summary>
        private void Write(int end)
        {
            var piece = _document[_read..end];
            piece.CopyTo(_target[_written..]);
            _written += piece.Length;
        }
    }
}
