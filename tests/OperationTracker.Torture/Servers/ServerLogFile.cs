using Microsoft.Extensions.Logging;

namespace OperationTracker.Torture.Servers;

/// <summary>What the launcher of PostgreSQL says, in a file for people; and how often the server panicked.</summary>
internal sealed class ServerLogFile(string path) : ILogger
{
    private readonly Lock _lock = new();

    public int Panics { get; private set; }

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception,
        Func<TState, Exception?, string> formatter)
    {
        var line = formatter(state, exception);
        lock (_lock)
        {
            if (line.Contains("PANIC:", StringComparison.Ordinal)) Panics++;
            File.AppendAllText(path, $"{DateTime.UtcNow:HH:mm:ss.fff} {logLevel} {line}\n");
        }
    }
}
