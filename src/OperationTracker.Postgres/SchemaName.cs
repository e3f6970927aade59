using System.Text;

namespace OperationTracker.Postgres;

/// <summary>
/// The schema that a tracker lives in. Two trackers in two schemas of one database do not meet: tables, functions and
/// locks are all its own. Any name that PostgreSQL takes will do; it is quoted wherever it is used.
/// </summary>
public sealed record SchemaName
{
    /// <summary>Bytes that PostgreSQL keeps of a name; it would cut a longer one in silence.</summary>
    private const int MaxBytes = 63;

    /// <summary>The schema <c>tracker</c>.</summary>
    public static SchemaName Default { get; } = new("tracker");

    /// <summary>A schema of this name.</summary>
    /// <exception cref="ArgumentException">
    /// It is empty, too long, or of the kind that PostgreSQL keeps for itself.
    /// </exception>
    public SchemaName(string name)
    {
        if (string.IsNullOrEmpty(name) || Encoding.UTF8.GetByteCount(name) > MaxBytes || name.Contains('\0')
            || name.StartsWith("pg_", StringComparison.Ordinal) || name.AsSpan().ContainsAny("$'"))
        {
            throw new ArgumentException(
                $"A schema name has 1 to {MaxBytes} bytes, does not begin with pg_, and holds no $, ' or U+0000.");
        }

        Name = name;
    }

    /// <summary>The name as it is.</summary>
    public string Name { get; }

    /// <summary>The name as it stands in a statement.</summary>
    public string Quoted => $"\"{Name.Replace("\"", "\"\"")}\"";
}
