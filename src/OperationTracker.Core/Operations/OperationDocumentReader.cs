using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;

namespace OperationTracker.Core.Operations;

/// <summary>
/// Reads a document as the contract's table has it: one method an object of the table. It goes on after a fault, so
/// what it builds is only a document when there was none.
/// </summary>
internal ref struct OperationDocumentReader
{
    private JsonMemberReader _json;

    private OperationDocumentReader(ReadOnlySpan<byte> utf8) => _json = new JsonMemberReader(utf8);

    /// <summary>Reads a text that <see cref="JsonStructure"/> has found sound.</summary>
    public static DocumentReading Read(ReadOnlySpan<byte> utf8)
    {
        var reader = new OperationDocumentReader(utf8);
        var document = reader.ReadDocument();
        return reader._json.Faults.Count == 0
            ? new DocumentReading(document, [])
            : new DocumentReading(null, reader._json.Faults);
    }

    private OperationDocument? ReadDocument()
    {
        if (!_json.BeginObject())
            return null;
        string? id = null, occurredTime = null, lastUpdateTime = null;
        OperationStatus? status = null;
        OperationRequest? request = null;
        Optional<string> subStatus = default;
        Optional<OperationResponse> response = default;
        Optional<ValueList<TargetCluster>> clusters = default;
        Optional<OperationRollback> rollbacks = default;
        var responseSeen = new MembersSeen();
        var unknown = new UnknownMembersBuilder();
        var seen = new MembersSeen();
        while (_json.NextMember(OperationMembers.Document, ref seen, out var member, out var name))
        {
            switch (member)
            {
                case 0: id = ReadOperationId(); break;
                case 1: occurredTime = ReadTime(); break;
                case 2: lastUpdateTime = ReadTime(); break;
                case 3: status = ReadWord<OperationStatus>(OperationMembers.Statuses); break;
                case 4: subStatus = _json.ReadString(nullable: true); break;
                case 5: request = ReadRequest(OperationMembers.Request, bodyRequired: true); break;
                case 6: response = ReadResponse(final: true, out responseSeen); break;
                case 7: clusters = ReadClusters(bodyRequired: true); break;
                case 8: rollbacks = ReadRollback(); break;
                default: unknown.Add(name, _json.ReadUnknownValue()); break;
            }

            _json.EndMember();
        }

        Require(seen, OperationMembers.Document, [0, 1, 2, 3, 5]);
        CheckFinalResponse(status, response, seen.Has(6), responseSeen);
        return new OperationDocument
        {
            OperationId = id!,
            OccurredTime = occurredTime!,
            LastUpdateTime = lastUpdateTime!,
            Status = status.GetValueOrDefault(),
            SubStatus = subStatus,
            Request = request!,
            Response = response,
            TargetClusters = clusters,
            Rollbacks = rollbacks,
            UnknownMembers = unknown.Build(),
        };
    }

    private OperationRequest? ReadRequest(JsonEncodedText[] members, bool bodyRequired)
    {
        if (!BeginRequiredObject())
            return null;
        string? uri = null;
        RequestMethod? method = null;
        Optional<string> body = default;
        var unknown = new UnknownMembersBuilder();
        var seen = new MembersSeen();
        while (_json.NextMember(members, ref seen, out var member, out var name))
        {
            switch (member)
            {
                case 0: uri = ReadText(OperationLimits.UriLength, mayBeEmpty: true); break;
                case 1: method = ReadWord<RequestMethod>(OperationMembers.Methods); break;
                case 2: body = _json.ReadString(nullable: !bodyRequired); break;
                default: unknown.Add(name, _json.ReadUnknownValue()); break;
            }

            _json.EndMember();
        }

        Require(seen, members, bodyRequired ? [0, 1, 2] : [0, 1]);
        return new OperationRequest
        {
            Uri = uri!, Method = method.GetValueOrDefault(), Body = body, UnknownMembers = unknown.Build(),
        };
    }

    private Optional<OperationResponse> ReadResponse(bool final, out MembersSeen seen)
    {
        seen = new MembersSeen();
        if (_json.IsNull)
            return Optional<OperationResponse>.Null;
        if (!BeginObject())
            return default;
        Optional<int> statusCode = default;
        Optional<string> body = default;
        var unknown = new UnknownMembersBuilder();
        while (_json.NextMember(OperationMembers.Response, ref seen, out var member, out var name))
        {
            switch (member)
            {
                case 0:
                    statusCode = _json.ReadInteger(nullable: !final);
                    if (final && statusCode is { HasValue: true, Value: < 100 or > 599 })
                        _json.AddFault(FaultKind.Range, "must be from 100 to 599");
                    break;
                case 1: body = _json.ReadString(nullable: !final); break;
                default: unknown.Add(name, _json.ReadUnknownValue()); break;
            }

            _json.EndMember();
        }

        return new OperationResponse { StatusCode = statusCode, Body = body, UnknownMembers = unknown.Build() };
    }

    private Optional<ValueList<TargetCluster>> ReadClusters(bool bodyRequired)
    {
        if (_json.IsNull)
            return Optional<ValueList<TargetCluster>>.Null;
        if (!_json.BeginArray())
        {
            _json.Skip();
            return default;
        }

        var clusters = ImmutableArray.CreateBuilder<TargetCluster>();
        for (var index = 0; _json.NextElement(index); index++)
        {
            if (ReadCluster(bodyRequired) is { } cluster)
                clusters.Add(cluster);
            _json.EndMember();
        }

        return new ValueList<TargetCluster>(clusters.ToImmutable());
    }

    private TargetCluster? ReadCluster(bool bodyRequired)
    {
        if (!BeginRequiredObject())
            return null;
        string? id = null;
        OperationRequest? request = null;
        Optional<OperationResponse> response = default;
        var unknown = new UnknownMembersBuilder();
        var seen = new MembersSeen();
        while (_json.NextMember(OperationMembers.Cluster, ref seen, out var member, out var name))
        {
            switch (member)
            {
                case 0: id = ReadText(OperationLimits.ClusterIdLength, mayBeEmpty: false); break;
                case 1: request = ReadRequest(OperationMembers.Request, bodyRequired); break;
                case 2: response = ReadResponse(final: false, out _); break;
                default: unknown.Add(name, _json.ReadUnknownValue()); break;
            }

            _json.EndMember();
        }

        Require(seen, OperationMembers.Cluster, [0, 1]);
        return new TargetCluster
        {
            ClusterId = id!, Request = request!, Response = response, UnknownMembers = unknown.Build(),
        };
    }

    private Optional<OperationRollback> ReadRollback()
    {
        if (_json.IsNull)
            return Optional<OperationRollback>.Null;
        if (!BeginObject())
            return default;
        RollbackResult? result = null;
        string? occurredTime = null;
        Optional<ValueList<TargetCluster>> clusters = default;
        var unknown = new UnknownMembersBuilder();
        var seen = new MembersSeen();
        while (_json.NextMember(OperationMembers.Rollback, ref seen, out var member, out var name))
        {
            switch (member)
            {
                case 0: result = ReadWord<RollbackResult>(OperationMembers.RollbackResults); break;
                case 1: occurredTime = ReadText(int.MaxValue, mayBeEmpty: false); break;
                case 2: clusters = ReadClusters(bodyRequired: false); break;
                default: unknown.Add(name, _json.ReadUnknownValue()); break;
            }

            _json.EndMember();
        }

        Require(seen, OperationMembers.Rollback, [0, 1]);
        return new OperationRollback
        {
            Result = result.GetValueOrDefault(),
            OccurredTime = occurredTime!,
            TargetClusters = clusters,
            UnknownMembers = unknown.Build(),
        };
    }

    private bool BeginObject()
    {
        if (_json.BeginObject())
            return true;
        _json.Skip();
        return false;
    }

    private bool BeginRequiredObject()
    {
        if (!_json.IsNull)
            return BeginObject();
        _json.AddNullFault();
        return false;
    }

    private string? ReadOperationId()
    {
        var id = _json.ReadString(nullable: false).Value;
        if (id is not null && !OperationId.IsValid(id))
            _json.AddFault(FaultKind.Value, OperationId.Rule);
        return id;
    }

    private string? ReadTime()
    {
        var time = _json.ReadString(nullable: false).Value;
        if (time is not null && !OperationTime.IsValid(time))
            _json.AddFault(FaultKind.Value, OperationTime.Rule);
        return time;
    }

    private string? ReadText(int maxLength, bool mayBeEmpty)
    {
        var text = _json.ReadString(nullable: false).Value;
        if (text is { Length: 0 } && !mayBeEmpty)
            _json.AddFault(FaultKind.Value, "must not be empty");
        if (text?.Length > maxLength && OperationLimits.CharactersOf(text) > maxLength)
            _json.AddFault(
                FaultKind.Range, $"is longer than {maxLength.ToString(CultureInfo.InvariantCulture)} characters");
        return text;
    }

    private T? ReadWord<T>(string[] words)
        where T : struct, Enum
    {
        var text = _json.ReadString(nullable: false).Value;
        if (text is null)
            return null;
        var index = Array.IndexOf(words, text);
        if (index >= 0)
            return (T)Enum.ToObject(typeof(T), index);
        _json.AddFault(FaultKind.Value, $"must be one of {string.Join(", ", words)}");
        return null;
    }

    private void Require(MembersSeen seen, JsonEncodedText[] members, ReadOnlySpan<int> required)
    {
        foreach (var member in required)
        {
            if (!seen.Has(member))
                _json.AddFault(FaultKind.Value, "is required", members[member].Value);
        }
    }

    private void CheckFinalResponse(
        OperationStatus? status, Optional<OperationResponse> response, bool present, MembersSeen members)
    {
        var answered = status is OperationStatus.Completed or OperationStatus.Failed;
        if (answered && (!present || response.IsNull))
            _json.AddFault(FaultKind.Value, $"is required when status is {status!.Value.ToText()}", "response");
        if (!response.HasValue)
            return;
        if (!members.Has(0) && status is not (null or OperationStatus.Canceled))
            _json.AddFault(FaultKind.Value, "is required", "response/status_code");
        if (!members.Has(1))
            _json.AddFault(FaultKind.Value, "is required", "response/body");
    }
}
