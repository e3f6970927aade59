using Npgsql;
using NpgsqlTypes;

namespace OperationTracker.Postgres;

/// <summary>
/// Typed positional parameters, in the order of a statement's. Where no type is named it is that of the value: a string
/// is a <c>text</c>, an array of them a <c>text[]</c>.
/// </summary>
internal static class Parameters
{
    public static NpgsqlCommand With<T>(this NpgsqlCommand command, T value, NpgsqlDbType? type = null)
    {
        command.Parameters.With(value, type);
        return command;
    }

    /// <summary>An instant, or none.</summary>
    public static NpgsqlCommand With(this NpgsqlCommand command, DateTimeOffset? instant)
    {
        command.Parameters.Add(new NpgsqlParameter
        {
            Value = instant is { } known ? known.UtcDateTime : DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz,
        });
        return command;
    }

    public static NpgsqlBatchCommand With<T>(this NpgsqlBatchCommand command, T value, NpgsqlDbType? type = null)
    {
        command.Parameters.With(value, type);
        return command;
    }

    public static NpgsqlParameterCollection With<T>(
        this NpgsqlParameterCollection parameters, T value, NpgsqlDbType? type = null)
    {
        var parameter = new NpgsqlParameter<T> { TypedValue = value };
        if (type is { } named)
            parameter.NpgsqlDbType = named;
        parameters.Add(parameter);
        return parameters;
    }

    /// <summary>Adds a value to a statement that is put together as it goes.</summary>
    /// <returns>What stands for the value in the statement's text.</returns>
    public static string Refer<T>(this NpgsqlParameterCollection parameters, T value, NpgsqlDbType? type = null) =>
        $"${parameters.With(value, type).Count}";
}
