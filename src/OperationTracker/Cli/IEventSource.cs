namespace OperationTracker.Cli;

/// <summary>Where commands that look back read events: a tracker, or a bundle.</summary>
internal interface IEventSource : IDisposable
{
    /// <summary>The history of an operation after a version, with the places that each event changed.</summary>
    /// <exception cref="AnsweredErrorException">The tracker answered with an error.</exception>
    /// <exception cref="ExitException">Nothing can be read, or there is no such operation.</exception>
    IAsyncEnumerable<ReportedEvent> OfOperationAsync(string operationId, long after, CancellationToken token);

    /// <summary>The log of a time, as instants that the source reads.</summary>
    /// <exception cref="AnsweredErrorException">The tracker answered with an error.</exception>
    /// <exception cref="ExitException">Nothing can be read.</exception>
    IAsyncEnumerable<ReportedEvent> OfLogAsync(string? from, string? to, CancellationToken token);
}
