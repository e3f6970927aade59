using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using OperationTracker.Api;
using OperationTracker.Postgres.Projections;
using Spectre.Console;

namespace OperationTracker.Cli;

/// <summary>
/// Tells how a walk over the log goes: on a terminal a bar that is redrawn, with every error in full above it;
/// elsewhere lines on stderr; for programs a JSON object a line on stdout. Safe for use by several threads.
/// </summary>
internal sealed class ProgressReport : IDisposable
{
    /// <summary>Seconds between two plain lines: a log is not a screen.</summary>
    private const long Interval = 5;

    private const int BarWidth = 20;

    private readonly Terminal _terminal;
    private readonly bool _json;
    private readonly bool _hasBar;
    private readonly TimeProvider _clock;
    private readonly Lock _lock = new();
    private readonly IAnsiConsole _screen;
    private string _phase = "";
    private long _told;
    private bool _barStands;

    public ProgressReport(InvocationConfiguration configuration, bool json, TimeProvider clock)
    {
        _terminal = new Terminal(configuration);
        (_json, _clock) = (json, clock);
        _hasBar = !json && !Console.IsErrorRedirected
            && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb");
        _screen = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(configuration.Error) });
        _told = clock.GetTimestamp();
    }

    public void Progress(RebuildProgress progress)
    {
        lock (_lock)
        {
            if (_json)
                WriteJson("progress", ProjectionJson.Of(progress));
            else if (_hasBar)
                Draw(progress);
            else if (progress.Phase != _phase || _clock.GetElapsedTime(_told).TotalSeconds >= Interval)
                _terminal.Say(Line(progress));
            if (progress.Phase != _phase || _clock.GetElapsedTime(_told).TotalSeconds >= Interval)
                (_phase, _told) = (progress.Phase, _clock.GetTimestamp());
        }
    }

    public void Fault(EventFault fault) =>
        Tell("fault", ProjectionJson.Of(fault), $"cannot be folded: {fault}", isError: true);

    /// <summary>A finding: data, on stdout.</summary>
    public void Tell(string kind, object json, string line, bool isError = false)
    {
        lock (_lock)
        {
            if (_json)
            {
                WriteJson(kind, json);
                return;
            }

            Clear();
            foreach (var one in line.Split('\n'))
            {
                if (isError)
                    _terminal.Say(one);
                else
                    _terminal.WriteLine(one);
            }
        }
    }

    /// <summary>The last word.</summary>
    public void End(object json, string line)
    {
        lock (_lock)
        {
            Clear();
            if (_json)
                WriteJson("result", json);
            else
                _terminal.WriteLine(line);
        }
    }

    /// <summary>Leaves the screen as it is read on.</summary>
    public void Dispose()
    {
        lock (_lock)
            Clear();
    }

    /// <summary>The figures in a line.</summary>
    internal static string Line(RebuildProgress progress)
    {
        var line = string.Create(
            CultureInfo.InvariantCulture,
            $"{progress.Phase}: {progress.Events:N0} of {progress.EventsTotal:N0} events,"
            + $" {progress.Rows:N0} operations");
        if (progress.Phase == "read")
            line += string.Create(CultureInfo.InvariantCulture, $", {progress.EventsPerSecond:N0} events/s");
        if (progress.Remaining is { } remaining)
            line += $", {Duration(remaining)} left";
        if (progress.Faults > 0)
            line += string.Create(CultureInfo.InvariantCulture, $", {progress.Faults:N0} events could not be folded");
        return progress.Detail is null ? line : $"{line}; {progress.Detail}";
    }

    internal static string Duration(TimeSpan time) => time.TotalMinutes < 1
        ? $"{Math.Ceiling(time.TotalSeconds):0} s"
        : time.TotalHours < 1
            ? $"{(int)time.TotalMinutes} min {time.Seconds} s"
            : $"{(int)time.TotalHours} h {time.Minutes} min";

    /// <summary>The figures beside the bar, what matters most first: a narrow terminal cuts the rest off.</summary>
    internal static string ShortLine(RebuildProgress progress)
    {
        var line = progress.Phase;
        if (progress.Detail is not null)
            line += $", {progress.Detail}";
        if (progress.Phase == "read")
            line += string.Create(CultureInfo.InvariantCulture, $" {progress.EventsPerSecond:N0} events/s");
        if (progress.Remaining is { } remaining)
            line += $", {Duration(remaining)} left";
        if (progress.Faults > 0)
            line += string.Create(CultureInfo.InvariantCulture, $", {progress.Faults:N0} faults");
        return line + string.Create(
            CultureInfo.InvariantCulture, $", {progress.Events:N0} of {progress.EventsTotal:N0} events");
    }

    private void Draw(RebuildProgress progress)
    {
        Clear();
        var share = progress.EventsTotal == 0 ? 1 : Math.Min(1, (double)progress.Events / progress.EventsTotal);
        var filled = (int)(share * BarWidth);
        var bar = $"[green]{new string('━', filled)}[/][grey]{new string('━', BarWidth - filled)}[/]";
        var text = PlainText.Escape(ShortLine(progress));
        var room = Math.Max(10, _screen.Profile.Width - BarWidth - " 100 %  ".Length);
        if (text.Length > room)
            text = $"{text[..(room - 1)]}…";
        _screen.Markup(string.Create(CultureInfo.InvariantCulture, $"{bar} {share,5:P0} {Markup.Escape(text)}"));
        _barStands = true;
    }

    /// <summary>Takes the bar away, so that what is told stands above the next one.</summary>
    private void Clear()
    {
        if (!_barStands)
            return;
        _screen.Write(new ControlCode("\r\u001b[2K"));
        _barStands = false;
    }

    private void WriteJson(string kind, object value) => _terminal.WriteLine(
        JsonSerializer.Serialize(new Dictionary<string, object> { [kind] = value }, ProjectionJson.Options));
}
