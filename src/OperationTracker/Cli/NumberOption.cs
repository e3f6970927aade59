using System.CommandLine;
using System.Globalization;
using System.Numerics;

namespace OperationTracker.Cli;

/// <summary>Options that take a number within bounds, and say so when they are given something else.</summary>
internal static class NumberOption
{
    private const double Day = 86_400;

    public static Option<T> Between<T>(string name, T least, T most, string helpName, string description)
        where T : INumber<T> => new(name)
        {
            Description = description,
            HelpName = helpName,
            CustomParser = given =>
            {
                var text = given.Tokens.Count == 1 ? given.Tokens[0].Value : "";
                if (T.TryParse(text, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most)
                    return number;
                given.AddError($"{name} takes a number from {least} to {most}.");
                return T.Zero;
            },
        };

    /// <summary>Seconds, fractions allowed. The least is what a timer can tell apart.</summary>
    public static Option<double> Seconds(string name, string description, double defaultValue)
    {
        var option = Between(name, 0.001, Day, "SECONDS", description);
        option.DefaultValueFactory = _ => defaultValue;
        return option;
    }
}
