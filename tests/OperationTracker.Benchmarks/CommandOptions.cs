using System.Globalization;

namespace OperationTracker.Benchmarks;

/// <summary>Options of the form <c>--name value</c>.</summary>
internal sealed class CommandOptions
{
    private readonly Dictionary<string, string> _values = [];

    public CommandOptions(string[] arguments)
    {
        for (var i = 0; i < arguments.Length; i += 2)
        {
            if (!arguments[i].StartsWith("--", StringComparison.Ordinal) || i + 1 == arguments.Length)
                throw new ArgumentException($"{arguments[i]} is no option with a value.");
            _values[arguments[i][2..]] = arguments[i + 1];
        }
    }

    public bool Has(string name) => _values.ContainsKey(name);

    public string Text(string name, string otherwise) => _values.GetValueOrDefault(name, otherwise);

    public string[] List(string name, string otherwise) =>
        Text(name, otherwise).Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    public double Number(string name, double otherwise) =>
        _values.TryGetValue(name, out var text) ? double.Parse(text, CultureInfo.InvariantCulture) : otherwise;

    public int Whole(string name, int otherwise) => (int)Number(name, otherwise);

    /// <summary>Refuses options that nobody asks for, so that a slip of the hand does not go unseen.</summary>
    public void AllowOnly(params string[] names)
    {
        if (_values.Keys.Except(names).FirstOrDefault() is { } unknown)
            throw new ArgumentException($"There is no option --{unknown}.");
    }
}
