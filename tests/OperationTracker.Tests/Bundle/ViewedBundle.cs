using System.Formats.Tar;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using OperationTracker.Core.Operations;
using OperationTracker.Postgres;
using OperationTracker.Tests.Api;
using OperationTracker.Tests.Cli;
using OperationTracker.Tests.EventStore;
using OperationTracker.Tests.Operations;

namespace OperationTracker.Tests.Bundle;

/// <summary>
/// A bundle that the executable wrote, with the viewer out of it, beside what the tracker answered about all that is in
/// it: what real senders say, what a generator makes of the contract, and what somebody hostile would put there.
/// </summary>
public sealed class ViewedBundle : IAsyncLifetime
{
    public const string Odd = "a.B_c~d-.~_9";
    public const string Refused = "refused";
    public const string Redacted = "redacted";
    public const string Hostile = "hostile";
    public const string Secret = "a-password-that-was-erased";
    public const string Script = "<script>window.hostile = 1</script>";
    public const string Image = "<img src=x onerror=\"window.hostile = 1\">";
    public const string RightToLeft = "txt.\u202eexe \u05d0\u200f\"'`</pre></span>";

    /// <summary>An id that only another application can have given.</summary>
    public const string Foreign = Image + "\"\\é";

    private const int Generated = 60;

    private readonly string _directory = TestDirectory.Create("viewer");
    private IPlaywright? _playwright;

    public string File => Path.Combine(_directory, "a bundle.optrack.tar");

    public string Html => Path.Combine(_directory, "viewer.html");

    public IBrowser Browser { get; private set; } = null!;

    /// <summary>
    /// By id, the document of each version from 1, as GET answered; null where it said that there is none.
    /// </summary>
    public Dictionary<string, string?[]> Answers { get; } = [];

    /// <summary>When the events of <see cref="Refused"/> were recorded, as the tracker tells.</summary>
    public IReadOnlyList<DateTimeOffset> Instants { get; private set; } = [];

    /// <summary>The text again and again, some 2 KB of it.</summary>
    public static string Long(string text) => Repeated(text, 1 + (2048 / text.Length));

    public string PathOf(string name) => Path.Combine(_directory, name);

    public async Task InitializeAsync()
    {
        if (BrowserFactAttribute.Browser is null)
            return;
        await using (var server = new TrackerServer())
        {
            await server.InitializeAsync();
            await FillAsync(server);
            (await OptrackProcess.RunAsync("export", File, "--database", server.ConnectionString)).ShouldEnd(0);
            await AskAsync(server);
        }

        await using (var bundle = System.IO.File.OpenRead(File))
        await using (var tar = new TarReader(bundle))
        {
            while (await tar.GetNextEntryAsync() is { } entry)
                if (entry.Name == "viewer.html") await entry.ExtractToFileAsync(Html, overwrite: false);
        }

        _playwright = await Playwright.CreateAsync();
        Browser = await _playwright.Chromium.LaunchAsync(new()
        {
            // Without its sandbox, for it has none where the tests are run by root.
            ExecutablePath = BrowserFactAttribute.Browser, ChromiumSandbox = false,
        });
    }

    public async Task DisposeAsync()
    {
        if (Browser is not null)
        {
            await Browser.DisposeAsync();
            _playwright!.Dispose();
        }

        TestDirectory.Delete(_directory);
    }

    private static async Task FillAsync(TrackerServer server)
    {
        await PutOrdinaryAsync(server);
        await PutHostileAsync(server);
        await AppendForeignAsync(server);
        (await OptrackProcess.RunAsync(
            "redact", Redacted, "--pointer", "/request/body", "--reason", Script, "--database",
            server.ConnectionString)).ShouldEnd(0);
        await PutAsync(server, Redacted, Sample.Document(Redacted, "completed", body: $"again {Secret}"));
    }

