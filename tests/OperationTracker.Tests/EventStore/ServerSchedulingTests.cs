using System.Runtime.InteropServices;
using Npgsql;
using OperationTracker.Postgres;
using static OperationTracker.Tests.EventStore.Documents;

namespace OperationTracker.Tests.EventStore;

/// <summary>What the kernel is told of the server's processes, as far as it can be seen.</summary>
public sealed class ServerSchedulingTests
{
    private const string Normal = "0", Batch = "3";

    [SchedulerFact]
    public async Task Processes_of_short_statements_interrupt_nobody_and_keep_to_one_processor_of_two()
    {
        await using var database = new TrackerDatabase(
            await PostgresServer.AdministratorAsync(), SchemaName.Default);
        await using var flight = await database.OpenShortAsync(CancellationToken.None);
        await using var list = await database.OpenAsync(CancellationToken.None);
        var processors = ProcessorsOf(Environment.ProcessId);

        PolicyOf(flight.ProcessID).ShouldBe(Batch);
        ProcessorsOf(flight.ProcessID).ShouldBe(processors.Length == 2 ? processors[1..] : processors);
        PolicyOf(list.ProcessID).ShouldBe(Normal);
        ProcessorsOf(list.ProcessID).ShouldBe(processors);
    }

    [SchedulerFact]
    public async Task Flights_and_reads_use_such_sessions()
    {
        await using var tracker = await TrackerFixture.CreateAsync();
        await tracker.Store.PutAsync(Document("a"));
        await tracker.Store.FindAsync(Id("a"), null, default);
        await tracker.Store.PutAsync(Document("b"));
        var flights = await ProcessesThatLastRanAsync("append_change");
        await tracker.Store.FindAsync(Id("b"), null, default);
        var reads = await ProcessesThatLastRanAsync("mt_streams|xmin");

        flights.ShouldHaveSingleItem();
        reads.ShouldHaveSingleItem();
        PolicyOf(flights[0]).ShouldBe(Batch);
        PolicyOf(reads[0]).ShouldBe(Batch);

        async Task<int[]> ProcessesThatLastRanAsync(string pattern) => (int[])(await tracker.ExecuteAsync($"""
            select array_agg(pid) from pg_stat_activity
            where datname = current_database() and pid <> pg_backend_pid() and query ~ '{pattern}'
            """))!;
    }

    [SchedulerFact]
    public async Task A_process_that_somebody_has_told_how_to_run_is_left_alone()
    {
        await using var session = new NpgsqlConnection(await PostgresServer.AdministratorAsync());
        await session.OpenAsync();
        var (idle, priority) = (5, 0);
        SetScheduler(session.ProcessID, idle, ref priority).ShouldBe(0);
        var processors = ProcessorsOf(session.ProcessID);

        ServerScheduling.TakeTurns(session);

        PolicyOf(session.ProcessID).ShouldBe($"{idle}");
        ProcessorsOf(session.ProcessID).ShouldBe(processors);
    }

    [Fact]
    public void A_session_that_is_not_over_a_socket_of_this_machine_has_no_process_here()
    {
        using var session = new NpgsqlConnection("Host=127.0.0.1;Username=optrack");

        SessionProcess.Find(session).ShouldBeNull();
    }

    [Theory]
    [InlineData(new[] { 0b11UL }, 1)]
    [InlineData(new[] { 0b1010UL }, 3)]
    [InlineData(new[] { 0UL, 0b11UL }, 65)]
    [InlineData(new[] { 1UL << 63, 1UL }, 64)]
    [InlineData(new[] { 0b1UL }, null)]
    [InlineData(new[] { 0b111UL }, null)]
    [InlineData(new[] { 0b11UL, 0b11UL }, null)]
    [InlineData(new[] { 0UL }, null)]
    public void Of_two_processors_the_last_is_taken(ulong[] processors, int? expected) =>
        ServerScheduling.ProcessorOf(processors).ShouldBe(expected);

    [DllImport("libc", EntryPoint = "sched_setscheduler")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetScheduler(int process, int policy, ref int priority);

    /// <summary>Field 41 of <c>/proc/PID/stat</c>, see proc(5); the name before it may have spaces.</summary>
    private static string PolicyOf(int process)
    {
        var fields = File.ReadAllText($"/proc/{process}/stat");
        return fields[(fields.LastIndexOf(')') + 2)..].Split(' ')[41 - 3];
    }

    private static int[] ProcessorsOf(int process)
    {
        const string name = "Cpus_allowed_list:";
        var line = File.ReadLines($"/proc/{process}/status")
            .First(text => text.StartsWith(name, StringComparison.Ordinal));
        return
        [
            .. line[name.Length..].Trim().Split(',').Select(range => range.Split('-').Select(int.Parse).ToArray())
                .SelectMany(ends => Enumerable.Range(ends[0], ends[^1] - ends[0] + 1)),
        ];
    }
}

/// <summary>
/// A test of what the kernel is told of the server's processes, which are another user's if root runs the tests;
/// skipped, and counted as such, where root may not tell it, as in most containers.
/// </summary>
internal sealed class SchedulerFactAttribute : FactAttribute
{
    /// <summary>CAP_SYS_NICE, see capabilities(7).</summary>
    private const int SetSchedulers = 23;

    public SchedulerFactAttribute()
    {
        const string name = "CapEff:";
        var rights = File.ReadLines("/proc/self/status")
            .First(line => line.StartsWith(name, StringComparison.Ordinal))[name.Length..].Trim();
        if (Environment.IsPrivilegedProcess && (Convert.ToUInt64(rights, 16) >> SetSchedulers & 1) == 0)
            Skip = "Root may not tell here how processes of other users are to run.";
    }
}
