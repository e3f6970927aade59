using System.CommandLine;
using System.Text;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace OperationTracker.Cli;

/// <summary>
/// The two streams of a command: data on stdout, progress and errors on stderr. Nothing leaves through here that a
/// terminal would obey, and colours go only to a terminal whose user has not declined them.
/// </summary>
internal sealed class Terminal
{
    /// <summary>Without a terminal nothing is wrapped: the reader is a program, or a file.</summary>
    private const int UnlimitedWidth = 10_000;

    private readonly TextWriter output;
    private readonly TextWriter error;
    private readonly Decoder decoder = Encoding.UTF8.GetDecoder();

    public Terminal(InvocationConfiguration configuration)
    {
        output = configuration.Output;
        error = configuration.Error;
        IsTerminal = ReferenceEquals(output, Console.Out) && !Console.IsOutputRedirected;
        HasColours = WantsColours(IsTerminal, Environment.GetEnvironmentVariable);
        Width = IsTerminal && Console.BufferWidth > 0 ? Console.BufferWidth : UnlimitedWidth;
    }

    /// <summary>Whether stdout is a terminal.</summary>
    public bool IsTerminal { get; }

    public bool HasColours { get; }

    public int Width { get; }

    /// <summary>no-color.org: NO_COLOR counts when it is set and not empty.</summary>
    internal static bool WantsColours(bool isTerminal, Func<string, string?> environment) =>
        isTerminal
        && string.IsNullOrEmpty(environment("NO_COLOR"))
        && string.IsNullOrEmpty(environment("CI"))
        && environment("TERM") is not (null or "" or "dumb");

    /// <summary>One line of data.</summary>
    public void WriteLine(string line) => output.WriteLine(PlainText.Escape(line));

    /// <summary>One line for the person, beside the data.</summary>
    public void Say(string sentence) => error.WriteLine(PlainText.Escape(sentence));

    /// <summary>The caller escapes the texts within: what is rendered may hold line breaks of its own.</summary>
    public void Print(IRenderable view) => Render(output, view, HasColours, Width);

    /// <summary>As <see cref="Print"/>, on stderr and without colours.</summary>
    public void Complain(IRenderable view) => Render(error, view, colours: false, UnlimitedWidth);

    /// <summary>
    /// Bytes of an answer, unchanged, unless a person looks at them: a terminal gets its control characters escaped.
    /// </summary>
    public async Task WriteBytesAsync(ReadOnlyMemory<byte> bytes, CancellationToken token)
    {
        if (ReferenceEquals(output, Console.Out) && !IsTerminal)
        {
            using var stdout = Console.OpenStandardOutput();
            await stdout.WriteAsync(bytes, token);
            return;
        }
        var text = new char[Encoding.UTF8.GetMaxCharCount(bytes.Length)];
        var length = decoder.GetChars(bytes.Span, text, flush: false);
        var decoded = new string(text, 0, length);
        await output.WriteAsync((IsTerminal ? PlainText.EscapeLines(decoded) : decoded).AsMemory(), token);
    }

    private static void Render(TextWriter writer, IRenderable view, bool colours, int width)
    {
        var rendered = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = colours ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = colours ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(rendered),
            // The library's enrichers turn colours on for some build servers, which is what CI is read for here.
            Enrichment = new ProfileEnrichment { UseDefaultEnrichers = false },
        });
        console.Profile.Width = width;
        console.Write(view);
        foreach (var line in rendered.ToString().TrimEnd().Split('\n')) writer.WriteLine(line.TrimEnd());
    }
}
