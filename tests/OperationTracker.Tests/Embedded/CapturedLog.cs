using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace OperationTracker.Tests.Embedded;

/// <summary>Keeps every log line of every level, for tests that ask what was logged.</summary>
public sealed class CapturedLog : ILogger
{
    private readonly ConcurrentQueue<string> _lines = new();

    public IReadOnlyCollection<string> Lines => _lines;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception,
        Func<TState, Exception?, string> formatter) => _lines.Enqueue(formatter(state, exception) + exception);
}
