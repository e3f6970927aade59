using System.CommandLine;

namespace OperationTracker.Cli;

/// <summary>
/// <c>optrack completion</c>: scripts that ask the program itself what may follow, so that they never grow old.
/// </summary>
internal static class CompletionCommand
{
    private const string Bash = """
        _optrack() {
            local IFS=$'\n'
            local line="${COMP_LINE:0:COMP_POINT}"
            COMPREPLY=($(compgen -W "$("${COMP_WORDS[0]}" "[suggest:${#line}]" "$line" 2>/dev/null)" -- "$2"))
        }
        complete -o default -F _optrack optrack
        """;

    private const string Zsh = """
        #compdef optrack
        _optrack() {
            local line="${words[1,CURRENT]}"
            local -a found
            found=("${(@f)$(${words[1]} "[suggest:${#line}]" "$line" 2>/dev/null)}")
            compadd -a found || _files
        }
        compdef _optrack optrack
        """;

    private const string PowerShell = """
        Register-ArgumentCompleter -Native -CommandName optrack -ScriptBlock {
            param($word, $ast, $position)
            $line = $ast.ToString()
            optrack "[suggest:$position]" "$line" | Where-Object { $_ -like "$word*" } | ForEach-Object {
                [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
            }
        }
        """;

    public static Command Build()
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh or pwsh." };
        shell.AcceptOnlyFromAmong("bash", "zsh", "pwsh");
        var command = new Command("completion", "Prints a script that completes optrack's commands in a shell.")
        {
            shell,
        };
        command.SetAction(parsed =>
        {
            var script = parsed.GetValue(shell) switch { "bash" => Bash, "zsh" => Zsh, _ => PowerShell };
            parsed.InvocationConfiguration.Output.WriteLine(script);
            return ExitCodes.Done;
        });
        return command;
    }
}
