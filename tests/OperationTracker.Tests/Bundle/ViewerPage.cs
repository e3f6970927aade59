using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace OperationTracker.Tests.Bundle;

/// <summary>
/// The viewer in a browser that has no network, as an auditor opens it from disk. Remembers all that it must not do.
/// </summary>
internal sealed partial class ViewerPage : IAsyncDisposable
{
    private static readonly string[] Schemes = ["file", "blob", "data"];

    private readonly IBrowserContext _context;
    private readonly ConcurrentQueue<string> _faults = new();

    private ViewerPage(IBrowserContext context, IPage page)
    {
        (_context, Page) = (context, page);
        page.Request += (_, request) => Note(Schemes.Contains(new Uri(request.Url).Scheme), $"asked for {request.Url}");
        page.Console += (_, message) => Note(message.Type is not ("error" or "warning"), $"logged {message.Text}");
        page.PageError += (_, error) => Note(false, $"threw {error}");
        page.Popup += (_, popup) => Note(false, $"opened {popup.Url}");
        page.Dialog += (_, dialog) =>
        {
            Note(false, $"asked: {dialog.Message}");
            _ = dialog.DismissAsync();
        };
    }

    public IPage Page { get; }

    public ILocator Operations => Page.Locator("#list button");

    public ILocator Shown => Page.Locator("#operation");

    public ILocator Versions => Page.Locator(".happened button");

    public static async Task<ViewerPage> OpenAsync(IBrowser browser, string html)
    {
        var context = await browser.NewContextAsync();
        await context.SetOfflineAsync(true);
        var page = new ViewerPage(context, await context.NewPageAsync());
        await page.Page.GotoAsync(new Uri(html).AbsoluteUri);
        return page;
    }

    /// <summary>Gives it a file and waits until it has said all that it has to say.</summary>
    /// <returns>The alarm; empty when there is none.</returns>
    public async Task<string> ChooseAsync(string file)
    {
        await Page.EvaluateAsync("() => document.getElementById('state').textContent = '…'");
        await Page.SetInputFilesAsync("#file", file);
        await Assertions.Expect(Page.Locator("#state")).Not.ToContainTextAsync("…");
        var alarm = Page.Locator("#alarm");
        return await alarm.IsVisibleAsync() ? await TextAsync("#alarm") : "";
    }

    public async Task<string> TextAsync(string selector) => await Page.Locator(selector).TextContentAsync() ?? "";

    /// <summary>Chooses an operation and waits for its history.</summary>
    public async Task ShowAsync(string id)
    {
        var ids = await Operations.Locator("bdi").AllTextContentsAsync();
        ids.ShouldContain(id);
        await Operations.Nth(ids.ToList().IndexOf(id)).ClickAsync();
        await Assertions.Expect(Versions.Last).ToHaveAttributeAsync("aria-current", "true");
    }

    /// <summary>The document at every version, as the tracker would spell it; null where none is shown.</summary>
    public async Task<string?[]> DocumentsAsync() => [.. (await Versions.EvaluateAllAsync<string?[]>("""
        buttons => buttons.map(button => {
            button.click();
            const shown = document.getElementById("document");
            return shown.tagName === "PRE" ? shown.textContent : null;
        })
        """)).Select(text => text is null ? null : Compact(text))];

    /// <summary>Nothing was done that must not be.</summary>
    public async Task ShouldHaveBehavedAsync()
    {
        (await Page.EvaluateAsync<bool>("() => 'hostile' in window")).ShouldBeFalse("a hostile text was executed");
        (await Page.Locator("script").CountAsync()).ShouldBe(1);
        (await Page.Locator("body").Locator("img, a, iframe, svg, style, form, object").CountAsync()).ShouldBe(0);
        _faults.ShouldBeEmpty();
    }

    public ValueTask DisposeAsync() => _context.DisposeAsync();

    /// <summary>JSON without the white space between its tokens.</summary>
    private static string Compact(string json) =>
        StringOrSpace().Replace(json, match => match.Value[0] == '"' ? match.Value : "");

    private void Note(bool isRight, string what)
    {
        if (!isRight) _faults.Enqueue(what);
    }

    [GeneratedRegex("\"(?>(?:[^\"\\\\]+|\\\\.)*)\"|[ \\n]+")]
    private static partial Regex StringOrSpace();
}
