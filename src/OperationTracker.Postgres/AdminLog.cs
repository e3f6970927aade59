using System.Text.Json;
using Npgsql;
using NpgsqlTypes;

namespace OperationTracker.Postgres;

/// <summary>The parameters of <c>add_admin_log</c>: what an operator did, for the tracker's own log.</summary>
internal static class AdminLog
{
    /// <param name="parameters">Those of the statement.</param>
    /// <param name="command">What was done, as the command line calls it.</param>
    /// <param name="by">Who did it; null when they did not say.</param>
    /// <param name="detail">What is told of it; written as JSON.</param>
    public static void Add<T>(NpgsqlParameterCollection parameters, string command, string? by, T detail) =>
        parameters.With(command).With(by).With(JsonSerializer.Serialize(detail), NpgsqlDbType.Jsonb);
}
