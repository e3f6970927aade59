namespace OperationTracker.Postgres.Embedded;

/// <summary>
/// What a new cluster's postgresql.conf begins with, for the operator to change: settings of the machine, not of the
/// tracker's promises, which are <see cref="ServerSettings"/>.
/// </summary>
internal static class NewClusterSettings
{
    private const long Mebibyte = 1 << 20;

    /// <summary>The share of the memory that the server keeps pages in, as PostgreSQL's manual has it.</summary>
    private const int ShareOfMemory = 4;

    /// <summary>The share of the free space that the log may take between checkpoints.</summary>
    private const int ShareOfDisk = 16;

    /// <summary>PostgreSQL's own least size of the log, in mebibytes.</summary>
    private const int LeastLog = 80;

    /// <summary>
    /// The settings of a cluster on a machine. To fill each new file of the log with zeroes before it is used stops all
    /// commits for as long as 16 MiB take, every few thousand PUTs, until a checkpoint has left files to use again.
    /// Without, a commit that is first to write to a block waits for its allocation too, and is on disk as before; so
    /// all that the log may take is kept in files that were full once (<see cref="LogReserve"/>).
    /// What sessions write because nobody else has, and vacuum, is sent to the disk as they go: the kernel gathers it
    /// for half a minute otherwise (<see cref="GrowthWriteBack"/>).
    /// <para>
    /// PostgreSQL's own bounds of memory and log are those of a small machine. After each checkpoint every page goes
    /// into the log as a whole once more, three times as much for a PUT as otherwise, and at thousands of PUTs a second
    /// there was one each 15 to 30 s; and sessions that find no clean page write one themselves, before they go on. Nor
    /// is it left to the kernel to keep the files in memory: a host that lends its memory to several machines takes
    /// pages back that were not read for a minute, and a disk that has to be read is slow to write.
    /// </para>
    /// <para>
    /// For that reason too what was appended is vacuumed after a hundred thousand rows, while it is in memory, and
    /// frozen at once, for it does not change any more: by itself PostgreSQL waits until a fifth of the table is new,
    /// reads that again from the disk, and one day all of the table to freeze it.
    /// </para>
    /// <para>
    /// Statistics are gathered from a fifth of the rows that PostgreSQL looks at by itself. With all of them, tables of
    /// a million operations took a processor for three seconds of each minute in which much was written, and PUTs
    /// waited for it; the tracker's own statements do not need the detail.
    /// </para>
    /// </summary>
    /// <param name="memory">Bytes of memory that the tracker may use, of the machine or its container.</param>
    /// <param name="freeDisk">Bytes that are free where the cluster is.</param>
    /// <param name="hasLz4">Whether the server was built with lz4.</param>
    public static string TextFor(long memory, long freeDisk, bool hasLz4) => $"""

        # Set by optrack when it made this cluster.
        wal_init_zero = off
        backend_flush_after = 256kB
        shared_buffers = {Math.Clamp(memory / ShareOfMemory / Mebibyte, 128, 8192)}MB
        min_wal_size = {Math.Clamp(freeDisk / ShareOfDisk / Mebibyte, LeastLog, 4096)}MB
        max_wal_size = {Math.Clamp(freeDisk / ShareOfDisk / Mebibyte, 1024, 4096)}MB
        wal_compression = {(hasLz4 ? "lz4" : "off")}
        autovacuum_vacuum_insert_threshold = 100000
        autovacuum_vacuum_insert_scale_factor = 0
        vacuum_freeze_min_age = 0
        default_statistics_target = 20

        """;
}
