using System.Collections.Concurrent;
using System.Diagnostics;

namespace OperationTracker.Postgres.Embedded;

/// <summary>
/// The one thread that starts child processes, parked in between. Linux sends a child its parent-death signal when the
/// <em>thread</em> that started it ends, so a child of a pool thread can be stopped while this process is well. This
/// thread ends only when it is disposed of, or with the process.
/// </summary>
internal sealed class SpawnThread : IDisposable
{
    private readonly BlockingCollection<(ProcessStartInfo Command, TaskCompletionSource<Process> Started)> _wanted = [];

    public SpawnThread()
    {
        var thread = new Thread(StartWhatIsWanted) { IsBackground = true, Name = "starts PostgreSQL" };
        thread.Start();
    }

    public Task<Process> StartAsync(ProcessStartInfo command)
    {
        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        _wanted.Add((command, started));
        return started.Task;
    }

    /// <summary>Ends the thread; the kernel then asks children that were to die with it to stop.</summary>
    public void Dispose() => _wanted.CompleteAdding();

    private void StartWhatIsWanted()
    {
        foreach (var (command, started) in _wanted.GetConsumingEnumerable())
        {
            try
            {
                var process = Process.Start(command)!;
                process.StandardInput.Close();
                started.SetResult(process);
            }
            catch (Exception e) when (e is System.ComponentModel.Win32Exception or IOException)
            {
                started.SetException(e);
            }
        }
    }
}
