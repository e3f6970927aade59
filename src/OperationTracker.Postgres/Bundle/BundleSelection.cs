using Npgsql;
using NpgsqlTypes;
using OperationTracker.Core.EventStore;

namespace OperationTracker.Postgres.Bundle;

/// <summary>Which operations a bundle is of, each with its whole history; all that is given must hold.</summary>
public sealed record BundleSelection
{
    /// <summary>These operations; empty for any.</summary>
    public IReadOnlyList<string> Ids { get; init; } = [];

    /// <summary>Operations that are so now.</summary>
    public OperationFilter? Filter { get; init; }

    /// <summary>Operations to which something happened from this instant on.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Operations to which something happened before this instant.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>Whether it is of the whole log.</summary>
    public bool IsAll => Ids.Count == 0 && Filter is null && From is null && To is null;

    /// <summary>Notes the chosen operations in the session.</summary>
    internal async Task ApplyAsync(TrackerDatabase database, NpgsqlConnection connection, CancellationToken cancel)
    {
        if (Ids.Count > 0)
            await ApplyIdsAsync(database, connection, Ids, cancel).ConfigureAwait(false);
        if (Filter is not null)
            await ApplyFilterAsync(database, connection, Filter, cancel).ConfigureAwait(false);
        if (From is null && To is null)
            return;
        await using var command = database.Command(connection, "export_select_period")
            .With(From).With(To).With(Ids.Count > 0 || Filter is not null);
        await command.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
    }

    /// <summary>Notes operations by their ids.</summary>
    internal static async Task ApplyIdsAsync(
        TrackerDatabase database, NpgsqlConnection connection, IReadOnlyList<string> ids, CancellationToken cancel)
    {
        await using var command = database.Command(connection, "export_select_ids").With<string[]>([.. ids]);
        await command.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
    }

    private static async Task ApplyFilterAsync(
        TrackerDatabase database, NpgsqlConnection connection, OperationFilter filter, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand { Connection = connection };
        command.CommandText = database.Sql["export_select_filter"].Replace(
            "{filters}", ListConditions.Of(new OperationListQuery(filter, null, 0), command.Parameters),
            StringComparison.Ordinal);
        await command.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
    }
}
