using System.Globalization;

namespace OperationTracker.Torture.Faults;

internal enum FaultKind
{
    /// <summary>kill -9 of a node, which is started again.</summary>
    KillNode,

    /// <summary>kill -9 of the postmaster, and a new one.</summary>
    KillPostmaster,

    /// <summary>kill -9 of one session's process: the server ends all others and recovers.</summary>
    KillBackend,

    /// <summary>kill -9 of the WAL writer, the checkpointer or the background writer: the same.</summary>
    KillWriter,

    /// <summary>A node stands still for a while: SIGSTOP, SIGCONT.</summary>
    FreezeNode,

    /// <summary>All connections between a node and PostgreSQL are reset.</summary>
    CutDatabase,

    /// <summary>What goes between a node and PostgreSQL is late.</summary>
    SlowDatabase,

    /// <summary>What goes between a node and PostgreSQL vanishes for a while; then the connections are reset.</summary>
    BlackholeDatabase,

    /// <summary>Connections to PostgreSQL are reset when the answer to an append comes.</summary>
    LoseCommitAnswers,

    /// <summary>All connections between clients and a node are reset.</summary>
    CutClients,

    /// <summary>What goes between clients and a node vanishes for a while; then the connections are reset.</summary>
    BlackholeClients,

    /// <summary>kill -9 of all nodes and the postmaster at once, and all of them anew.</summary>
    KillEverything,

    /// <summary>Begins <c>optrack projections rebuild</c>, or <c>--resume</c> of one that was killed.</summary>
    Rebuild,

    /// <summary>Begins <c>optrack projections verify</c> and <c>audit verify</c>.</summary>
    Verify,

    /// <summary>Begins <c>optrack export</c>, and checks the bundle.</summary>
    Export,

    /// <summary>Puts a secret, and begins <c>optrack redact</c> while it is put again and again.</summary>
    Redact,
}

/// <summary>One fault.</summary>
/// <param name="After">From the end of the fault before.</param>
/// <param name="Kind">What happens.</param>
/// <param name="Node">To whom; of no meaning for the server's faults.</param>
/// <param name="Lasts">How long, where it lasts.</param>
internal sealed record Fault(TimeSpan After, FaultKind Kind, int Node, TimeSpan Lasts)
{
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"+{After.TotalSeconds:0.0}s {Words.Hyphenated(Kind.ToString())} node{Node} {Lasts.TotalSeconds:0.0}s");
}

/// <summary>The faults of each round, decided by the seed alone.</summary>
internal static class Schedule
{
    private const int FaultsEach = 40;

    /// <summary>
    /// More than a round has time for; it takes them from the front. Each kind comes once before any comes again.
    /// </summary>
    public static IReadOnlyList<Fault> Of(TortureOptions options, int round)
    {
        var random = new Random(unchecked(options.Seed * 1_000_003 + round));
        var kinds = new Queue<FaultKind>();
        var faults = new List<Fault>();
        while (faults.Count < FaultsEach && options.Faults.Count > 0)
        {
            if (kinds.Count == 0)
            {
                var all = options.Faults.ToArray();
                random.Shuffle(all);
                foreach (var kind in all) kinds.Enqueue(kind);
            }

            faults.Add(new Fault(
                TimeSpan.FromSeconds(0.2 + random.NextDouble() * 1.2), kinds.Dequeue(), random.Next(options.Nodes),
                TimeSpan.FromSeconds(0.3 + random.NextDouble() * 2)));
        }

        return faults;
    }
}
