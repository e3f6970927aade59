using OperationTracker.Core;
using OperationTracker.Core.Audit;
using OperationTracker.Core.Operations;
using OperationTracker.Postgres.Audit;
using OperationTracker.Tests.EventStore;
using static OperationTracker.Tests.EventStore.Documents;

namespace OperationTracker.Tests.Audit;

/// <summary>A redaction takes the value out of everything and leaves every proof as good as it was.</summary>
public sealed class RedactorTests : IAsyncLifetime
{
    private const string Secret = "pa$$w0rd-\"é\\-x";

    private static readonly string[] Tables =
    [
        "mt_streams", "mt_events", "positions", "openings", "operations", "past_operations", "admin_log", "tree_nodes",
    ];

    private AuditedRecord _record = null!;

    public async Task InitializeAsync() => _record = await AuditedRecord.CreateAsync(operations: 3);

    public async Task DisposeAsync()
    {
        await StoreInvariants.CheckAsync(_record.Tracker.Database);
        await _record.DisposeAsync();
    }

    [Fact]
    public async Task The_value_is_gone_from_every_table_and_every_checkpoint_still_verifies()
    {
        await PutAsync(Sent(OperationStatus.Executing));
        await PutAsync(Sent(OperationStatus.Completed));
        // Refused, and recorded with its body.
        (await PutAsync(Sent(OperationStatus.Executing))).ShouldBeOfType<PutOutcome.TransitionRefused>();
        // Amended: the clusters change places, which only a patch can say.
        await PutAsync(Sent(OperationStatus.Completed) with
        {
            TargetClusters = new ValueList<TargetCluster>([Cluster("2"), Cluster("1")]),
        });
        var before = await _record.CheckpointAsync();
        (await TablesWithTheSecretAsync()).ShouldNotBeEmpty();

        var outcome = await RedactAsync(
            "/request/body", "/response/body", "/sub_status", "/reservation_time", "/target_clusters");

        outcome.ShouldNotBeNull().Events.ShouldBe(4);
        (await TablesWithTheSecretAsync()).ShouldBeEmpty();
        (await _record.VerifyAsync(before)).ShouldBeEmpty();
        (await _record.VerifyAsync(before, await _record.CheckpointAsync())).ShouldBeEmpty();
        (await GetAsync()).ShouldContain(Redaction.Marker);
    }

