using System.Text;
using Npgsql;
using NpgsqlTypes;
using OperationTracker.Core.EventStore;
using OperationTracker.Core.Operations;

namespace OperationTracker.Postgres;

/// <summary>
/// The conditions of a list, after a <c>where</c> that stands already: only those that are asked for, so that each
/// combination gets a plan of its own. Values are parameters, added after those that are there.
/// </summary>
internal static class ListConditions
{
    public static string Of(OperationListQuery query, NpgsqlParameterCollection parameters)
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
