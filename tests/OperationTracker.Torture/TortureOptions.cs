using System.Globalization;
using OperationTracker.Torture.Faults;
using OperationTracker.Torture.Trials;

namespace OperationTracker.Torture;

/// <summary>
/// What a run is asked for. The seed decides the schedule of faults, not the interleaving of processes.
/// </summary>
internal sealed record TortureOptions
{
    public const string Usage = """
        eng/torture [--minutes N] [--seed N] [--nodes 1-4] [--clients N] [--slots N] [--round SECONDS]
                    [--faults KIND,KIND...] [--plant BUG] [--json FILE] [--directory DIR]
        eng/torture TRIAL [--count N] [--seed N] [--nodes 1-4] [--clients N] [--plant BUG] [--json FILE] [--directory DIR]
        """;

    private static readonly string[] Names =
        ["minutes", "seed", "nodes", "clients", "slots", "round", "faults", "plant", "json", "directory", "count"];

    /// <summary>A run with one theme in place of the mixed faults; null for those.</summary>
    public TrialKind? Trial { get; init; }

    /// <summary>How many lost answers, cycles or flipped bits a trial makes; null for the trial's own number.</summary>
    public int? Count { get; init; }

    public TimeSpan Time { get; init; } = TimeSpan.FromMinutes(1);

    public int Seed { get; init; } = Random.Shared.Next();

    /// <summary>Tracker processes on the one database.</summary>
    public int Nodes { get; init; } = 2;

    public int Clients { get; init; } = 16;

    /// <summary>Operations that are written at a time; each is left for a new one after some hundred PUTs.</summary>
    public int Slots { get; init; } = 24;

    /// <summary>After this long the clients rest, all is healed and checked; then a new round begins.</summary>
    public TimeSpan Round { get; init; } = TimeSpan.FromSeconds(20);

    public IReadOnlyList<FaultKind> Faults { get; init; } = Enum.GetValues<FaultKind>();

    /// <summary>A bug that is planted from outside; null for the product as it is.</summary>
    public PlantedBug? Plant { get; init; }

    /// <summary>Where the result goes as JSON; null: nowhere.</summary>
    public string? Json { get; init; }

    /// <summary>Where the data, the logs and the ledger stand; kept when something was found, else deleted.</summary>
    public string Directory { get; init; } = Path.Combine("/var/tmp", $"optrack-torture-{Environment.ProcessId}");

    /// <exception cref="ArgumentException">
    /// The arguments are not understood; the message says how they should be.
    /// </exception>
    public static TortureOptions Parse(string[] arguments)
    {
        var values = new Dictionary<string, string>();
        TrialKind? trial = arguments is [['-', ..], ..] or [] ? null : WordFor<TrialKind>(arguments[0]);
        for (var i = trial is null ? 0 : 1; i < arguments.Length; i += 2)
        {
            var name = arguments[i].StartsWith("--", StringComparison.Ordinal) ? arguments[i][2..] : "";
            if (!Names.Contains(name) || i + 1 == arguments.Length)
                throw new ArgumentException($"{arguments[i]} is no option with a value.\n{Usage}");
            values[name] = arguments[i + 1];
        }

        try
        {
            return From(values) with { Trial = trial };
        }
        catch (FormatException fault)
        {
            throw new ArgumentException($"{fault.Message}\n{Usage}", fault);
        }
    }

    private static TortureOptions From(Dictionary<string, string> values)
    {
        var defaults = new TortureOptions();
        return defaults with
        {
            Time = TimeSpan.FromMinutes(Number("minutes", defaults.Time.TotalMinutes)),
            Seed = (int)Number("seed", defaults.Seed),
            Nodes = Math.Clamp((int)Number("nodes", defaults.Nodes), 1, 4),
            Clients = (int)Number("clients", defaults.Clients),
            Slots = (int)Number("slots", defaults.Slots),
            Round = TimeSpan.FromSeconds(Number("round", defaults.Round.TotalSeconds)),
            Faults = values.TryGetValue("faults", out var kinds)
                ? [.. kinds.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(WordFor<FaultKind>)]
                : defaults.Faults,
            Plant = values.TryGetValue("plant", out var bug) ? WordFor<PlantedBug>(bug) : null,
            Count = values.ContainsKey("count") ? (int)Number("count", 0) : null,
            Json = values.GetValueOrDefault("json"),
            Directory = values.GetValueOrDefault("directory", defaults.Directory),
        };

        double Number(string name, double otherwise) => values.TryGetValue(name, out var text)
            ? double.Parse(text, CultureInfo.InvariantCulture) : otherwise;
    }

    /// <summary>Words of the command line are lower case with hyphens.</summary>
    private static T WordFor<T>(string word) where T : struct, Enum =>
        Enum.TryParse<T>(word.Replace("-", "", StringComparison.Ordinal), ignoreCase: true, out var value)
            ? value
            : throw new ArgumentException(
                $"{word} is none of {string.Join(' ', Enum.GetNames<T>().Select(Words.Hyphenated))}.\n{Usage}");
}
