using System.Text.Json;
using System.Text.Json.Serialization;
using OperationTracker.Torture.Checking;
using OperationTracker.Torture.Workload;

namespace OperationTracker.Torture;

/// <summary>What a run did and found.</summary>
internal sealed class Figures
{
    private static readonly JsonSerializerOptions Form = new()
    {
        WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower) },
    };

    public required int Seed { get; init; }

    public required int Nodes { get; init; }

    public required int Clients { get; init; }

    public required string Postgres { get; init; }

    public string? Plant { get; init; }

    public double Seconds { get; set; }

    public int Rounds { get; set; }

    /// <summary>Requests that were sent, or tried.</summary>
    public long Puts { get; set; }

    public long Gets { get; set; }

    public long AcknowledgedPuts { get; set; }

    public long RefusedPuts { get; set; }

    public long UnknownPuts { get; set; }

    /// <summary>Of these: the client did not wait for longer than some milliseconds, and hung up.</summary>
    public long HungUpPuts { get; set; }

    /// <summary>Of these: found in the log afterwards.</summary>
    public long UnknownPutsThatStand { get; set; }

    /// <summary>Acknowledged PUTs of a document that stood already.</summary>
    public long AcknowledgedRepeats { get; set; }

    public long Events { get; set; }

    /// <summary>Answers of the database that were swallowed, with the connection reset.</summary>
    public long LostAnswers { get; set; }

    /// <summary>The largest that this process was.</summary>
    public long PeakMemoryMegabytes { get; set; }

    /// <summary>What data, logs and ledger took at the end.</summary>
    public long DiskMegabytes { get; set; }

    public double AcknowledgedPutsPerMinute => PerMinute(AcknowledgedPuts);

    public double KillsPerMinute => PerMinute(Kills);

    public SortedDictionary<string, int> Faults { get; } = [];

    public SortedDictionary<int, long> Statuses { get; } = [];

    public IReadOnlyCollection<Violation> Violations { get; set; } = [];

    public double UnknownPercent => Puts == 0 ? 0 : Math.Round(100.0 * UnknownPuts / Puts, 2);

    public int Kills =>
        Faults.Where(fault => fault.Key.StartsWith("kill", StringComparison.Ordinal)).Sum(fault => fault.Value);

    /// <summary>Adds what a round's clients did.</summary>
    public void Add(IReadOnlyCollection<Attempt> attempts, IReadOnlyDictionary<string, StoredStream> streams)
    {
        Rounds++;
        var stored = streams.Values.SelectMany(stream => stream.Changes).Select(change => change.Attempt).ToHashSet();
        foreach (var attempt in attempts)
        {
            Statuses[attempt.Status] = Statuses.GetValueOrDefault(attempt.Status) + 1;
            if (!attempt.IsPut)
            {
                Gets++;
                continue;
            }

            Puts++;
            var stands = stored.Contains(attempt.Number);
            if (attempt.Outcome == Outcome.Ok) AcknowledgedPuts++;
            if (attempt.Outcome == Outcome.Refused) RefusedPuts++;
            if (attempt.Outcome == Outcome.Unknown) UnknownPuts++;
            if (attempt is { Outcome: Outcome.Unknown, MayHangUp: true }) HungUpPuts++;
            if (attempt.Outcome == Outcome.Unknown && stands) UnknownPutsThatStand++;
            if (attempt.Outcome == Outcome.Ok && !stands) AcknowledgedRepeats++;
        }
    }

    private double PerMinute(long count) => Seconds == 0 ? 0 : Math.Round(60 * count / Seconds, 1);

    public string ToJson() => JsonSerializer.Serialize(this, Form);

    public override string ToString()
    {
        var faults = string.Join(", ", Faults.Select(fault => $"{fault.Value} {fault.Key}"));
        var statuses = string.Join(", ", Statuses.Select(status => $"{status.Value} x {status.Key}"));
        var planted = Plant is null ? "" : $", planted {Plant}";
        var found = Violations.GroupBy(violation => violation.Checker).Select(group =>
            $"\n  {group.Key}: {group.Count()}, the first after {group.Min(violation => violation.Seconds)} s:"
            + $" {group.First().Text}");
        return FormattableString.Invariant($"""
            seed {Seed}, {Nodes} nodes, {Clients} clients, PostgreSQL {Postgres}{planted}
            {Seconds:0} s, {Rounds} rounds; {Kills} kills, {KillsPerMinute} a minute; faults: {faults}
            PUTs {Puts}: acknowledged {AcknowledgedPuts}, {AcknowledgedPutsPerMinute} a minute
            {AcknowledgedRepeats} repeats; refused {RefusedPuts}
            unknown {UnknownPuts} ({UnknownPercent} %), of which {HungUpPuts} hung up, {UnknownPutsThatStand} stand
            GETs {Gets}; events {Events}; answers lost after a commit {LostAnswers}; statuses (0: none came) {statuses}
            at most {PeakMemoryMegabytes} MB of memory for clients, proxies and checkers; {DiskMegabytes} MB on the disk
            violations: {Violations.Count}{string.Concat(found)}
            """);
    }
}
