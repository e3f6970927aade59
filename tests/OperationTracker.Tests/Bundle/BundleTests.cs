using System.Security.Cryptography;
using OperationTracker.Core.Audit;
using OperationTracker.Core.Bundle;
using OperationTracker.Core.EventStore;
using OperationTracker.Core.History;
using OperationTracker.Core.Operations;
using OperationTracker.Postgres.Audit;
using OperationTracker.Postgres.Bundle;
using OperationTracker.Postgres.Projections;
using OperationTracker.Tests.Audit;
using OperationTracker.Tests.EventStore;
using static OperationTracker.Tests.EventStore.Documents;

namespace OperationTracker.Tests.Bundle;

/// <summary>A bundle says what the log said, can be checked and imported, and not changed by a byte.</summary>
public sealed class BundleTests : IAsyncLifetime
{
    private static readonly Dictionary<string, byte[]> Extras = new() { ["README.txt"] = "read me"u8.ToArray() };

    private readonly string _directory = TestDirectory.Create("bundle");
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private AuditedRecord _record = null!;
    private string _note = "";

    public async Task InitializeAsync()
    {
        _record = await AuditedRecord.CreateAsync(operations: 60);
        await new Redactor(_record.Tracker.Database).RedactAsync(
            Id("3"), ["/request/body"], "a password", "tester", default);
        await new Redactor(_record.Tracker.Database).RedactAsync(Id("7"), [""], "all of it", "tester", default);
        _note = SignedNote.Sign((await _record.CheckpointAsync()).ToText(), "test", _key);
        // What comes after the checkpoint is not in the bundle.
        await _record.Tracker.Store.PutAsync(Document("5", OperationStatus.Failed));
    }

    public async Task DisposeAsync()
    {
        await _record.DisposeAsync();
        _key.Dispose();
        TestDirectory.Delete(_directory);
    }

    [Fact]
    public async Task An_import_gives_the_same_answers_at_every_version()
    {
        var path = await ExportAsync(new BundleSelection());
        var contents = await new BundleCheck(path).RunAsync(_key, default);
        contents.ShouldBe(
            contents with { Operations = 60, Events = contents.Checkpoint.Size, IsWhole = true, IsSigned = true });

        await using var other = await TrackerFixture.CreateAsync();
        (await ImportAsync(other, path)).ShouldBe(contents.Events);

        await ShouldAnswerAlikeAsync(other, Enumerable.Range(0, 60).Select(i => $"{i}"));
        (await new AuditVerification(other.Database, TimeProvider.System).VerifyAsync(
            [new KeptCheckpoint(contents.Checkpoint, null)], default))
            .Findings.ShouldBeEmpty();
        await StoreInvariants.CheckAsync(other.Database);
        await other.Store.PutAsync(Document("5", OperationStatus.Failed));
        await other.Store.PutAsync(Document("new"));
        await StoreInvariants.CheckAsync(other.Database);
        (await ImportAsync(other, path)).ShouldBeNull();
    }

    [Fact]
    public async Task A_part_of_the_log_is_whole_for_the_operations_in_it()
    {
        var path = await ExportAsync(new BundleSelection { Ids = ["3", "7", "21", "none"] });
        var contents = await new BundleCheck(path).RunAsync(_key, default);
        (contents.Operations, contents.IsWhole).ShouldBe((3, false));

        await using var other = await TrackerFixture.CreateAsync();
        await ImportAsync(other, path);
        await ShouldAnswerAlikeAsync(other, ["3", "7", "21"]);
        (await new AuditVerification(other.Database, TimeProvider.System).VerifyAsync([], default))
            .Findings.ShouldBeEmpty();
    }

    [Fact]
    public async Task Operations_are_chosen_by_what_they_are_and_by_when_something_happened_to_them()
    {
        var failed = new OperationFilter { Statuses = [OperationStatus.Failed] };
        (await CountAsync(new BundleSelection { Filter = failed })).ShouldBe(1);
        (await CountAsync(new BundleSelection { From = DateTimeOffset.UtcNow.AddHours(1) })).ShouldBe(0);
        (await CountAsync(new BundleSelection { To = DateTimeOffset.UtcNow.AddHours(1) })).ShouldBe(60);
        (await CountAsync(new BundleSelection { Ids = ["1", "2"], From = DateTimeOffset.UnixEpoch })).ShouldBe(2);

        async Task<long> CountAsync(BundleSelection selection) =>
            (await new BundleCheck(await ExportAsync(selection)).RunAsync(_key, default)).Operations;
    }

