using System.Text;
using Npgsql;
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
            And($"(occurred_time, operation_id) > ({Add(after.OccurredTime)}, {Add(after.OperationId)})");
        if (filter.Statuses.Count == 1)
            And($"status = {Add(filter.Statuses[0].ToText())}");
        else if (filter.Statuses.Count > 1)
            And($"status = any ({Add<string[]>([.. filter.Statuses.Select(OperationStatuses.ToText)])})");
        if (filter.ClusterId is not null)
            And($"cluster_ids @> {Add<string[]>([filter.ClusterId])}");
        if (filter.Method is { } method)
            And($"request_method = {Add(method.ToText())}");
        if (filter.UriPrefix is not null)
            And($"starts_with(request_uri, {Add(filter.UriPrefix)})");
        if (filter.OccurredFrom is not null)
            And($"occurred_time >= {Add(filter.OccurredFrom)}");
        if (filter.OccurredTo is not null)
            And($"occurred_time < {Add(filter.OccurredTo)}");
        if (filter.UpdatedFrom is not null)
            And($"last_update_time >= {Add(filter.UpdatedFrom)}");
        if (filter.UpdatedTo is not null)
            And($"last_update_time < {Add(filter.UpdatedTo)}");
        return conditions.ToString();

        void And(string condition) => conditions.Append("\n      and ").Append(condition);

        string Add<T>(T value) => parameters.Refer(value);
    }
}
