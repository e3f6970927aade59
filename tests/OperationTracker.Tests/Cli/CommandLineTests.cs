using OperationTracker.Cli;

namespace OperationTracker.Tests.Cli;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("help.txt", "--help")]
    [InlineData("help-put.txt", "put", "--help")]
    [InlineData("help-get.txt", "get", "--help")]
    [InlineData("help-list.txt", "list", "--help")]
    [InlineData("help-history.txt", "history", "--help")]
    [InlineData("help-diff.txt", "diff", "--help")]
    [InlineData("help-replay.txt", "replay", "--help")]
    [InlineData("help-report.txt", "report", "--help")]
    [InlineData("help-serve.txt", "serve", "--help")]
    [InlineData("help-db.txt", "db", "--help")]
    [InlineData("help-db-migrate.txt", "db", "migrate", "--help")]
    [InlineData("help-db-validate.txt", "db", "validate", "--help")]
    [InlineData("help-db-script.txt", "db", "script", "--help")]
    [InlineData("help-projections.txt", "projections", "--help")]
    [InlineData("help-projections-rebuild.txt", "projections", "rebuild", "--help")]
    [InlineData("help-projections-verify.txt", "projections", "verify", "--help")]
    [InlineData("help-projections-heal.txt", "projections", "heal", "--help")]
    [InlineData("help-projections-preview.txt", "projections", "preview", "--help")]
    [InlineData("help-projections-list.txt", "projections", "list", "--help")]
    [InlineData("help-projections-status.txt", "projections", "status", "--help")]
    [InlineData("help-completion.txt", "completion", "--help")]
    public async Task Help_says_what_there_is(string golden, params string[] arguments)
    {
        var outcome = await OptrackProcess.RunAsync(arguments);

        outcome.ShouldBe(outcome with { ExitCode = 0, Error = "" });
        outcome.Out.ShouldMatchApproved(golden);
    }

    [Fact]
    public async Task Version_is_printed_alone()
    {
        var outcome = await OptrackProcess.RunAsync("--version");

        outcome.ExitCode.ShouldBe(0);
        outcome.Out.Trim().ShouldMatch(@"^\d+\.\d+\.\d+\S*$");
    }

    [Theory]
    [InlineData("")]
    [InlineData("putt")]
    [InlineData("put")]
    [InlineData("put x y")]
    [InlineData("put x --no-such-option")]
    [InlineData("put x --if-match a --create")]
    [InlineData("put x --retries -1")]
    [InlineData("get")]
    [InlineData("get --jsno")]
    [InlineData("get ..")]
    [InlineData("get x --timeout 0")]
    [InlineData("get x --timeout NaN")]
    [InlineData("get x --interval soon")]
    [InlineData("get x --server tracker")]
    [InlineData("get x --server ftp://tracker/")]
    [InlineData("list --limit 1001")]
    [InlineData("list more")]
    [InlineData("get x --version 0")]
    [InlineData("get x --version 1 --at 20261120_090000")]
    [InlineData("get x --wait --version 1")]
    [InlineData("history")]
    [InlineData("history x --after -1")]
    [InlineData("diff x")]
    [InlineData("replay")]
    [InlineData("replay x --all")]
    [InlineData("replay x --from 20261120_090000")]
    [InlineData("replay x --to 2026-11-20T09:00:00Z")]
    [InlineData("replay x --to 1 --at 2026-11-20T09:00:00Z")]
    [InlineData("replay x --at yesterday")]
    [InlineData("replay x --at 20261120_090000")]
    [InlineData("replay x --step")]
    [InlineData("replay --all --step")]
    [InlineData("report everything")]
    [InlineData("serve --time-zone Mars/Olympus_Mons")]
    [InlineData("report stuck --longer-than 0")]
    [InlineData("replay --all --at 2026-11-20T09:00:00Z")]
    [InlineData("completion fish")]
    public async Task A_command_that_is_not_understood_is_exit_2(string line)
    {
        var outcome = await OptrackProcess.RunAsync(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        outcome.ExitCode.ShouldBe(2);
        outcome.OutBytes.ShouldBeEmpty();
        outcome.Error.ShouldNotBeNullOrWhiteSpace();
        outcome.Error.ShouldNotContain("Exception");
    }

    [Theory]
    [InlineData("bash")]
    [InlineData("zsh")]
    [InlineData("pwsh")]
    public async Task Completion_scripts_ask_the_program(string shell)
    {
        var outcome = await OptrackProcess.RunAsync("completion", shell);

        outcome.ShouldBe(outcome with { ExitCode = 0, Error = "" });
        outcome.Out.ShouldContain("[suggest:");
    }

    [Fact]
    public async Task Suggestions_hold_what_may_follow()
    {
        var outcome = await OptrackProcess.RunAsync("[suggest:24]", "optrack list --status ex");

        outcome.Out.Split('\n').ShouldContain("executing");
    }

    [Theory]
    [InlineData(true, "TERM=xterm", true)]
    [InlineData(false, "TERM=xterm", false)]
    [InlineData(true, "TERM=dumb", false)]
    [InlineData(true, "", false)]
    [InlineData(true, "TERM=xterm NO_COLOR=1", false)]
    [InlineData(true, "TERM=xterm NO_COLOR=", true)]
    [InlineData(true, "TERM=xterm CI=true", false)]
    public void Colours_are_for_terminals_whose_users_want_them(bool isTerminal, string environment, bool colours)
    {
        var variables = environment.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(pair => pair.Split('=')).ToDictionary(pair => pair[0], pair => pair[1]);

        Terminal.WantsColours(isTerminal, variables.GetValueOrDefault).ShouldBe(colours);
    }

    [Theory]
    [InlineData("plain ä 日本 😀", "plain ä 日本 😀")]
    [InlineData("a\u001b[31m\n\r\t\0\u007f\u009b", @"a\u001b[31m\n\r\t\u0000\u007f\u009b")]
    [InlineData("\u202eabc\u2028\ufeff", @"\u202eabc\u2028\ufeff")]
    [InlineData("\U000e0041", @"\udb40\udc41")]
    public void Text_from_elsewhere_cannot_command_a_terminal(string text, string shown) =>
        PlainText.Escape(text).ShouldBe(shown);
}
