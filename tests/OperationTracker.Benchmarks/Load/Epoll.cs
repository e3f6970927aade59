using System.Buffers.Binary;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace OperationTracker.Benchmarks.Load;

/// <summary>
/// Waits for many sockets on one thread. The base library's own asynchronous sockets cost a hand-over between threads
/// for each answer, which on two cores would be taken from what is measured.
/// </summary>
internal sealed partial class Epoll : IDisposable
{
    private const int Capacity = 512;
    private const int Readable = 1;
    private const int Writable = 4;
    private const int Add = 1;
    private const int Modify = 3;
    private const short PollIn = 1;

    /// <summary>The kernel packs its struct on x86 only.</summary>
    private static readonly int DataOffset =
        RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.X86 ? 4 : 8;

    private static readonly int EventSize = DataOffset + 8;

    private readonly int _descriptor = Check(epoll_create1(0));
    private readonly byte[] _events = new byte[Capacity * EventSize];

    public void Watch(Socket socket, int key) => Control(Add, socket, key, Readable);

    /// <summary>Whether to be told, too, that a socket takes bytes again.</summary>
    public void WatchWrites(Socket socket, int key, bool on) =>
        Control(Modify, socket, key, on ? Readable | Writable : Readable);

    /// <summary>Waits until sockets are ready or the time is over; gives the keys of the ready ones.</summary>
    public ReadOnlySpan<int> Wait(TimeSpan timeout, Span<int> keys)
    {
        Sleep(timeout);
        var count = epoll_wait(_descriptor, _events, Math.Min(keys.Length, Capacity), 0);
        if (count < 0 && Marshal.GetLastPInvokeError() != 4)
            Check(count);
        for (var i = 0; i < count; i++)
            keys[i] = BinaryPrimitives.ReadInt32LittleEndian(_events.AsSpan((i * EventSize) + DataOffset));
        return keys[..Math.Max(count, 0)];
    }

    public void Dispose() => _ = close(_descriptor);

    /// <summary>epoll_wait counts in milliseconds, which is too coarse for thousands of requests a second.</summary>
    private void Sleep(TimeSpan timeout)
    {
        if (timeout <= TimeSpan.Zero)
            return;
        var time = new TimeSpec((long)timeout.TotalSeconds, timeout.Ticks % TimeSpan.TicksPerSecond * 100);
        var poll = new PollDescriptor(_descriptor, PollIn, 0);
        _ = ppoll(ref poll, 1, in time, 0);
    }

    private void Control(int operation, Socket socket, int key, int events)
    {
        var entry = new byte[EventSize];
        BinaryPrimitives.WriteInt32LittleEndian(entry, events);
        BinaryPrimitives.WriteInt32LittleEndian(entry.AsSpan(DataOffset), key);
        Check(epoll_ctl(_descriptor, operation, (int)socket.Handle, entry));
    }

    private static int Check(int result) =>
        result >= 0 ? result : throw new IOException($"epoll failed with error {Marshal.GetLastPInvokeError()}.");

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct TimeSpec(long Seconds, long Nanoseconds);

    [StructLayout(LayoutKind.Sequential)]
    private record struct PollDescriptor(int Descriptor, short Events, short Returned);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_create1(int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_ctl(int epoll, int operation, int descriptor, byte[] entry);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_wait(int epoll, byte[] events, int capacity, int milliseconds);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ppoll(ref PollDescriptor descriptors, nint count, in TimeSpec timeout, nint signals);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int close(int descriptor);
}
