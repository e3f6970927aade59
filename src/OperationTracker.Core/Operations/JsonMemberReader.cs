using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using OperationTracker.Core.Json;

namespace OperationTracker.Core.Operations;

/// <summary>
/// Walks JSON text whose structure <see cref="JsonStructure"/> has already found sound, member by member, and notes
/// what is wrong with its place instead of stopping, so that a sender hears of all faults at once.
/// </summary>
internal ref struct JsonMemberReader
{
    public const int UnknownMember = -1;

    private readonly List<(string? Name, int Index)> _path = [];
    private readonly List<DocumentFault> _faults = [];
    private readonly bool _hasUnicodeEscapes;
    private Utf8JsonReader _reader;
    private ArrayBufferWriter<byte>? _unknownText;
    private Utf8JsonWriter? _unknownWriter;
    private int _faultCharacters;

    public JsonMemberReader(ReadOnlySpan<byte> utf8)
    {
        _reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = OperationLimits.Nodes });
        _hasUnicodeEscapes = utf8.IndexOf("\\u"u8) >= 0;
        _reader.Read();
    }

    public readonly List<DocumentFault> Faults => _faults;

    public readonly bool IsNull => _reader.TokenType == JsonTokenType.Null;

    public bool BeginObject() => Expect(JsonTokenType.StartObject, "must be an object");

    public bool BeginArray() => Expect(JsonTokenType.StartArray, "must be an array");

    /// <summary>
    /// Moves to the value of the next member and adds its name to the path; <see cref="EndMember"/> takes it off again.
    /// False at the object's end. A name that stands twice is noted and its value skipped.
    /// </summary>
    public bool NextMember(JsonEncodedText[] names, ref MembersSeen seen, out int member, out string name)
    {
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndObject)
        {
            // Before all else: the base library throws when it compares a name that holds half of a surrogate pair.
            if (DescribeBadText() is { } badName)
            {
                AddFault(FaultKind.Format, $"has a member whose name {badName}");
                SkipMember();
                continue;
            }

            member = IndexOf(names);
            name = member >= 0 ? names[member].Value : _reader.GetString()!;
            _path.Add((name, 0));
            if (member >= 0 ? seen.Add(member) : seen.AddUnknown(name))
            {
                _reader.Read();
                return true;
            }

            AddFault(FaultKind.Format, "stands more than once in its object");
            SkipMember();
            EndMember();
        }

        member = UnknownMember;
        name = "";
        return false;
    }

    public readonly void EndMember() => _path.RemoveAt(_path.Count - 1);

    /// <summary>
    /// Moves to the next element of an array and adds its index to the path; false at the array's end.
    /// </summary>
    public bool NextElement(int index)
    {
        _reader.Read();
        if (_reader.TokenType == JsonTokenType.EndArray)
            return false;
        _path.Add((null, index));
        return true;
    }

    /// <summary>Reads a string where null is allowed or not. Absent when it was faulty.</summary>
    public Optional<string> ReadString(bool nullable)
    {
        if (IsNull)
            return NullOrFault<string>(nullable);
        if (!Expect(JsonTokenType.String, nullable ? "must be a string or null" : "must be a string"))
        {
            Skip();
            return default;
        }

        if (DescribeBadText() is not { } fault)
            return _reader.GetString()!;
        AddFault(FaultKind.Format, fault);
        return default;
    }

    /// <summary>Reads a 32-bit integer written as digits. Absent when it was faulty.</summary>
    public Optional<int> ReadInteger(bool nullable)
    {
        if (IsNull)
            return NullOrFault<int>(nullable);
        var token = _reader.TokenType == JsonTokenType.Number ? _reader.ValueSpan : default;
        if (token.IsEmpty || token.ContainsAny(".eE"u8) || token.SequenceEqual("-0"u8))
        {
            AddFault(FaultKind.Format, "must be an integer, written without fraction and exponent");
            Skip();
            return default;
        }

        if (_reader.TryGetInt32(out var value))
            return value;
        AddFault(FaultKind.Range, "must be an integer of 32 bits");
        return default;
    }

    /// <summary>Notes that the value must not be null, unless it may.</summary>
    public Optional<T> NullOrFault<T>(bool nullable)
        where T : notnull
    {
        if (nullable)
            return Optional<T>.Null;
        AddNullFault();
        return default;
    }

    public void AddNullFault() => AddFault(FaultKind.Value, "must not be null");

    /// <summary>Reads a value that the contract does not name, as text in the tracker's own spelling.</summary>
    public string ReadUnknownValue()
    {
        _unknownText ??= new ArrayBufferWriter<byte>(256);
        _unknownWriter ??= new Utf8JsonWriter(_unknownText, JsonValueText.WriterOptions);
        _unknownText.ResetWrittenCount();
        _unknownWriter.Reset();
        CopyUnknownValue();
        _unknownWriter.Flush();
        return Encoding.UTF8.GetString(_unknownText.WrittenSpan);
    }

    public void Skip() => _reader.Skip();

    public void AddFault(FaultKind kind, string reason, string? member = null)
    {
        if (_faultCharacters > OperationLimits.FaultCharacters)
            return;
        var path = member is null ? Pointer() : $"{Pointer()}/{member}";
        _faultCharacters += path.Length + reason.Length;
        _faults.Add(_faultCharacters <= OperationLimits.FaultCharacters
            ? new DocumentFault(kind, path, reason)
            : new DocumentFault(kind, "", "holds more faults than one answer can list"));
    }

    private readonly int IndexOf(JsonEncodedText[] names)
    {
        for (var i = 0; i < names.Length; i++)
        {
            if (_reader.ValueTextEquals(names[i].EncodedUtf8Bytes))
                return i;
        }

        return UnknownMember;
    }

    private void SkipMember()
    {
        _reader.Read();
        Skip();
    }

    private bool Expect(JsonTokenType type, string reason)
    {
        if (_reader.TokenType == type)
            return true;
        AddFault(FaultKind.Format, reason);
        return false;
    }

    private void CopyUnknownValue()
    {
        var writer = _unknownWriter!;
        switch (_reader.TokenType)
        {
            case JsonTokenType.StartObject or JsonTokenType.StartArray
                when _reader.CurrentDepth >= OperationLimits.Depth:
                AddFault(FaultKind.Format, $"is nested deeper than {OperationLimits.Depth} levels");
                Skip();
                break;
            case JsonTokenType.StartObject:
                CopyUnknownObject(writer);
                break;
            case JsonTokenType.StartArray:
                writer.WriteStartArray();
                for (var index = 0; NextElement(index); index++)
                {
                    CopyUnknownValue();
                    EndMember();
                }

                writer.WriteEndArray();
                break;
            case JsonTokenType.String:
                writer.WriteStringValue(ReadString(nullable: false).Value);
                break;
            case JsonTokenType.Number:
                CheckUnknownNumber();
                writer.WriteRawValue(_reader.ValueSpan, skipInputValidation: true);
                break;
            case JsonTokenType.Null:
                writer.WriteNullValue();
                break;
            default:
                writer.WriteBooleanValue(_reader.TokenType == JsonTokenType.True);
                break;
        }
    }

    private void CopyUnknownObject(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        var seen = new MembersSeen();
        while (NextMember([], ref seen, out _, out var name))
        {
            writer.WritePropertyName(name);
            CopyUnknownValue();
            EndMember();
        }

        writer.WriteEndObject();
    }

    private void CheckUnknownNumber()
    {
        var token = _reader.ValueSpan;
        if (token.Length > OperationLimits.UnknownNumberLength)
        {
            AddFault(FaultKind.Range, $"is a number of more than {OperationLimits.UnknownNumberLength} characters");
            return;
        }

        var exponentAt = token.IndexOfAny((byte)'e', (byte)'E');
        if (exponentAt >= 0
            && !(int.TryParse(token[(exponentAt + 1)..], CultureInfo.InvariantCulture, out var exponent)
                && Math.Abs((long)exponent) <= OperationLimits.UnknownNumberExponent))
        {
            AddFault(FaultKind.Range,
                $"is a number with a decimal exponent beyond ±{OperationLimits.UnknownNumberExponent}");
        }
    }

    private readonly string? DescribeBadText() =>
        _hasUnicodeEscapes && _reader.ValueIsEscaped ? JsonEscapes.DescribeFault(_reader.ValueSpan) : null;

    private readonly string Pointer()
    {
        var pointer = new StringBuilder();
        foreach (var (name, index) in _path)
        {
            pointer.Append('/');
            if (name is null)
                pointer.Append(index);
            else if (name.Length <= OperationLimits.FaultSegmentLength)
                pointer.Append(JsonPointer.Escape(name));
            else
                pointer.Append(JsonPointer.Escape(CutName(name))).Append('…');
        }

        return pointer.ToString();
    }

    private static string CutName(string name)
    {
        var length = OperationLimits.FaultSegmentLength;
        return name[..(char.IsHighSurrogate(name[length - 1]) ? length - 1 : length)];
    }
}