    [Fact]
    public async Task The_senders_repeat_does_not_bring_it_back()
    {
        await PutAsync(Sent(OperationStatus.Executing));
        await RedactAsync("/request/body", "/response/body", "/sub_status", "/reservation_time", "/target_clusters");

        (await PutAsync(Sent(OperationStatus.Executing))).ShouldBeOfType<PutOutcome.Unchanged>();
        (await PutAsync(Sent(OperationStatus.Completed))).ShouldBeOfType<PutOutcome.Changed>();
        (await PutAsync(Sent(OperationStatus.Unexecuted))).ShouldBeOfType<PutOutcome.TransitionRefused>();

        (await TablesWithTheSecretAsync()).ShouldBeEmpty();
        (await _record.VerifyAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Only_what_the_pointer_names_is_redacted_and_the_rest_can_still_be_proven()
    {
        await PutAsync(Sent(OperationStatus.Executing));
        await RedactAsync("/request/body");

        var document = OperationJson.Read(System.Text.Encoding.UTF8.GetBytes(await GetAsync())).Document!;
        document.ShouldBe(Sent(OperationStatus.Executing) with
        {
            Request = Sent(OperationStatus.Executing).Request with { Body = Redaction.Marker },
        });
        await _record.Tracker.ExecuteAsync(
            "update tracker.mt_events set data = replace(data::text, 'reserved', 'RESERVED')::jsonb"
            + " where stream_id = 'x'");
        (await _record.VerifyAsync()).ShouldHaveSingleItem().StreamId.ShouldBe("x");
        await _record.Tracker.ExecuteAsync(
            "update tracker.mt_events set data = replace(data::text, 'RESERVED', 'reserved')::jsonb"
            + " where stream_id = 'x'");
    }

    [Fact]
    public async Task What_a_redaction_left_cannot_be_changed_either()
    {
        await PutAsync(Sent(OperationStatus.Executing));
        await RedactAsync("/request/body");
        await _record.Tracker.ExecuteAsync(
            "update tracker.mt_events set data = replace(data::text, '[redacted]', '[retouched]')::jsonb"
            + " where stream_id = 'x' and version = 1");

        (await _record.VerifyAsync()).ShouldHaveSingleItem().Detail.ShouldContain("redact");
        await _record.Tracker.ExecuteAsync(
            "update tracker.mt_events set data = replace(data::text, '[retouched]', '[redacted]')::jsonb"
            + " where stream_id = 'x'");
    }

    [Fact]
    public async Task A_value_without_a_recorded_redaction_is_found()
    {
        await PutAsync(Sent(OperationStatus.Executing));
        await RedactAsync("/request/body");
        await _record.Tracker.ExecuteAsync("""
            delete from tracker.positions
            where seq_id = (select seq_id from tracker.mt_events where type = 'values_redacted');
            delete from tracker.mt_events where type = 'values_redacted';
            update tracker.mt_streams set version = version - 1 where id = 'x'
            """);

        (await _record.VerifyAsync()).ShouldContain(finding => finding.Detail.Contains("no redaction is recorded"));
        await _record.RestoreAsync();
    }

    [Fact]
    public async Task What_another_application_appended_is_redacted_too()
    {
        var data = System.Text.Encoding.UTF8.GetString(OperationEventTypes.Write(new OperationRegistered
        {
            LastUpdateTime = "20261120_090000", Document = Sent(OperationStatus.Executing),
        }));
        await new ForeignWriter(_record.Tracker.ConnectionString).AppendAsync("x", 1, "operation_registered", data);
        await _record.Tracker.ExecuteAsync(
            "insert into tracker.foreign_events select seq_id, stream_id from tracker.mt_events where stream_id = 'x'");
        await _record.SettleAsync();
        var before = await _record.CheckpointAsync();

        await RedactAsync("");

        (await TablesWithTheSecretAsync()).ShouldBeEmpty();
        (await _record.VerifyAsync(before)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_second_redaction_keeps_the_first_and_a_third_has_nothing_to_do()
    {
        await PutAsync(Sent(OperationStatus.Executing));
        (await RedactAsync("/request/body")).ShouldBe(new RedactionOutcome(1, 1, 2));
        (await RedactAsync("/reservation_time")).ShouldBe(new RedactionOutcome(1, 1, 3));
        (await RedactAsync("/reservation_time")).ShouldBe(new RedactionOutcome(0, 0, null));
        (await _record.VerifyAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_proof_from_before_and_one_from_after_both_hold()
    {
        await PutAsync(Sent(OperationStatus.Executing));
        using var key = System.Security.Cryptography.ECDsa.Create(
            System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
        var note = SignedNote.Sign((await _record.CheckpointAsync()).ToText(), "test", key);
        var proofs = new AuditProofs(_record.Tracker.Database);
        var before = (await proofs.ProveAsync(Id("x"), note, default)).ShouldNotBeNull();

        await RedactAsync("/request/body");

        before.FindFaults(key).ShouldBeEmpty();
        var later = SignedNote.Sign((await _record.CheckpointAsync()).ToText(), "test", key);
        (await proofs.ProveAsync(Id("x"), later, default)).ShouldNotBeNull().FindFaults(key).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_operation_that_is_not_there_cannot_be_redacted() =>
        (await new Redactor(_record.Tracker.Database).RedactAsync(Id("none"), ["/sub_status"], "why", null, default))
            .ShouldBeNull();

    private static TargetCluster Cluster(string id) => new()
    {
        ClusterId = id,
        Request = new OperationRequest { Uri = "/v1/nodes/" + Secret, Method = RequestMethod.Put, Body = Secret + id },
        Response = new OperationResponse { StatusCode = 500, Body = "no: " + Secret },
    };

    private static OperationDocument Sent(OperationStatus status) => Document("x", status, "sub " + Secret, Secret) with
    {
        TargetClusters = new ValueList<TargetCluster>([Cluster("1"), Cluster("2")]),
        Response = status.IsFinal()
            ? new OperationResponse { StatusCode = 200, Body = Secret }
            : Optional<OperationResponse>.Absent,
        UnknownMembers = new([new UnknownMember(
            "reservation_time", System.Text.Json.JsonSerializer.Serialize(new { a = "reserved " + Secret }))]),
    };

    private Task<PutOutcome> PutAsync(OperationDocument document) => new OperationService(_record.Tracker.Store)
        .PutAsync(Id("x"), Json(document), PutCondition.None, new(), default);

    private async Task<string> GetAsync() => (await _record.Tracker.Store.FindAsync(Id("x"), null, default)).Text();

    private Task<RedactionOutcome?> RedactAsync(params string[] pointers) =>
        new Redactor(_record.Tracker.Database).RedactAsync(Id("x"), pointers, "it held a password", "tester", default);

    private async Task<IReadOnlyList<string>> TablesWithTheSecretAsync()
    {
        var found = new List<string>();
        foreach (var table in Tables)
        {
            if ((long)(await _record.Tracker.ExecuteAsync(
                $"select count(*) from tracker.{table} t where t::text like '%w0rd-%'"))! > 0)
                found.Add(table);
        }

        return found;
    }
}
