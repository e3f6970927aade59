using System.CommandLine;
using System.Globalization;
using Microsoft.Extensions.Configuration;
using OperationTracker.Hosting;
using OperationTracker.Postgres;
using OperationTracker.Postgres.Embedded;
using OperationTracker.Postgres.Projections;

namespace OperationTracker.Cli;

/// <summary>
/// The settings of the tracker: each an option of the command line, else a variable of the environment
/// (<c>OPTRACK_</c> and its name in capitals), else a member of the configuration file.
/// </summary>
internal sealed class ServeSettings
{
    /// <summary>The longest that a server may be told to drain.</summary>
    public static readonly TimeSpan LongestDrain = TimeSpan.FromHours(1);

    private readonly Option<string?> _urls = Text(
        "--urls", "URL", $"Where to listen, with ; between several. Without it {ServeOptions.DefaultUrl}.");

    private readonly Option<string?> _data = Text(
        "--data", "DIR", "Where the tracker's own PostgreSQL keeps its data. As root, without it, /var/lib/optrack.");

    private readonly Option<string?> _database = Text(
        "--database", "CONNECTION",
        "An Npgsql connection string: use that PostgreSQL server and start none. Better in OPTRACK_DATABASE or"
        + " OPTRACK_DATABASE_FILE, where other users of the machine do not see it.");

    private readonly Option<string?> _schema = Text(
        "--schema", "NAME", "The schema of the tables. Without it tracker.");
    private readonly Option<string?> _config = Text("--config", "FILE", "A JSON file with settings by these names.");

    private readonly Option<bool> _allowUnauthenticated = new("--allow-unauthenticated")
    {
        Description = "Listen where other machines can reach the tracker although nobody signs in.",
    };

    private readonly Option<string?> _pgBin = Text(
        "--pg-bin", "DIR", "The programs of PostgreSQL; else they are looked for.");
    private readonly Option<string?> _pgUser = Text(
        "--pg-user", "USER", "As root: who runs PostgreSQL. Without it postgres.");
    private readonly Option<string?> _pgTcp = Text(
        "--pg-tcp", "PORT", "Let other programs of this machine connect to the tracker's own PostgreSQL at 127.0.0.1.");

    private readonly Option<string?> _timeZone = Text(
        "--time-zone", "ZONE",
        "The zone of instants given as YYYYMMDD_hhmmss, Europe/Berlin say."
        + " Without it only those with an offset are taken.");

    private readonly Option<string?> _drainDelay = Text(
        "--drain-delay", "SECONDS", "How long /health/ready says no before the tracker stops to accept. Without it 0.");

    private readonly Option<string?> _verifyRate = Text(
        "--verify-rate", "OPERATIONS",
        "Stored views compared with their events each second, to notice drift."
        + $" Without it {ProjectionWatch.DefaultRate}; 0 for none.");

    private readonly Option<string?> _logFormat = Text("--log-format", "FORMAT", "text or json. Without it text.");

    public void AddTo(Command command)
    {
        Option[] options =
        [
            _urls, _data, _database, _schema, _config, _allowUnauthenticated, _pgBin, _pgUser, _pgTcp, _timeZone,
            _drainDelay, _verifyRate, _logFormat,
        ];
        foreach (var option in options)
            command.Add(option);
    }

    /// <summary>The options that say which database and schema, for commands that need no more.</summary>
    public void AddDatabaseTo(Command command)
    {
        foreach (var option in new Option[] { _database, _data, _schema, _config })
            command.Add(option);
    }

