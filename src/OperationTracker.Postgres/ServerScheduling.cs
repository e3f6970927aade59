using System.Numerics;
using System.Runtime.InteropServices;
using Npgsql;

namespace OperationTracker.Postgres;

/// <summary>
/// Tells the kernel how to run the server's processes that serve many callers by one short statement after the other:
/// those of flights and of reads. By itself it puts the one that has waited for the append lock in the place of the
/// one that has just given it back, and has yet to send its answer; and it has the tracker's threads wait behind the
/// server's processes while a processor sleeps. See the decision about where flights run.
/// Where a server is elsewhere, or may not be told, all is as it was.
/// </summary>
internal static partial class ServerScheduling
{
    private const int Normal = 0;

    /// <summary>SCHED_BATCH: the same share of the time, but nobody is interrupted when it wakes up.</summary>
    private const int Batch = 3;

    /// <summary>For as many processors as the system's library has room for.</summary>
    private const int MaskWords = 1024 / 64;

    private const int MaskBytes = MaskWords * sizeof(ulong);

    /// <summary>
    /// Has the process behind a session finish what it is at before another such begins, and stay with them on one
    /// processor, if there are two. One that somebody has told otherwise is left alone.
    /// </summary>
    public static void TakeTurns(NpgsqlConnection session)
    {
        if (SessionProcess.Find(session) is not { } process || sched_getscheduler(process) != Normal)
            return;
        var priority = 0; // the only one that this policy knows, and all of struct sched_param
        if (sched_setscheduler(process, Batch, ref priority) < 0)
            return;
        var mask = new ulong[MaskWords];
        if (sched_getaffinity(process, MaskBytes, ref mask[0]) < 0 || ProcessorOf(mask) is not { } processor)
            return;
        Array.Clear(mask);
        mask[processor / 64] = 1UL << (processor % 64);
        _ = sched_setaffinity(process, MaskBytes, ref mask[0]);
    }

    /// <summary>
    /// The one to run on of these processors, a bit each: the last of two, the same for all sessions, since those of
    /// one log take turns anyway. Null for wherever the kernel likes.
    /// </summary>
    internal static int? ProcessorOf(ReadOnlySpan<ulong> processors)
    {
        var (count, last) = (0, 0);
        for (var i = 0; i < processors.Length; i++)
        {
            count += BitOperations.PopCount(processors[i]);
            if (processors[i] != 0)
                last = (i * 64) + BitOperations.Log2(processors[i]);
        }

        return count == 2 ? last : null;
    }

    [LibraryImport("libc")]
    private static partial int sched_getscheduler(int pid);

    [LibraryImport("libc")]
    private static partial int sched_setscheduler(int pid, int policy, ref int priority);

    [LibraryImport("libc")]
    private static partial int sched_getaffinity(int pid, nuint size, ref ulong mask);

    [LibraryImport("libc")]
    private static partial int sched_setaffinity(int pid, nuint size, ref ulong mask);
}