    [Fact]
    public async Task One_changed_byte_is_refused_wherever_it_is()
    {
        foreach (var selection in (BundleSelection[])[new(), new() { Ids = ["3", "21"] }])
        {
            var path = await ExportAsync(selection);
            var bytes = await File.ReadAllBytesAsync(path);
            var random = new Random(20261121);
            foreach (var at in Enumerable.Range(0, 60).Select(_ => random.Next(bytes.Length)).Append(0).Append(
                bytes.Length - 1))
            {
                bytes[at] ^= 1;
                await File.WriteAllBytesAsync(path, bytes);
                var fault = await Should.ThrowAsync<BundleException>(
                    () => new BundleCheck(path).RunAsync(_key, default));
                fault.Message.ShouldNotBeEmpty();
                bytes[at] ^= 1;
            }

            await File.WriteAllBytesAsync(path, bytes);
            await new BundleCheck(path).RunAsync(_key, default);
        }
    }

    [Fact]
    public async Task A_change_names_its_part()
    {
        var path = await ExportAsync(new BundleSelection());
        var text = await File.ReadAllTextAsync(path, System.Text.Encoding.Latin1);
        await File.WriteAllTextAsync(
            path, text.Replace("note 9 Executing", "note 9 executing"), System.Text.Encoding.Latin1);
        (await Should.ThrowAsync<BundleException>(() => new BundleCheck(path).RunAsync(_key, default)))
            .Message.ShouldContain("the part events/");
    }

    [Fact]
    public async Task A_bundle_that_was_forged_and_sealed_anew_is_refused_at_its_event()
    {
        var path = await ExportAsync(new BundleSelection());
        var forged = Path.Combine(_directory, "forged");
        using (var writer = BundleWriter.AtEndOf(new FileStream(forged, FileMode.CreateNew, FileAccess.ReadWrite)))
        {
            await using var file = BundleReader.Open(path);
            await foreach (var (entry, _) in BundleReader.EntriesAsync(file, default))
            {
                if (entry.Name is BundleParts.Manifest or BundleParts.Seal)
                    continue;
                using var content = new MemoryStream();
                await entry.DataStream!.CopyToAsync(content);
                var text = System.Text.Encoding.UTF8.GetString(content.ToArray()).Replace(
                    "note 9 Executing", "note 9 executing");
                writer.Add(entry.Name, System.Text.Encoding.UTF8.GetBytes(text));
            }

            await writer.FinishAsync(default);
        }

        (await Should.ThrowAsync<BundleException>(() => new BundleCheck(forged).RunAsync(_key, default)))
            .Message.ShouldContain("of 9: its columns do not give its link");
    }

    [Fact]
    public async Task An_export_that_was_broken_off_goes_on_and_ends_in_the_same_bytes()
    {
        foreach (var selection in (BundleSelection[])[new(), new() { Ids = ["3", "7", "21"] }])
        {
            var path = await ExportAsync(selection);
            var whole = await File.ReadAllBytesAsync(path);
            await Should.ThrowAsync<BundleException>(() => Bundle(path).ResumeAsync(default));
            foreach (var part in (double[])[0.3, 0.6, 0.9, 0.999])
            {
                await File.WriteAllBytesAsync(path, whole[..(int)(whole.Length * part)]);
                try
                {
                    await Bundle(path).ResumeAsync(default);
                    (await File.ReadAllBytesAsync(path)).ShouldBe(whole, $"cut at {part}");
                }
                catch (BundleException fault) when (!selection.IsAll)
                {
                    fault.Message.ShouldContain("begin anew");
                }
            }
        }
    }

    [Fact]
    public async Task A_checkpoint_of_another_log_or_key_is_refused()
    {
        var path = await ExportAsync(new BundleSelection());
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        (await Should.ThrowAsync<BundleException>(() => new BundleCheck(path).RunAsync(other, default)))
            .Message.ShouldContain("not signed by this key");
        var empty = Path.Combine(_directory, "empty");
        await File.WriteAllBytesAsync(empty, new byte[5000]);
        await Should.ThrowAsync<BundleException>(() => new BundleCheck(empty).RunAsync(null, default));
    }

    private BundleExport Bundle(string path) =>
        new(_record.Tracker.Database, TimeProvider.System, path, "a test", Extras, null);

    private async Task<string> ExportAsync(BundleSelection selection)
    {
        var path = Path.Combine(_directory, Guid.NewGuid().ToString());
        await Bundle(path).RunAsync(selection, _note, default);
        return path;
    }

    private static async Task<long?> ImportAsync(TrackerFixture tracker, string path)
    {
        var imported = await new BundleImport(tracker.Database, path).RunAsync("tester", default);
        if (imported is not null)
            await new ProjectionRebuild(
                tracker.Database, new RebuildOptions(), TimeProvider.System, _ => { }, _ => { }).RunAsync(default);
        return imported;
    }

    private async Task ShouldAnswerAlikeAsync(TrackerFixture other, IEnumerable<string> ids)
    {
        var (here, there) = (new OperationHistory(_record.Tracker.Store), new OperationHistory(other.Store));
        foreach (var id in ids.Select(Id))
        {
            var version = 1L;
            for (; await there.AtAsync(id, version, default) is { } past; version++)
                past.View.Text().ShouldBe(
                    (await here.AtAsync(id, version, default))!.View.Text(), $"{id} at {version}");
            version.ShouldBeGreaterThan(2);
        }
    }
}
