using Spectre.Console;

namespace OperationTracker.Cli;

/// <summary>One page of a detail-list, without the members that the table does not show.</summary>
internal sealed record ListPage(IReadOnlyList<ListRow?> Operations, string? NextPageToken);

internal sealed record ListRow(
    string? OperationId, string? OccurredTime, string? LastUpdateTime, string? Status, ListRequest? Request);

internal sealed record ListRequest(string? Method, string? Uri);

/// <summary>
/// A table that is printed while it grows. A library's table knows all rows before it prints the first, which a list of
/// unknown length does not allow; so columns are as wide as their values can be, and only ids may widen theirs.
/// </summary>
internal sealed class OperationTable(Terminal terminal)
{
    private static readonly ListRow Header = new(
        "operation_id", "occurred_time", "last_update_time", "status", new ListRequest("method", "uri"));

    private int idWidth = Header.OperationId!.Length;
    private bool hasHeader;

    public void Add(IReadOnlyList<ListRow?> page)
    {
        idWidth = Math.Max(idWidth, page.Max(row => row?.OperationId?.Length) ?? 0);
        if (!hasHeader) Write(Header);
        hasHeader = true;
        foreach (var row in page)
            if (row is not null) Write(row);
    }

    private void Write(ListRow row)
    {
        var id = Cell(row.OperationId, idWidth);
        var occurred = Cell(row.OccurredTime, "YYYYMMDD_hhmmss".Length);
        var updated = Cell(row.LastUpdateTime, Header.LastUpdateTime!.Length);
        var status = Cell(row.Status, "unexecuted".Length);
        var method = Cell(row.Request?.Method, "DELETE".Length);
        var uri = PlainText.Escape(row.Request?.Uri ?? "");

        var before = $"{id}  {occurred}  {updated}  ";
        var after = $"  {method}  {uri}";
        if (!terminal.HasColours) terminal.WriteLine(Fit(before + status + after));
        else
            terminal.Print(new Paragraph()
                .Append(before)
                .Append(status, StatusStyle.Of(row.Status))
                .Append(Fit(after, taken: before.Length + status.Length)));
    }

    private static string Cell(string? value, int width) => PlainText.Escape(value ?? "").PadRight(width);

    /// <summary>A line that a terminal would wrap spoils the columns; a file takes it whole.</summary>
    private string Fit(string text, int taken = 0)
    {
        var room = Math.Max(terminal.Width - taken, 1);
        return text.Length <= room || !terminal.IsTerminal ? text.TrimEnd() : text[..(room - 1)] + "…";
    }
}
