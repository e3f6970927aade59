using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Playwright;
using OperationTracker.Core.Json;
using OperationTracker.Core.Operations;
using static OperationTracker.Tests.Bundle.ViewedBundle;

namespace OperationTracker.Tests.Bundle;

/// <summary>
/// The page in a bundle, in a real browser: it shows what the tracker answered, at every version, does what no text in
/// the bundle wants, and says when the file is not as it was written.
/// </summary>
public sealed class BundleViewerTests(ViewedBundle bundle) : IClassFixture<ViewedBundle>
{
    [BrowserFact]
    public Task All_operations_are_listed_and_found_by_id_and_by_status() => InBrowserAsync(async viewer =>
    {
        (await viewer.ChooseAsync(bundle.File)).ShouldBeEmpty();
        (await viewer.TextAsync("#state")).ShouldSatisfyAllConditions(
            text => text.ShouldStartWith($"{bundle.Answers.Count} operations, log "),
            text => text.ShouldContain("parts agree with the digests"),
            text => text.ShouldContain("not checked here: optrack audit bundle FILE --key log.key.pub checks them"));
        (await ListedAsync("")).ShouldBe(bundle.Answers.Keys, ignoreOrder: true);
        (await ListedAsync(Odd.ToLowerInvariant())).ShouldBe([Odd]);
        (await ListedAsync("<img")).ShouldBe([Foreign]);
        (await ListedAsync("unexecuted")).ShouldBe(
            bundle.Answers.Where(item => item.Value[^1] is { } text
                && JsonDocument.Parse(text).RootElement.GetProperty("status").GetString() == "unexecuted")
                .Select(item => item.Key), ignoreOrder: true);
        await viewer.Page.FillAsync("#find", "nothing is called so");
        (await viewer.TextAsync("#list")).ShouldBe("None is found.");

        async Task<IReadOnlyList<string>> ListedAsync(string wanted)
        {
            await viewer.Page.FillAsync("#find", wanted);
            return await viewer.Page.Locator("#list bdi").AllTextContentsAsync();
        }
    });

    [BrowserFact]
    public Task Every_version_is_shown_as_the_tracker_answers_it() => InBrowserAsync(async viewer =>
    {
        (await viewer.ChooseAsync(bundle.File)).ShouldBeEmpty();
        var kinds = new HashSet<string>();
        foreach (var (id, answers) in bundle.Answers)
        {
            await viewer.ShowAsync(id);
            kinds.UnionWith(await viewer.Versions.Locator(".kind").AllTextContentsAsync());
            (await viewer.DocumentsAsync()).ShouldBe(answers, id);
            (await viewer.Shown.Locator(".alarm").AllTextContentsAsync()).ShouldBeEmpty(id);
        }

        bundle.Answers.Values.Sum(answers => answers.Length).ShouldBeGreaterThan(250);
        kinds.Count(OperationEventTypes.IsKnown).ShouldBe(
            OperationEventTypes.ClrTypes.Count(), "each kind of event was there");
        (await viewer.Page.ContentAsync()).ShouldNotContain(Secret);
    });

    [BrowserFact]
    public Task Versions_with_their_instants_are_stepped_through_by_the_keyboard() => InBrowserAsync(async viewer =>
    {
        await viewer.ChooseAsync(bundle.File);
        await viewer.Page.FillAsync("#find", "re");
        (await viewer.Operations.CountAsync()).ShouldBeGreaterThan(1);
        await viewer.Page.FocusAsync("#find");
        await viewer.Page.Keyboard.PressAsync("Tab");
        var keys = 0;
        for (; await FocusedAsync() is var text && !text.StartsWith(Refused, StringComparison.Ordinal); keys++)
        {
            keys.ShouldBeLessThan(100, text);
            await viewer.Page.Keyboard.PressAsync("ArrowDown");
        }

        await viewer.Page.Keyboard.PressAsync("Enter");
        var last = bundle.Answers[Refused].Length;
        for (var version = last; version > 0; version--)
        {
            var label = viewer.Page.Locator(".steps strong");
            await Assertions.Expect(label).ToHaveTextAsync($"Version {version} of {last}");
            var said = await viewer.TextAsync(".steps + p");
            DateTimeOffset.Parse(said.Split(' ', ',')[1], CultureInfo.InvariantCulture)
                .ShouldBe(bundle.Instants[version - 1]);
            said.Contains("one of the events 2-3 of a single change").ShouldBe(version is 2 or 3);
            if (version == last)
                await viewer.Page.GetByRole(AriaRole.Button, new() { Name = "Earlier" }).FocusAsync();
            await viewer.Page.Keyboard.PressAsync("Enter");
        }

        (await FocusedAsync()).ShouldStartWith("1");
        await viewer.Page.Keyboard.PressAsync("End");
        (await FocusedAsync()).ShouldStartWith($"{last}  update_refused");

        Task<string> FocusedAsync() => viewer.Page.EvaluateAsync<string>("() => document.activeElement.textContent");
    });

