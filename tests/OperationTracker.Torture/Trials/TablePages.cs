using System.Globalization;
using Npgsql;
using OperationTracker.Torture.Servers;

namespace OperationTracker.Torture.Trials;

/// <summary>A page of a table, and what it held before a bit of it was flipped.</summary>
internal sealed record FlippedPage(string Table, long Block, string File, byte[] Before)
{
    public string Name => string.Create(CultureInfo.InvariantCulture, $"{Table} page {Block}");

    /// <summary>Whether <c>audit verify</c> reads it.</summary>
    public bool IsOfEvents => Table.Contains("mt_events", StringComparison.Ordinal) || Table == "positions";

    /// <summary>Whether <c>projections verify</c> reads it.</summary>
    public bool IsOfView => IsOfEvents || Table is "operations" or "operations (toast)";

    public void Restore() => TablePages.Write(File, Block, Before);
}

/// <summary>The pages of the tables of events and views, as they lie on disk.</summary>
internal sealed class TablePages(IReadOnlyList<(string Table, string File)> tables)
{
    private const int PageSize = 8192;

    /// <summary>Writes all pages to their files, and finds these.</summary>
    public static async Task<TablePages> OfAsync(PrivatePostgres postgres, CancellationToken cancel)
    {
        await using var session = await postgres.OpenWhenUpAsync(cancel);
        await using var command = new NpgsqlCommand("""
            select c.relname, pg_relation_filepath(c.oid),
                   coalesce(pg_relation_filepath(nullif(c.reltoastrelid, 0)), '')
            from pg_class c where c.relnamespace = 'tracker'::regnamespace
              and c.relname in ('mt_events', 'mt_streams', 'positions', 'operations', 'past_operations')
            """, session);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var tables = new List<(string Table, string File)>();
        while (await reader.ReadAsync(cancel))
        {
            tables.Add((reader.GetString(0), Path.Combine(postgres.Cluster, reader.GetString(1))));
            if (reader.GetString(2) is { Length: > 0 } toast)
                tables.Add(($"{reader.GetString(0)} (toast)", Path.Combine(postgres.Cluster, toast)));
        }

        return new TablePages(tables);
    }

    /// <summary>Flips one bit in a page that holds something. PostgreSQL is stopped.</summary>
    public FlippedPage Flip(Random random)
    {
        var sizes = tables.Select(table => new FileInfo(table.File).Length / PageSize).ToList();
        while (true)
        {
            var place = random.NextInt64(sizes.Sum());
            var table = 0;
            for (; place >= sizes[table]; table++) place -= sizes[table];
            var page = new byte[PageSize];
            using (var file = File.OpenRead(tables[table].File))
            {
                file.Position = place * PageSize;
                file.ReadExactly(page);
            }

            if (page.AsSpan().IndexOfAnyExcept((byte)0) < 0) continue;
            var flipped = (byte[])page.Clone();
            flipped[random.Next(PageSize)] ^= (byte)(1 << random.Next(8));
            Write(tables[table].File, place, flipped);
            return new FlippedPage(tables[table].Table, place, tables[table].File, page);
        }
    }

    public static void Write(string path, long block, byte[] page)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Write);
        file.Position = block * PageSize;
        file.Write(page);
    }
}
