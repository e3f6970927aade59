using System.Globalization;

namespace OperationTracker.Torture.Hostile;

/// <summary>What a hostile run is asked for.</summary>
internal sealed record HostileOptions
{
    public const string Usage = "eng/torture hostile [--requests N] [--seed N] [--connections N]"
        + " [--corpus DIR] [--json FILE] [--directory DIR]";

    private static readonly string[] Names = ["requests", "seed", "connections", "corpus", "json", "directory"];

    /// <summary>How many requests are answered, at least, all kinds together.</summary>
    public int Requests { get; init; } = 100_000;

    public int Seed { get; init; } = Random.Shared.Next();

    public int Connections { get; init; } = 4;

    /// <summary>
    /// Where files named y_*.json, n_*.json and i_*.json stand, and blns.json, an array of strings; null: only our
    /// own.
    /// </summary>
    public string? Corpus { get; init; }

    /// <summary>Where the figures go as JSON; null: nowhere.</summary>
    public string? Json { get; init; }

    /// <summary>Where the data and the tracker's log stand; kept when something was found, else deleted.</summary>
    public string Directory { get; init; } = Path.Combine("/var/tmp", $"optrack-hostile-{Environment.ProcessId}");

    /// <exception cref="ArgumentException">
    /// The arguments are not understood; the message says how they should be.
    /// </exception>
    public static HostileOptions Parse(string[] arguments)
    {
        var values = new Dictionary<string, string>();
        for (var i = 0; i < arguments.Length; i += 2)
        {
            var name = arguments[i].StartsWith("--", StringComparison.Ordinal) ? arguments[i][2..] : "";
            if (!Names.Contains(name) || i + 1 == arguments.Length)
                throw new ArgumentException($"{arguments[i]} is no option with a value.\n{Usage}");
            values[name] = arguments[i + 1];
        }

        if (values.GetValueOrDefault("corpus") is { } corpus && !System.IO.Directory.Exists(corpus))
            throw new ArgumentException($"--corpus names {corpus}, where no directory is.");
        var defaults = new HostileOptions();
        return new HostileOptions
        {
            Requests = Number("requests", defaults.Requests),
            Seed = Number("seed", defaults.Seed),
            Connections = Math.Clamp(Number("connections", defaults.Connections), 1, 100),
            Corpus = values.GetValueOrDefault("corpus"),
            Json = values.GetValueOrDefault("json"),
            Directory = values.GetValueOrDefault("directory", defaults.Directory),
        };

        int Number(string name, int otherwise) => !values.TryGetValue(name, out var text) ? otherwise
            : int.TryParse(text, CultureInfo.InvariantCulture, out var number) ? number
            : throw new ArgumentException($"--{name} takes a number.\n{Usage}");
    }
}
