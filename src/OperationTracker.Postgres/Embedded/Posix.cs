using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace OperationTracker.Postgres.Embedded;

/// <summary>A user of the operating system, as the password database has it.</summary>
internal sealed record OsUser(string Name, uint Uid, uint Gid);

/// <summary>The calls of the C library that the base library does not offer. Linux only.</summary>
internal static partial class Posix
{
    public const int Interrupt = 2;
    public const int Quit = 3;

    private const int AtCurrentDirectory = -100;
    private const uint StatxUid = 0x8;
    private const int StatxSize = 256;
    private const int StatxUidOffset = 20;
    private const int OpenCloseOnExec = 0x80000;
    private const int NoEntry = 2;
    private const uint SyncFileRangeWrite = 2;

    private static readonly Lock PasswordDatabase = new();

    public static bool IsRoot => EffectiveUid == 0;

    public static uint EffectiveUid => geteuid();

    /// <summary>Sends a signal. False if there is no such process, or it is another user's.</summary>
    public static bool Signal(int pid, int signal) => pid > 1 && kill(pid, signal) == 0;

    public static bool IsAlive(int pid) => pid > 0 && Directory.Exists($"/proc/{pid}");

    public static void ChangeMode(string path, int mode) => Check(chmod(path, (uint)mode), path);

    public static void ChangeOwner(string path, OsUser user) => Check(chown(path, user.Uid, user.Gid), path);

    /// <summary>The path with every symbolic link resolved, as the kernel shows it under /proc.</summary>
    public static string RealPath(string path) =>
        realpath(path, 0) ?? throw new IOException(Describe(path, Marshal.GetLastPInvokeError()));

    /// <summary>The owner's user id.</summary>
    public static uint OwnerOf(string path)
    {
        Span<byte> status = stackalloc byte[StatxSize];
        Check(statx(AtCurrentDirectory, path, 0, StatxUid, ref MemoryMarshal.GetReference(status)), path);
        return MemoryMarshal.Read<uint>(status[StatxUidOffset..]);
    }

    /// <summary>Makes a rename inside the directory survive a power loss.</summary>
    public static void FlushDirectory(string path)
    {
        using var directory = OpenToRead(path);
        Check(fsync(directory), path);
    }

    /// <summary>
    /// Has the kernel begin to write a part of a file that is not on the disk yet, and does not wait for it.
    /// </summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static void BeginWriting(string path, long from, long length)
    {
        using var file = OpenToRead(path);
        Check(sync_file_range(file, from, length, SyncFileRangeWrite), path);
    }

    /// <summary>Opens a file whatever locks there are on it.</summary>
    public static SafeFileHandle OpenToRead(string path)
    {
        var descriptor = open(path, OpenCloseOnExec);
        Check(descriptor, path);
        return new SafeFileHandle(descriptor, ownsHandle: true);
    }

    public static OsUser? FindUser(string name)
    {
        lock (PasswordDatabase) return ReadUser(getpwnam(name));
    }

    public static OsUser? FindUser(uint uid)
    {
        lock (PasswordDatabase) return ReadUser(getpwuid(uid));
    }

    // struct passwd begins with two pointers (name, password), then the user and the group id.
    private static OsUser? ReadUser(nint entry) => entry == 0
        ? null
        : new OsUser(
            Marshal.PtrToStringUTF8(Marshal.ReadIntPtr(entry))!,
            (uint)Marshal.ReadInt32(entry, 2 * nint.Size),
            (uint)Marshal.ReadInt32(entry, 2 * nint.Size + sizeof(uint)));

    private static void Check(int result, string path)
    {
        if (result >= 0) return;
        var error = Marshal.GetLastPInvokeError();
        throw error == NoEntry
            ? new FileNotFoundException(Describe(path, error), path)
            : new IOException(Describe(path, error));
    }

    private static string Describe(string path, int error) => $"{path}: {new Win32Exception(error).Message}";

    [LibraryImport("libc")]
    private static partial uint geteuid();

    [LibraryImport("libc")]
    private static partial int kill(int pid, int signal);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int chmod(string path, uint mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int chown(string path, uint owner, uint group);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial string? realpath(string path, nint buffer);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(int directory, string path, int flags, uint mask, ref byte status);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(SafeFileHandle file);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int sync_file_range(SafeFileHandle file, long from, long length, uint flags);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint getpwnam(string name);

    [LibraryImport("libc")]
    private static partial nint getpwuid(uint uid);
}
