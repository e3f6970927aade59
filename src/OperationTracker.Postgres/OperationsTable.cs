using System.Text;
using Npgsql;
using NpgsqlTypes;
using OperationTracker.Core.EventStore;
using OperationTracker.Core.Operations;

namespace OperationTracker.Postgres;

/// <summary>Reads pages of the list: short statements over the index of its order, no cursor held between them.</summary>
internal sealed class OperationsTable(TrackerDatabase database)
{
    /// <summary>Bytes of documents after which a page ends early; with one large document more it is all that is held.</summary>
    private const long PageBytes = 512 * 1024;

    public async Task<IReadOnlyList<OperationListItem>> ReadPageAsync(OperationListQuery query, CancellationToken cancel)
    {
        await using var connection = await database.OpenAsync(cancel).ConfigureAwait(false);
        await using var command = Command(connection, "list_operations", query, PageBytes);
        await using var rows = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        var page = new List<OperationListItem>();
        while (await rows.ReadAsync(cancel).ConfigureAwait(false))
        {
            page.Add(new OperationListItem(
                rows.GetString(0), rows.GetString(1), rows.GetString(2), rows.GetString(3),
                rows.GetFieldValue<byte[]>(4)));
        }

        return page;
    }

    public async Task<OperationListPage> ReadIdsAsync(OperationListQuery query, CancellationToken cancel)
    {
        await using var connection = await database.OpenAsync(cancel).ConfigureAwait(false);
        await using var command = Command(connection, "list_ids", query);
        await using var rows = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        await rows.ReadAsync(cancel).ConfigureAwait(false);
        return rows.GetInt32(0) is var count and > 0
            ? new OperationListPage(
                count, rows.GetFieldValue<byte[]>(1), new ListPosition(rows.GetString(2), rows.GetString(3)))
            : new OperationListPage(0, default, null);
    }

    private NpgsqlCommand Command(NpgsqlConnection connection, string name, OperationListQuery query, long? bytes = null)
    {
        var command = new NpgsqlCommand { Connection = connection };
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = query.Limit });
        if (bytes is { } most)
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = most });
        command.CommandText = database.Sql[name]
            .Replace("{filters}", Conditions(query, command.Parameters), StringComparison.Ordinal);
        return command;
    }

    /// <summary>
    /// Only the conditions that are asked for, so that each combination gets a plan of its own; values are parameters.
    /// </summary>
    private static string Conditions(OperationListQuery query, NpgsqlParameterCollection parameters)
    {
        var conditions = new StringBuilder();
        var filter = query.Filter;
        if (query.After is { } after)
            And($"(occurred_time, operation_id) > ({Text(after.OccurredTime)}, {Text(after.OperationId)})");
        if (filter.Statuses.Count == 1)
            And($"status = {Text(filter.Statuses[0].ToText())}");
        else if (filter.Statuses.Count > 1)
            And($"status = any ({Texts([.. filter.Statuses.Select(OperationStatuses.ToText)])})");
        if (filter.ClusterId is not null)
            And($"cluster_ids @> {Texts([filter.ClusterId])}");
        if (filter.Method is { } method)
            And($"request_method = {Text(method.ToText())}");
        if (filter.UriPrefix is not null)
            And($"starts_with(request_uri, {Text(filter.UriPrefix)})");
        if (filter.OccurredFrom is not null)
            And($"occurred_time >= {Text(filter.OccurredFrom)}");
        if (filter.OccurredTo is not null)
            And($"occurred_time < {Text(filter.OccurredTo)}");
        if (filter.UpdatedFrom is not null)
            And($"last_update_time >= {Text(filter.UpdatedFrom)}");
        if (filter.UpdatedTo is not null)
            And($"last_update_time < {Text(filter.UpdatedTo)}");
        return conditions.ToString();

        void And(string condition) => conditions.Append("\n      and ").Append(condition);

        string Text(string value)
        {
            parameters.Add(new NpgsqlParameter<string> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Text });
            return $"${parameters.Count}";
        }

        string Texts(string[] values)
        {
            parameters.Add(new NpgsqlParameter<string[]>
            {
                TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text,
            });
            return $"${parameters.Count}";
        }
    }
}