    public (ServeOptions Serve, EmbeddedPostgresOptions Embedded) Read(ParseResult parsed)
    {
        var settings = Configuration(parsed);
        string[] urls = Setting(_urls)?.Split(
            ';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [ServeOptions.DefaultUrl];
        var allow = parsed.GetValue(_allowUnauthenticated)
            || string.Equals(settings["allow-unauthenticated"], "true", StringComparison.OrdinalIgnoreCase);
        CheckUrls(urls, allow);
        var serve = new ServeOptions
        {
            Urls = urls,
            Database = Database(parsed),
            Schema = Schema(parsed),
            TimeZone = Zone(Setting(_timeZone)),
            DrainDelay = TimeSpan.FromSeconds(
                Number("--drain-delay", Setting(_drainDelay), 0, (int)LongestDrain.TotalSeconds) ?? 0),
            VerifyRate = Number("--verify-rate", Setting(_verifyRate), 0, ProjectionWatch.HighestRate)
                ?? ProjectionWatch.DefaultRate,
            JsonLogs = Setting(_logFormat) switch
            {
                null or "text" => false,
                "json" => true,
                _ => throw Usage("--log-format takes text or json."),
            },
        };
        var embedded = new EmbeddedPostgresOptions
        {
            DataDirectory = Setting(_data),
            BinDirectory = Setting(_pgBin),
            RunAs = Setting(_pgUser),
            TcpPort = Number("--pg-tcp", Setting(_pgTcp), 1, 65535),
        };
        return (serve, embedded);

        string? Setting(Option<string?> option) => Value(parsed, settings, option);
    }

    /// <summary>
    /// The connection string, from wherever it is set; null when it is set nowhere. It, or its password alone, may
    /// stand in a file, as containers hand out secrets.
    /// </summary>
    public string? Database(ParseResult parsed)
    {
        var settings = Configuration(parsed);
        var connectionString = Value(parsed, settings, _database) ?? Secret(settings, "database-file");
        return connectionString is not null && Secret(settings, "database-password-file") is { } password
            ? TrackerDatabase.WithPassword(connectionString, password)
            : connectionString;
    }

    /// <summary>The directory of the tracker's own PostgreSQL; null for the usual one.</summary>
    public string? DataDirectory(ParseResult parsed) => Value(parsed, Configuration(parsed), _data);

    public SchemaName Schema(ParseResult parsed)
    {
        try
        {
            return Value(parsed, Configuration(parsed), _schema) is { } name
                ? new SchemaName(name)
                : SchemaName.Default;
        }
        catch (ArgumentException fault)
        {
            throw Usage(fault.Message);
        }
    }

    private static string? Secret(IConfiguration settings, string name)
    {
        if (settings[name] is not { Length: > 0 } file)
            return null;
        try
        {
            return File.ReadAllText(file).Trim();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw Usage($"The file {file}, named by {name}, cannot be read.");
        }
    }

    private IConfiguration Configuration(ParseResult parsed)
    {
        var builder = new ConfigurationBuilder();
        var file = parsed.GetValue(_config) ?? Environment.GetEnvironmentVariable("OPTRACK_CONFIG");
        if (file is { Length: > 0 })
            builder.AddJsonFile(Path.GetFullPath(file), optional: false);
        builder.AddInMemoryCollection(
            from System.Collections.DictionaryEntry variable in Environment.GetEnvironmentVariables()
            let name = (string)variable.Key
            where name.StartsWith("OPTRACK_", StringComparison.Ordinal)
            let key = name["OPTRACK_".Length..].Replace('_', '-').ToLowerInvariant()
            where (string?)variable.Value is { Length: > 0 }
            select KeyValuePair.Create<string, string?>(key, (string?)variable.Value));
        try
        {
            return builder.Build();
        }
        catch (Exception fault) when (fault is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            throw Usage($"The configuration file {file} cannot be read as JSON.");
        }
    }

    private static string? Value(ParseResult parsed, IConfiguration settings, Option<string?> option) =>
        parsed.GetValue(option) ?? (settings[option.Name[2..]] is { Length: > 0 } value ? value : null);

    private static void CheckUrls(string[] urls, bool allowUnauthenticated)
    {
        if (urls.Select(ListenAddress.DescribeFault).FirstOrDefault(fault => fault is not null) is { } reason)
            throw Usage(reason);
        if (!allowUnauthenticated && urls.FirstOrDefault(url => !ListenAddress.IsLoopback(url)) is { } open)
        {
            throw Usage(
                $"{open} can be reached from other machines, and nobody has to sign in. Say --allow-unauthenticated"
                + " if that is meant.");
        }
    }

    private static TimeZoneInfo? Zone(string? name)
    {
        if (name is null)
            return null;
        return TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone)
            ? zone
            : throw Usage(
                $"--time-zone: this machine knows no zone {name}. Names are those of IANA, Europe/Berlin say.");
    }

    private static int? Number(string name, string? text, int from, int to)
    {
        if (text is null)
            return null;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number >= from && number <= to
                ? number
                : throw Usage($"{name} takes a number from {from} to {to}.");
    }

    private static ExitException Usage(string sentence) => new(ExitCodes.Usage, sentence);

    private static Option<string?> Text(string name, string value, string description) =>
        new(name) { HelpName = value, Description = description };
}
