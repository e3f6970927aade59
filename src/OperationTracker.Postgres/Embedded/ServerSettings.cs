using System.Globalization;
using Npgsql;

namespace OperationTracker.Postgres.Embedded;

/// <summary>
/// The settings that the tracker depends on, given on the server's command line, where neither postgresql.conf nor
/// <c>alter system</c> can change them. Memory, checkpoints and the like stay in postgresql.conf, for the operator.
/// </summary>
internal static class ServerSettings
{
    /// <summary>The server says "client backend|22P02|4711|ERROR:  ..."; <see cref="ServerLog"/> reads it.</summary>
    public const string LogLinePrefix = "%b|%e|%p|";

    private static readonly (string Name, string Value)[] Durable =
    [
        ("fsync", "on"), ("full_page_writes", "on"), ("synchronous_commit", "on"), ("data_sync_retry", "off"),
    ];

    // A document must never reach the log: not by its statement, its parameters, or the detail of an error.
    private static readonly (string Name, string Value)[] Discreet =
    [
        ("log_error_verbosity", "terse"), ("log_min_error_statement", "panic"), ("log_statement", "none"),
        ("log_parameter_max_length", "0"), ("log_parameter_max_length_on_error", "0"), ("log_duration", "off"),
        ("log_min_duration_statement", "-1"), ("log_min_duration_sample", "-1"), ("log_transaction_sample_rate", "0"),
        ("debug_print_parse", "off"), ("debug_print_rewritten", "off"), ("debug_print_plan", "off"),
    ];

    private static readonly (string Name, string Value)[] Supervised =
    [
        ("restart_after_crash", "on"), ("logging_collector", "off"), ("log_destination", "stderr"),
        ("log_line_prefix", LogLinePrefix), ("lc_messages", "C"), ("timezone", "UTC"), ("log_timezone", "UTC"),
        ("cluster_name", "optrack"), ("wal_level", "replica"), ("password_encryption", "scram-sha-256"), ("ssl", "off"),
    ];

    public static IEnumerable<string> CommandLine(DataDirectory data, string sockets, EmbeddedPostgresOptions options)
    {
        (string Name, string Value)[] chosen =
        [
            .. Durable, .. Discreet, .. Supervised,
            ("listen_addresses", options.TcpPort is null ? "" : "127.0.0.1"),
            ("port", (options.TcpPort ?? NpgsqlConnection.DefaultPort).ToString(CultureInfo.InvariantCulture)),
            ("unix_socket_directories", $"\"{sockets}\""),
            ("max_connections", options.MaxConnections.ToString(CultureInfo.InvariantCulture)),
            ("hba_file", data.AccessRules),
            ("ident_file", data.UserMap),
        ];
        var settings = chosen.SelectMany(setting => (string[])["-c", $"{setting.Name}={setting.Value}"]);
        return ["-D", data.Cluster, .. settings];
    }

    /// <summary>
    /// Asks the server, in a session of the tracker's own role and database, whether a commit is durable: a setting of
    /// the role or the database would override the command line.
    /// </summary>
    public static async Task AssertDurableAsync(NpgsqlConnection session, CancellationToken cancel)
    {
        foreach (var (name, wanted) in Durable)
        {
            await using var show = new NpgsqlCommand($"show {name}", session);
            var value = (string?)await show.ExecuteScalarAsync(cancel);
            if (value == wanted) continue;
            throw new EmbeddedPostgresException(
                EmbeddedPostgresProblem.UnsafeSettings,
                $"PostgreSQL runs with {name} = {value}, so it could lose what the tracker acknowledged. Reset it:"
                + $" alter role {EmbeddedDatabase.Owner} reset {name},"
                + $" alter database {EmbeddedDatabase.Name} reset {name}");
        }
    }
}
