using System.Text;
using System.Text.Json;
using Npgsql;
using OperationTracker.Core.Audit;
using OperationTracker.Core.Bundle;
using OperationTracker.Core.EventStore;
using OperationTracker.Core.Json;
using OperationTracker.Core.Operations;
using OperationTracker.Postgres.Audit;
using OperationTracker.Postgres.Projections;

namespace OperationTracker.Postgres.Bundle;

/// <summary>
/// Writes operations with their whole histories, and what proves them, into one file. By pages in the order of the log,
/// beside a working tracker, to which it gives way; memory does not grow with the bundle. An export that was broken off
/// goes on after its last whole segment of events.
/// </summary>
/// <param name="database">Where the operations are.</param>
/// <param name="clock">Times the rests while others are at work.</param>
/// <param name="path">The file.</param>
/// <param name="by">Who exports, for the tracker's own log.</param>
/// <param name="extras">Parts that are the same in every bundle: the viewer, the description of the interface.</param>
/// <param name="progress">Is told how many events have been written.</param>
public sealed class BundleExport(
    TrackerDatabase database, TimeProvider clock, string path, string by, IReadOnlyDictionary<string, byte[]> extras,
    IProgress<long>? progress)
{
    private const int PageSize = 1_000;

    private long _events;

    /// <summary>Writes a bundle.</summary>
    /// <param name="selection">Which operations.</param>
    /// <param name="note">The checkpoint up to which, signed or its text alone; one of this log's.</param>
    /// <param name="cancel">Stops it; what is written stays, to be resumed.</param>
    /// <returns>How many events are in it.</returns>
    /// <exception cref="IOException">The file is there already, or cannot be written.</exception>
    public async Task<long> RunAsync(BundleSelection selection, string note, CancellationToken cancel)
    {
        var file = Open(FileMode.CreateNew);
        using var bundle = BundleWriter.AtEndOf(file);
        await using var connection = await database.OpenMaintenanceAsync(cancel).ConfigureAwait(false);
        bundle.Add(BundleParts.Header, JsonBuffer.ToBytes(selection, static (writer, chosen) =>
        {
            writer.WriteStartObject();
            writer.WriteString("format", BundleParts.Format);
            writer.WriteBoolean("selection", !chosen.IsAll);
            writer.WriteEndObject();
        }));
        bundle.Add(BundleParts.Checkpoint, Encoding.UTF8.GetBytes(note));
        if (!selection.IsAll)
        {
            await ExecuteAsync(connection, "export_prepare", cancel).ConfigureAwait(false);
            await selection.ApplyAsync(database, connection, cancel).ConfigureAwait(false);
            await WriteSelectionAsync(bundle, connection, cancel).ConfigureAwait(false);
        }

        return await WriteAsync(
            bundle, connection, selection.IsAll, Checkpoint.OfNote(note), after: 0, cancel).ConfigureAwait(false);
    }

    /// <summary>Goes on with a bundle that was broken off.</summary>
    /// <exception cref="BundleException">There is nothing to go on with.</exception>
    public async Task<long> ResumeAsync(CancellationToken cancel)
    {
        long? last;
        await using (var file = Open(FileMode.Open))
            last = await BundleWriter.CutToResumeAsync(file, cancel).ConfigureAwait(false);
        var header = await BundleCheck.HeaderAsync(path, cancel).ConfigureAwait(false);
        var isAll = !header.GetProperty("selection").GetBoolean();
        var note = await BundleReader.TextAsync(path, BundleParts.Checkpoint, cancel).ConfigureAwait(false);
        if (note is null || (!isAll && last is null))
            throw new BundleException("The export was broken off before its first events; begin anew.");
        await using var connection = await database.OpenMaintenanceAsync(cancel).ConfigureAwait(false);
        if (!isAll)
        {
            await ExecuteAsync(connection, "export_prepare", cancel).ConfigureAwait(false);
            await ReadSelectionAsync(connection, cancel).ConfigureAwait(false);
        }

        using var bundle = BundleWriter.AtEndOf(Open(FileMode.Open));
        return await WriteAsync(
            bundle, connection, isAll, Checkpoint.OfNote(note), last ?? 0, cancel).ConfigureAwait(false);
    }

    private async Task<long> WriteAsync(
        BundleWriter bundle, NpgsqlConnection connection, bool isAll, Checkpoint checkpoint, long after,
        CancellationToken cancel)
    {
        var tree = new LogTree(database);
        await tree.BuildAsync(cancel).ConfigureAwait(false);
        if (!isAll)
        {
            await using var place = database.Command(connection, "export_place").With(checkpoint.Size);
            await place.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
        }

        using var giveWay = new GiveWay(database, clock);
        await giveWay.LookAroundAsync(connection, GiveWay.BetweenLooks, cancel).ConfigureAwait(false);
        await WriteEventsAsync(bundle, connection, giveWay, isAll, checkpoint.Size, after, cancel)
            .ConfigureAwait(false);
        await WriteTreeAsync(bundle, connection, isAll, checkpoint.Size, tree, cancel).ConfigureAwait(false);
        await WriteOperationsAsync(bundle, connection, giveWay, isAll, checkpoint.Size, cancel).ConfigureAwait(false);
        foreach (var (name, content) in extras)
            bundle.Add(name, content);
        await bundle.FinishAsync(cancel).ConfigureAwait(false);
        await NoteAsync(connection, isAll, checkpoint, cancel).ConfigureAwait(false);
        return _events;
    }

    /// <summary>Notes who took the operations out, where the role may write at all.</summary>
    private async Task NoteAsync(
        NpgsqlConnection connection, bool isAll, Checkpoint checkpoint, CancellationToken cancel)
    {
        await using var log = database.Command(connection, "add_admin_log");
        AdminLog.Add(log.Parameters, "export", by, new
        {
            events = _events, selection = !isAll, tree_size = checkpoint.Size,
        });
        try
        {
            await log.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
        }
        catch (PostgresException fault) when (PostgresErrors.IsNotAllowed(fault))
        {
            // Who may only read leaves no trace here; the server's own log is the place to see it.
        }
    }

    private async Task WriteEventsAsync(
        BundleWriter bundle, NpgsqlConnection connection, GiveWay giveWay, bool isAll, long size, long after,
        CancellationToken cancel)
    {
        var text = database.Sql["export_events"].Replace(
            "{chosen}", isAll ? $"{database.Schema.Quoted}.positions" : "pg_temp.export_positions",
            StringComparison.Ordinal);
        for (var isLast = false; !isLast;)
            isLast = await giveWay.DoAsync(connection, StreamWalk.Rests, WritePageAsync, cancel).ConfigureAwait(false);
        bundle.EndSegment(BundleParts.Events, after);

        async Task<bool> WritePageAsync()
        {
            await using var command = new NpgsqlCommand(text, connection).With(after).With(size).With(PageSize);
            var page = await AuditReader.ReadAsync(command, cancel).ConfigureAwait(false);
            foreach (var @event in page.Select(row => row.Event))
            {
                after = @event.Seal!.Position;
                if (bundle.AddLine(JsonBuffer.ToBytes(@event, AuditedEventJson.Write)))
                    bundle.EndSegment(BundleParts.Events, after);
            }

            _events += page.Count;
            progress?.Report(_events);
            return page.Count < PageSize;
        }
    }

    private async Task WriteTreeAsync(
        BundleWriter bundle, NpgsqlConnection connection, bool isAll, long size, LogTree tree, CancellationToken cancel)
    {
        var segment = 0;
        if (!isAll)
        {
            await using var command = database.Command(connection, "export_leaves").With(size);
            await using var rows = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
            while (await rows.ReadAsync(cancel).ConfigureAwait(false))
            {
                var leaf = EventSeal.LeafOf(rows.GetFieldValue<byte[]>(2), rows.GetInt64(1));
                if (bundle.AddLine(Encoding.ASCII.GetBytes($"{rows.GetInt64(0)} {Convert.ToHexStringLower(leaf)}")))
                    bundle.EndSegment(BundleParts.Leaves, ++segment);
            }

            bundle.EndSegment(BundleParts.Leaves, ++segment);
        }

        segment = 0;
        for (var (from, complete) = (0L, size / MerkleTree.BlockSize); from < complete; from += PageSize)
        {
            var blocks = await tree.StoredBlocksAsync(
                from, Math.Min(from + PageSize, complete), cancel).ConfigureAwait(false);
            foreach (var hash in blocks.Values)
            {
                if (bundle.AddLine(Encoding.ASCII.GetBytes(Convert.ToHexStringLower(hash))))
                    bundle.EndSegment(BundleParts.Blocks, ++segment);
            }
        }

        bundle.EndSegment(BundleParts.Blocks, ++segment);
    }

    private async Task WriteOperationsAsync(
        BundleWriter bundle, NpgsqlConnection connection, GiveWay giveWay, bool isAll, long size,
        CancellationToken cancel)
    {
        var segment = 0;
        var operation = default(ExportedOperation);
        var streams = new ExportedStreams(database, connection, giveWay, PageSize);
        var rows = isAll
            ? streams.ReadAllAsync(cancel)
            : streams.ReadAsync(await IdsAsync(connection, cancel).ConfigureAwait(false), cancel);
        await foreach (var row in rows.ConfigureAwait(false))
        {
            if (row.Event.Seal is not { } seal || seal.Position > size)
                continue;
            if (operation?.StreamId != row.Event.StreamId)
            {
                End(operation);
                operation = new ExportedOperation(row);
            }

            operation.Add(row.Event);
        }

        End(operation);
        bundle.EndSegment(BundleParts.Operations, ++segment);

        void End(ExportedOperation? ended)
        {
            if (ended is not null && bundle.AddLine(ended.ToJson()))
                bundle.EndSegment(BundleParts.Operations, ++segment);
        }
    }

    private async Task WriteSelectionAsync(BundleWriter bundle, NpgsqlConnection connection, CancellationToken cancel)
    {
        var segment = 0;
        foreach (var id in await IdsAsync(connection, cancel).ConfigureAwait(false))
        {
            if (bundle.AddLine(JsonSerializer.SerializeToUtf8Bytes(id)))
                bundle.EndSegment(BundleParts.Selection, ++segment);
        }

        bundle.EndSegment(BundleParts.Selection, ++segment);
    }

    private async Task ReadSelectionAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        var ids = new List<string>();
        await foreach (var line in BundleReader.LinesAsync(path, BundleParts.Selection, cancel).ConfigureAwait(false))
        {
            ids.Add(JsonSerializer.Deserialize<string>(line.Text)!);
            if (ids.Count < PageSize)
                continue;
            await BundleSelection.ApplyIdsAsync(database, connection, ids, cancel).ConfigureAwait(false);
            ids.Clear();
        }

        await BundleSelection.ApplyIdsAsync(database, connection, ids, cancel).ConfigureAwait(false);
    }

    private async Task<List<string>> IdsAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var command = database.Command(connection, "export_ids");
        await using var rows = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        var ids = new List<string>();
        while (await rows.ReadAsync(cancel).ConfigureAwait(false))
            ids.Add(rows.GetString(0));
        return ids;
    }

    private async Task ExecuteAsync(NpgsqlConnection connection, string name, CancellationToken cancel)
    {
        await using var command = database.Command(connection, name);
        await command.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
    }

    private FileStream Open(FileMode mode) => new(path, new FileStreamOptions
    {
        Mode = mode, Access = FileAccess.ReadWrite, Share = FileShare.Read, Options = FileOptions.Asynchronous,
    });
}
