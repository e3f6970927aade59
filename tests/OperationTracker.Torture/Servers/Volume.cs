using System.Globalization;
using System.Runtime.InteropServices;
using OperationTracker.Torture.Trials;

namespace OperationTracker.Torture.Servers;

/// <summary>
/// A file system of its own, mounted for a trial: a small one that can be filled, or one that can lose power. It is
/// unmounted when it is disposed of, and when this process ends.
/// </summary>
internal sealed partial class Volume : IAsyncDisposable
{
    /// <summary>EXT4_IOC_SHUTDOWN, _IOR('X', 125, __u32).</summary>
    private const ulong Shutdown = 0x8004587D;

    /// <summary>Nothing more reaches the device, the journal's own blocks included.</summary>
    private const uint WithoutFlushingTheLog = 2;

    private readonly string? _image;
    private bool _mounted;

    private Volume(string path, string? image)
    {
        (Path, _image) = (path, image);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => UnmountAsync(lazily: true).GetAwaiter().GetResult();
    }

    /// <summary>Where it is mounted.</summary>
    public string Path { get; }

    /// <summary>A file system in memory.</summary>
    /// <exception cref="CannotRunHereException">Nothing can be mounted here.</exception>
    public static async Task<Volume> InMemoryAsync(string path, int megabytes)
    {
        Tool.DemandRoot("mounting a file system");
        var volume = new Volume(path, image: null);
        Directory.CreateDirectory(path);
        await Tool.RunAsync(
            "mount", "-t", "tmpfs", "-o", string.Create(CultureInfo.InvariantCulture, $"size={megabytes}m,mode=711"),
            "tmpfs", path);
        volume._mounted = true;
        return volume;
    }

    /// <summary>
    /// An ext4 on a file. It writes back by itself as late as it can (<c>commit=300</c>), so that what nobody flushed
    /// is lost with the power.
    /// </summary>
    /// <exception cref="CannotRunHereException">Nothing can be mounted here.</exception>
    public static async Task<Volume> OnFileAsync(string path, string image, int megabytes)
    {
        Tool.DemandRoot("mounting a file system");
        var volume = new Volume(path, image);
        await using (var file = File.Create(image)) file.SetLength(megabytes * 1024L * 1024);
        await Tool.RunAsync("mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0", image);
        await volume.MountAsync();
        await Tool.RunAsync("chmod", "711", path);
        return volume;
    }

    /// <summary>
    /// The power fails: from now on nothing is written to the file any more, and reading and writing fail. What the
    /// file holds then is kept in a copy.
    /// </summary>
    public async Task LosePowerAsync()
    {
        var directory = open(Path, 0);
        var how = WithoutFlushingTheLog;
        var failed = ioctl(directory, Shutdown, ref how) != 0;
        var error = Marshal.GetLastPInvokeError();
        _ = close(directory);
        if (failed) throw new CannotRunHereException($"The file system cannot be cut off (error {error}).");
        await Tool.RunAsync("cp", "--sparse=always", _image!, _image + ".lost-power");
    }

    /// <summary>
    /// The power is back: what the copy holds is mounted in the old place. Nobody may use that any more.
    /// </summary>
    public async Task RegainPowerAsync()
    {
        await UnmountAsync(lazily: false);
        File.Move(_image + ".lost-power", _image!, overwrite: true);
        await MountAsync();
    }

    /// <summary>Leaves no byte free.</summary>
    public void Fill()
    {
        using var file = new FileStream(Filler, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);
        foreach (var size in new[] { 1 << 20, 1 << 12, 1 })
        {
            try
            {
                for (var block = new byte[size]; ;) file.Write(block);
            }
            catch (IOException)
            {
                // That much does not fit any more.
            }
        }
    }

    public void Free() => File.Delete(Filler);

    public async ValueTask DisposeAsync() => await UnmountAsync(lazily: false);

    private string Filler => System.IO.Path.Combine(Path, "filler");

    private async Task MountAsync()
    {
        Directory.CreateDirectory(Path);
        await Tool.RunAsync("mount", "-o", "loop,commit=300,noatime", _image!, Path);
        _mounted = true;
    }

    private async Task UnmountAsync(bool lazily)
    {
        if (!_mounted) return;
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await (lazily ? Tool.RunAsync("umount", "--lazy", Path) : Tool.RunAsync("umount", Path));
                _mounted = false;
                return;
            }
            catch (CannotRunHereException) when (attempt < 50 && !lazily)
            {
                // Processes that were killed a moment ago still hold it.
                await Task.Delay(100);
            }
        }
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(int file, ulong request, ref uint argument);

    [LibraryImport("libc")]
    private static partial int close(int file);
}
