using System.CommandLine;
using System.CommandLine.Parsing;

namespace OperationTracker.Cli;

/// <summary>The options that every command which asks a tracker has.</summary>
internal sealed class ServerOptions
{
    private const string Variable = "OPTRACK_SERVER";
    private const string DefaultServer = "http://127.0.0.1:8080";

    private readonly Option<string> server = new("--server")
    {
        Description = $"The tracker's URL; the environment variable {Variable} changes the default.",
        HelpName = "URL",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } url
            ? url : DefaultServer,
    };

    private readonly Option<double> timeout =
        NumberOption.Seconds("--timeout", "How long to wait for each answer, in seconds.", defaultValue: 30);

    public static ServerOptions AddTo(Command command)
    {
        var options = new ServerOptions();
        command.Add(options.server);
        command.Add(options.timeout);
        return options;
    }

    public TrackerClient Connect(ParseResult parsed)
    {
        var url = parsed.GetRequiredValue(server);
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
            throw new ExitException(ExitCodes.Usage, $"'{url}' is not an http or https URL.");
        if (uri.Query.Length > 0 || uri.Fragment.Length > 0)
            throw new ExitException(ExitCodes.Usage, $"'{url}' has a query or a fragment; a server's URL has none.");
        return new TrackerClient(uri, TimeSpan.FromSeconds(parsed.GetValue(timeout)));
    }

    /// <summary>
    /// An id goes into the path as one segment. "." and ".." would name another path whatever their escape, and "" the
    /// collection; every other bad id is for the tracker to refuse. What looks like an option is a slip of the hand,
    /// unless -- stands before it.
    /// </summary>
    public static string RequireAddressable(string operationId, ParseResult parsed)
    {
        var isSlip = operationId.StartsWith("--", StringComparison.Ordinal)
            && parsed.Tokens.All(token => token.Type != TokenType.DoubleDash);
        return isSlip || operationId is "" or "." or ".."
            ? throw new ExitException(ExitCodes.Usage, $"'{operationId}' cannot be an operation_id.")
            : operationId;
    }
}
