using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using OperationTracker.Core.Operations;

namespace OperationTracker.Tests.Operations;

/// <summary>
/// The form in which events are stored, which is for ever: a golden file of every kind with all its members and with
/// the fewest. A new build that cannot read one of these files cannot read somebody's history.
/// </summary>
public sealed partial class StoredEventGoldenTests
{
    private const string Time = "20261120_090001";

    private static readonly JsonSerializerOptions Readable =
        new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Options that applications give to their serializers; the events' attributes win over them.</summary>
    private static readonly JsonSerializerOptions[] OthersOptions =
    [
        new(),
        new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower },
        new(JsonSerializerDefaults.Web)
        {
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            Converters = { new JsonStringEnumConverter() },
        },
        new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault, IncludeFields = true },
    ];

    private static readonly UnknownMembers Unknown = new(
    [
        new UnknownMember("reservation_time", "\"20261120_100000\""),
        new UnknownMember("a/b~\"\\\u00e9", """{"z":1e2,"a":[1.0,-0,null]}"""),
        new UnknownMember("", "1234567890123456789012345678901234567890"),
    ]);

    private static readonly OperationRequest LeastRequest = new() { Uri = "", Method = RequestMethod.Put };

    private static readonly OperationRequest FullRequest = new()
    {
        Uri = "/v1/slices", Method = RequestMethod.Patch, Body = "[{\"op\":\"add\"}]\n\u2028\U0001F600",
        UnknownMembers = Unknown,
    };

    private static readonly OperationResponse FullResponse =
        new() { StatusCode = 500, Body = "{\n  \"error_code\": \"050004\"\n}", UnknownMembers = Unknown };

    private static readonly ValueList<TargetCluster> FullClusters =
    [
        new() { ClusterId = "1", Request = FullRequest, Response = FullResponse, UnknownMembers = Unknown },
        new()
        {
            ClusterId = "2", Request = FullRequest with { Body = Optional<string>.Null },
            Response = Optional<OperationResponse>.Null,
        },
        new() { ClusterId = "3", Request = LeastRequest, Response = new OperationResponse() },
        new()
        {
            ClusterId = "4", Request = LeastRequest,
            Response = new OperationResponse { StatusCode = Optional<int>.Null, Body = Optional<string>.Null },
        },
        new() { ClusterId = "5", Request = LeastRequest },
    ];

    private static readonly OperationDocument LeastDocument = new()
    {
        OperationId = "1", OccurredTime = "20261120_090000", LastUpdateTime = Time, Status = OperationStatus.Unexecuted,
        Request = LeastRequest with { Body = "" },
    };

    private static readonly OperationDocument FullDocument = LeastDocument with
    {
        Status = OperationStatus.Failed,
        SubStatus = "{\"nodes\":[]}",
        Request = FullRequest,
        Response = FullResponse,
        TargetClusters = FullClusters,
        Rollbacks = new OperationRollback
        {
            Result = RollbackResult.Completed, OccurredTime = "soon", TargetClusters = FullClusters,
            UnknownMembers = Unknown,
        },
        UnknownMembers = Unknown,
    };

    private static readonly (OperationEvent Full, OperationEvent Least)[] Events =
    [
        (new OperationRegistered { LastUpdateTime = Time, Document = FullDocument },
            new OperationRegistered { LastUpdateTime = Time, Document = LeastDocument }),
        (new StatusChanged
            {
                LastUpdateTime = Time, From = OperationStatus.Executing, To = OperationStatus.Failed,
                Response = FullResponse,
            },
            new StatusChanged
            {
                LastUpdateTime = Time, From = OperationStatus.Unexecuted, To = OperationStatus.Canceled,
            }),
        (new SubStatusChanged { LastUpdateTime = Time, SubStatus = "{\"nodes\":[]}" },
            new SubStatusChanged { LastUpdateTime = Time }),
        (new ClusterRequested { LastUpdateTime = Time, Index = 3, ClusterId = "1", Request = FullRequest },
            new ClusterRequested
            {
                LastUpdateTime = Time, Index = 0, ClusterId = "1", Request = LeastRequest with { Body = "" },
            }),
        (new ClusterResponded { LastUpdateTime = Time, Index = 3, ClusterId = "1", Response = FullResponse },
            new ClusterResponded
            {
                LastUpdateTime = Time, Index = 0, ClusterId = "1", Response = new() { StatusCode = 0 },
            }),
        (new RollbackRecorded { LastUpdateTime = Time, Result = RollbackResult.Failed, OccurredTime = "soon" },
            new RollbackRecorded { LastUpdateTime = Time, Result = RollbackResult.None, OccurredTime = " " }),
        (new RollbackClusterRequested { LastUpdateTime = Time, Index = 3, ClusterId = "1", Request = FullRequest },
            new RollbackClusterRequested { LastUpdateTime = Time, Index = 0, ClusterId = "1", Request = LeastRequest }),
        (new RollbackClusterResponded { LastUpdateTime = Time, Index = 3, ClusterId = "1", Response = FullResponse },
            new RollbackClusterResponded
            {
                LastUpdateTime = Time, Index = 0, ClusterId = "1", Response = new() { Body = Optional<string>.Null },
            }),
        (new ResultCorrected
            {
                LastUpdateTime = Time, From = OperationStatus.Failed, To = OperationStatus.Completed,
                Response = FullResponse,
            },
            new ResultCorrected
            {
                LastUpdateTime = Time, From = OperationStatus.Completed, To = OperationStatus.Canceled,
            }),
        (new UpdateTimeChanged { LastUpdateTime = Time }, new UpdateTimeChanged { LastUpdateTime = Time }),
        (new DocumentAmended
            {
                LastUpdateTime = Time,
                Patch =
                [
                    new PatchOperation { Op = "remove", Path = "/target_clusters/1" },
                    new PatchOperation { Op = "add", Path = "/a~1b", Json = """{"z":1e2,"a":[1.0,-0,null]}""" },
                    new PatchOperation { Op = "replace", Path = "/request/body", Json = "\"\\\"\u00e9\"" },
                ],
            },
            new DocumentAmended
            {
                LastUpdateTime = Time, Patch = [new PatchOperation { Op = "remove", Path = "/response" }],
            }),
        (new UpdateRefused
            {
                LastUpdateTime = Time, Reason = UpdateRefused.StatusGoingBack, From = OperationStatus.Completed,
                To = OperationStatus.Failed, Document = FullDocument,
            },
            new UpdateRefused
            {
                LastUpdateTime = Time, Reason = UpdateRefused.StatusGoingBack, From = OperationStatus.Executing,
                To = OperationStatus.Unexecuted, Document = LeastDocument,
            }),
        (new ValuesRedacted
            {
                LastUpdateTime = Time, Pointers = ["/request/body", "/a~1b"], Reason = "a password", By = "an operator",
                Places = [new RedactedPlace { Version = 1, Value = 0, Sha256 = new string('0', 64) }],
            },
            new ValuesRedacted { LastUpdateTime = Time, Pointers = ["/sub_status"], Reason = "why", Places = [] }),
    ];

    /// <summary>Nulls are a third thing beside values and absence, and have their own golden file.</summary>
    private static readonly OperationEvent[] WithNulls =
    [
        new SubStatusChanged { LastUpdateTime = Time, SubStatus = Optional<string>.Null },
        new OperationRegistered
        {
            LastUpdateTime = Time,
            Document = LeastDocument with
            {
                SubStatus = Optional<string>.Null,
                Response = Optional<OperationResponse>.Null,
                TargetClusters = Optional<ValueList<TargetCluster>>.Null,
                Rollbacks = Optional<OperationRollback>.Null,
                UnknownMembers = new([new UnknownMember("start_time", "null")]),
            },
        },
    ];

    public static TheoryData<string> Aliases => [.. Events.Select(pair => OperationEventTypes.AliasOf(pair.Full))];

    [Theory]
    [MemberData(nameof(Aliases))]
    public void The_stored_form_is_the_approved_one_and_reads_back(string alias)
    {
        var (full, least) = Events.Single(pair => OperationEventTypes.AliasOf(pair.Full) == alias);
        ShouldBeAsApproved(full, $"{alias}.json");
        ShouldBeAsApproved(least, $"{alias}.least.json");
        foreach (var withNulls in WithNulls.Where(item => item.GetType() == full.GetType()))
            ShouldBeAsApproved(withNulls, $"{alias}.nulls.json");
    }

    [Fact]
    public void Every_kind_of_event_has_a_stored_name_and_golden_files()
    {
        var kinds = typeof(OperationEvent).Assembly.GetTypes()
            .Where(type => type.IsSubclassOf(typeof(OperationEvent)) && !type.IsAbstract).ToHashSet();

        OperationEventTypes.ClrTypes.ShouldBe(kinds, ignoreOrder: true);
        Events.Select(pair => pair.Full.GetType()).ShouldBe(kinds, ignoreOrder: true);
        Events.ShouldAllBe(pair => pair.Full.GetType() == pair.Least.GetType());
    }

    [Fact]
    public void The_stored_name_is_what_Marten_makes_of_the_types_name()
    {
        foreach (var (full, _) in Events)
        {
            var type = full.GetType();
            OperationEventTypes.AliasOf(full).ShouldBe(WordStart().Replace(type.Name, "_$1").ToLowerInvariant());
            OperationEventTypes.DotNetTypeOf(full)
                .ShouldBe($"OperationTracker.Core.Operations.{type.Name}, OperationTracker.Core");
            Type.GetType(OperationEventTypes.DotNetTypeOf(full)).ShouldBe(type);
        }
    }

    [Fact]
    public void The_attributes_alone_decide_whatever_an_application_gives_its_serializer()
    {
        foreach (var @event in Events.SelectMany(pair => new[] { pair.Full, pair.Least }).Concat(WithNulls))
        {
            var ours = JsonTree.Parse(OperationEventTypes.Write(@event)).Canonical();
            foreach (var options in OthersOptions)
            {
                var theirs = JsonSerializer.SerializeToUtf8Bytes(@event, @event.GetType(), options);
                JsonTree.Parse(theirs).Canonical().ShouldBe(ours);
                JsonSerializer.Deserialize(theirs, @event.GetType(), options).ShouldBe(@event);
            }
        }
    }

    [Fact]
    public void Members_that_a_later_version_adds_do_not_hinder_reading()
    {
        foreach (var (full, _) in Events)
        {
            var tree = JsonTree.Parse(OperationEventTypes.Write(full));
            tree.Set("added_later", JsonTree.Object(("x", JsonTree.Number("1"))));
            OperationEventTypes.TryRead(OperationEventTypes.AliasOf(full), tree.InOrder()).ShouldBe(full);
        }
    }

    [Theory]
    [InlineData("operation_registered", "{}")]
    [InlineData("operation_registered", "null")]
    [InlineData("operation_registered", """{"last_update_time":"20261120_090001","document":null}""")]
    [InlineData("status_changed", """{"last_update_time":"1","from":"executing","to":"canceled, failed"}""")]
    [InlineData("status_changed", """{"last_update_time":"1","from":"executing","to":3}""")]
    [InlineData("status_changed", """{"last_update_time":null,"from":"executing","to":"failed"}""")]
    [InlineData("cluster_responded", """{"last_update_time":"1","index":1.5,"cluster_id":"1","response":{}}""")]
    [InlineData("document_amended", """{"last_update_time":"1","patch":[null]}""")]
    [InlineData("update_time_changed", "[]")]
    [InlineData("update_time_changed", "not JSON")]
    [InlineData("UpdateTimeChanged", """{"last_update_time":"1"}""")]
    [InlineData("tombstone", "{}")]
    public void What_another_application_wrote_otherwise_is_none_of_ours(string alias, string data) =>
        OperationEventTypes.TryRead(alias, data).ShouldBeNull();

    private static void ShouldBeAsApproved(OperationEvent @event, string golden)
    {
        var data = JsonNode.Parse(OperationEventTypes.Write(@event));
        var stored = new JsonObject
        {
            ["type"] = OperationEventTypes.AliasOf(@event),
            ["mt_dotnet_type"] = OperationEventTypes.DotNetTypeOf(@event),
            ["data"] = data,
        }.ToJsonString(Readable) + "\n";
        stored.ShouldMatchApproved(golden);

        var read = JsonNode.Parse(stored)!;
        OperationEventTypes.TryRead(read["type"]!.GetValue<string>(), read["data"]!.ToJsonString()).ShouldBe(@event);
    }

    [GeneratedRegex("(?<=[a-z])([A-Z])")]
    private static partial Regex WordStart();
}
