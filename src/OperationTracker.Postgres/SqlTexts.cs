using System.Collections.Concurrent;

namespace OperationTracker.Postgres;

/// <summary>The statements of the folders <c>Sql</c> and <c>Schema</c>, one a file, for one schema.</summary>
internal sealed class SqlTexts(SchemaName schema)
{
    private readonly ConcurrentDictionary<string, string> _texts = new();

    /// <summary>The statement of the file <c>Sql/{name}.sql</c>.</summary>
    public string this[string name] => _texts.GetOrAdd(name, key => Fill(Read($"Sql/{key}.sql")));

    /// <summary>The names of the migrations' files, oldest first.</summary>
    public static IReadOnlyList<string> MigrationFiles { get; } =
    [
        .. typeof(SqlTexts).Assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith("Schema/", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>The statements of a migration.</summary>
    public string Migration(string file) => Fill(Read(file));

    private string Fill(string text) => text
        .Replace("{append_lock}", AppendLock, StringComparison.Ordinal)
        .Replace("{schema}", schema.Quoted, StringComparison.Ordinal);

    /// <summary>
    /// The key of the append lock, an expression over the schema's name. PostgreSQL keeps advisory locks apart by
    /// database itself.
    /// </summary>
    private string AppendLock => $"hashtextextended('optrack append {schema.Name}', 0)";

    private static string Read(string resource)
    {
        using var stream = typeof(SqlTexts).Assembly.GetManifestResourceStream(resource)
            ?? throw new ArgumentException($"There is no statement {resource}.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
