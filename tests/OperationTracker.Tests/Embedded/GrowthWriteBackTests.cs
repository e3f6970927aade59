using System.Runtime.Versioning;
using Microsoft.Extensions.Logging.Abstractions;
using OperationTracker.Postgres.Embedded;

namespace OperationTracker.Tests.Embedded;

/// <summary>What the kernel is told to write of a cluster that grows.</summary>
[SupportedOSPlatform("linux")]
public sealed class GrowthWriteBackTests : IDisposable
{
    private const int Page = 8192;

    private readonly string _cluster = TestDirectory.Create("growth");
    private readonly List<(string File, long From, long Length)> _written = [];
    private readonly GrowthWriteBack _work;

    public GrowthWriteBackTests()
    {
        Directory.CreateDirectory(Path.Combine(_cluster, "base", "5"));
        Directory.CreateDirectory(Path.Combine(_cluster, "base", "pgsql_tmp"));
        _work = new GrowthWriteBack(_cluster, Write, NullLogger.Instance, TimeProvider.System);
    }

    public void Dispose() => TestDirectory.Delete(_cluster);

    [Fact]
    public void What_a_file_has_grown_by_is_written_and_nothing_twice()
    {
        Grow("5/100", 3);
        Look();
        _written.ShouldBeEmpty("What was there at the first look");

        Grow("5/100", 2);
        Look();
        _written.ShouldBe([("100", 3 * Page, 2 * Page)]);

        Look();
        _written.Count.ShouldBe(1);
    }

    [Fact]
    public void A_file_that_grows_is_looked_at_each_round()
    {
        Grow("5/100", 1);
        Look();
        Grow("5/100", 1);
        Look();

        Grow("5/100", 1);
        _work.Round();

        _written.ShouldBe([("100", Page, Page), ("100", 2 * Page, Page)]);
    }

    [Fact]
    public void A_new_file_is_written_from_its_first_byte_and_a_temporary_one_is_not()
    {
        Look();
        Grow("5/100.1", 2);
        Grow("pgsql_tmp/7", 2);

        Look();

        _written.ShouldBe([("100.1", 0, 2 * Page)]);
    }

    [Fact]
    public void A_file_that_is_dropped_or_cut_off_is_no_fault_and_counts_anew()
    {
        Grow("5/100", 1);
        Grow("5/200", 1);
        Look();
        Grow("5/100", 1);
        Grow("5/200", 1);
        Look();
        _written.Clear();

        File.Delete(PathOf("5/100"));
        using (var file = File.OpenWrite(PathOf("5/200")))
            file.SetLength(0);
        Look();
        _written.ShouldBeEmpty();

        Grow("5/200", 1);
        Look();
        _written.ShouldBe([("200", 0, Page)]);
    }

    [Fact]
    public void The_kernel_takes_the_order_and_a_file_that_is_gone_is_told()
    {
        Grow("5/100", 1);

        Posix.BeginWriting(PathOf("5/100"), 0, Page);

        Should.Throw<FileNotFoundException>(() => Posix.BeginWriting(PathOf("5/999"), 0, Page));
        Should.Throw<IOException>(() => Posix.BeginWriting(PathOf("5/100"), -1, Page));
    }

    private void Look()
    {
        for (var round = 0; round < GrowthWriteBack.RoundsPerLook; round++)
            _work.Round();
    }

    private void Grow(string file, int pages)
    {
        using var stream = new FileStream(PathOf(file), FileMode.Append);
        stream.Write(new byte[pages * Page]);
    }

    private string PathOf(string file) => Path.Combine(_cluster, "base", file);

    private void Write(string path, long from, long length) => _written.Add((Path.GetFileName(path), from, length));
}