    [BrowserFact]
    public Task Hostile_texts_are_texts() => InBrowserAsync(async viewer =>
    {
        await viewer.ChooseAsync(bundle.File);
        await viewer.ShowAsync(Foreign);
        (await viewer.TextAsync("#operation h2")).ShouldBe(Foreign);
        (await viewer.TextAsync("#operation")).ShouldSatisfyAllConditions(
            text => text.ShouldContain(Image), text => text.ShouldContain(Script),
            text => text.ShouldContain("12345678901234567890.10"));

        await viewer.ShowAsync(Hostile);
        // The browser has had the time to fail at an image and to run its handler, for each version.
        foreach (var version in Enumerable.Range(0, await viewer.Versions.CountAsync()))
        {
            await viewer.Versions.Nth(version).ClickAsync();
            await viewer.ShouldHaveBehavedAsync();
        }

        var shown = await viewer.TextAsync("#document");
        foreach (var text in (string[])[Script, Image, RightToLeft, Long(Image)[..256]])
            shown.ShouldContain(JsonSerializer.Serialize(text, Unescaped).Trim('"'));
        var mark = viewer.Shown.Locator("#document .mark").First;
        (await mark.GetAttributeAsync("data-code")).ShouldBe("U+202E");
        (await mark.EvaluateAsync<string>("one => getComputedStyle(one).unicodeBidi")).ShouldBe("isolate");
        (await mark.EvaluateAsync<string>("one => getComputedStyle(one, '::before').content")).ShouldContain("U+202E");
        (await viewer.Page.EvaluateAsync<bool>("() => document.body.scrollWidth <= window.innerWidth"))
            .ShouldBeTrue("long texts are broken");
    });

    [BrowserFact]
    public Task What_is_no_whole_bundle_is_refused_with_a_sentence() => InBrowserAsync(async viewer =>
    {
        var bytes = await File.ReadAllBytesAsync(bundle.File);
        (await RefusedAsync("empty", [])).ShouldContain("is not a bundle");
        (await RefusedAsync("text", "{\"events\": []}"u8.ToArray())).ShouldContain("is not a bundle");
        (await RefusedAsync("zeros", new byte[5000])).ShouldContain("is not a bundle");
        (await RefusedAsync("another tar", [.. bytes[..512], .. new byte[1024]])).ShouldNotBeEmpty();
        foreach (var part in (double[])[0.001, 0.3, 0.6, 0.9, 0.99])
        {
            (await viewer.ChooseAsync(bundle.File)).ShouldBeEmpty("what was wrong before is forgotten");
            (await RefusedAsync($"cut at {part}", bytes[..(int)(bytes.Length * part)])).ShouldContain("was broken off");
        }

        async Task<string> RefusedAsync(string name, byte[] content)
        {
            await File.WriteAllBytesAsync(bundle.PathOf(name), content);
            var alarm = await viewer.ChooseAsync(bundle.PathOf(name));
            alarm.ShouldStartWith($"{name}: ");
            (await viewer.Operations.CountAsync()).ShouldBe(0);
            (await viewer.TextAsync("#state")).ShouldContain("Nothing is shown");
            return alarm;
        }
    });

    [BrowserFact]
    public Task One_changed_byte_is_told_wherever_it_is() => InBrowserAsync(async viewer =>
    {
        var bytes = await File.ReadAllBytesAsync(bundle.File);
        var random = new Random(20261122);
        foreach (var at in Enumerable.Range(0, 20).Select(_ => random.Next(bytes.Length)).Concat(
            [100, 400, bytes.Length - 1, bytes.Length - 1100, bytes.Length - 1500, bytes.Length - 2000]))
            (await ChangedAsync(at)).ShouldNotBeEmpty($"at {at} of {bytes.Length}");

        // Within a value: it can be shown, and must not pass for what was recorded.
        var last = bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes($"{{\"stream_id\":\"{Refused}\",\"version\":8"));
        var value = last + bytes.AsSpan(last).IndexOf("\"sub_status\":\"failed\""u8) + 16;
        (await ChangedAsync(value)).ShouldMatch("The bundle was changed: the part events/[0-9]+ is not the one");
        (await viewer.TextAsync("#state")).ShouldNotContain("agree");
        await viewer.ShowAsync(Refused);
        (await viewer.TextAsync("#operation .alarm")).ShouldStartWith("The events do not give the document");

        // The form of an event.
        var form = Encoding.UTF8.GetBytes($"{{\"stream_id\":\"{Refused}\",\"version\":3");
        (await ChangedAsync(bytes.AsSpan().IndexOf(form) + form.Length - 3)).ShouldContain("the part events/");
        await viewer.Operations.GetByText(Refused, new() { Exact = true }).ClickAsync();
        await Assertions.Expect(viewer.Shown.Locator(".alarm")).ToContainTextAsync("no JSON");

        // The name of an event's operation.
        (await ChangedAsync(bytes.AsSpan().IndexOf(form) + 15)).ShouldContain("the part events/");
        await viewer.Operations.GetByText(Refused, new() { Exact = true }).ClickAsync();
        await Assertions.Expect(viewer.Shown.Locator(".alarm").First).ToContainTextAsync("Events are missing");

        async Task<string> ChangedAsync(int at)
        {
            bytes[at] ^= 1;
            var path = bundle.PathOf($"changed {at} {bytes[at]}");
            await File.WriteAllBytesAsync(path, bytes);
            bytes[at] ^= 1;
            return await viewer.ChooseAsync(path);
        }
    });

    /// <summary>JSON with no more escapes than the tracker's.</summary>
    private static readonly JsonSerializerOptions Unescaped = new() { Encoder = CanonicalJsonEncoder.Instance };

    private async Task InBrowserAsync(Func<ViewerPage, Task> test)
    {
        await using var viewer = await ViewerPage.OpenAsync(bundle.Browser, bundle.Html);
        await test(viewer);
        await viewer.ShouldHaveBehavedAsync();
    }
}