    private static async Task PutOrdinaryAsync(TrackerServer server)
    {
        foreach (var sample in Sample.Files.Select(Sample.Read).Where(IsDocument))
            await server.PutAsync(Sample.IdOf(sample), sample);
        foreach (var status in (string[])["unexecuted", "executing", "completed", "executing", "failed", "unexecuted"])
            await server.PutAsync(Refused, Sample.Document(Refused, status, $"\"sub_status\":\"{status}\""));
        await PutAsync(server, Odd, Sample.Document(Odd));
        await PutAsync(server, Redacted, Sample.Document(Redacted, body: Secret));
        var sequences = new List<DocumentSequence>();
        Law.Check(DocumentGenerator.Sequences, sequences.Add, Generated);
        for (var i = 0; i < sequences.Count; i++)
        {
            foreach (var document in sequences[i].Documents)
                await server.PutAsync($"generated-{i}", OperationJson.Write(document with
                {
                    OperationId = $"generated-{i}",
                }));
        }
    }

    private static bool IsDocument(byte[] text) => OperationJson.Read(text).Document is not null;

    private static async Task PutHostileAsync(TrackerServer server)
    {
        string[] texts = [Script, Image, RightToLeft, Long(Image), Long("\u202e\u200b"), "', \""];
        var clusters = new JsonArray();
        var naughty = new JsonArray([.. NaughtyStrings.All.Where(NaughtyDocument.IsText).Select(
            text => JsonValue.Create(text))]);
        foreach (var text in texts)
        {
            var document = JsonNode.Parse(Sample.Document(Hostile, body: text))!;
            document["sub_status"] = text;
            document["request"]!["uri"] = text;
            clusters.Add((JsonNode)new JsonObject
            {
                ["cluster_id"] = text.Length > OperationLimits.ClusterIdLength ? text[..256] : text,
                ["request"] = document["request"]!.DeepClone(),
            });
            document["target_clusters"] = clusters.DeepClone();
            document[Script] = new JsonObject { [Image] = text, ["naughty"] = naughty.DeepClone() };
            await PutAsync(server, Hostile, document.ToJsonString());
        }

        // More characters to mark than a call has arguments.
        await PutAsync(server, "unseen", Sample.Document("unseen", body: Repeated("x\u202e", 70_000)));
    }

    private static async Task AppendForeignAsync(TrackerServer server)
    {
        var writer = new ForeignWriter(server.ConnectionString);
        var text = JsonSerializer.Serialize(Script + Image + RightToLeft);
        await writer.AppendAsync(Foreign, 2, Image, $$"""{"{{Script}}": {{text}}, "long": 12345678901234567890.10}""");
        foreach (var kind in (string[])["__proto__", "constructor", "document_amended", "cluster_responded", Script])
            await writer.AppendAsync(Hostile, 1, kind, $$"""{"__proto__": {{text}}, "patch": 1, "index": 7}""");
        // A Marten application may say what the tracker says.
        await writer.AppendAsync(
            Odd, 1, "sub_status_changed", $$"""{"last_update_time": "20261120_090005", "sub_status": {{text}}}""");
        var store = server.Services.GetRequiredService<PostgresEventStore>();
        while (await store.SweepAsync(default))
        {
        }
    }

    private static string Repeated(string text, int times) => string.Concat(Enumerable.Repeat(text, times));

    private static async Task PutAsync(TrackerServer server, string id, string document) => (await server.PutAsync(
        id, document, ("User-Agent", Script + Image))).Status.ShouldBe(200, document);

    private async Task AskAsync(TrackerServer server)
    {
        var streams = (string)(await server.ExecuteAsync(
            "select json_object_agg(id, version)::text from tracker.mt_streams"))!;
        foreach (var (id, last) in JsonNode.Parse(streams)!.AsObject())
        {
            var answers = new string?[(int)last!];
            for (var version = 1; version <= answers.Length && id != Foreign; version++)
            {
                var answer = await server.GetAsync($"/v1/operations/{id}?version={version}");
                answers[version - 1] = answer.Status == 200 ? answer.Text : null;
            }

            Answers.Add(id, answers);
        }

        var events = JsonNode.Parse((await server.GetAsync($"/v1/operations/{Refused}/events?limit=1000")).Text)!;
        Instants = [.. events["events"]!.AsArray().Select(item => (DateTimeOffset)item!["received_time"]!)];
    }
}
