using System.Diagnostics;
using System.Text.Json;
using Npgsql;
using OperationTracker.Benchmarks.Load;
using OperationTracker.Benchmarks.Reporting;
using OperationTracker.Benchmarks.Servers;

namespace OperationTracker.Benchmarks.Scenarios;

/// <summary>
/// What positions, seals and the past of the list cost an append: the same PUTs with the statement that writes them,
/// whose log gets its tree meanwhile, and with one that writes none of them. What the node hashes is in both, and is
/// measured by <c>micro</c>. And how fast the record is verified, with all that the run has stored.
/// </summary>
internal sealed class AuditScenario(ScenarioContext context)
{
    private const string Function = """
        select pg_get_functiondef(p.oid) from pg_proc p
        where p.pronamespace = 'tracker'::regnamespace and p.proname = $1
        """;

    /// <summary>What is taken out of the statement, and what is put in its place.</summary>
    private static readonly (string What, string Instead)[] Omissions =
    [
        ("unnest(contents) as content", "unnest(contents[:0]) as content"),
        ("if array_position(links, null) is not null then", "if false then"),
        ("links[u.place], last_position", "decode(repeat('00', 32), 'hex'), seq_ids[1] - 1"),
        ("unnest(seq_ids), 1, unnest(secrets), unnest(links);", "0, 1, '', '' where false;"),
        ("and o.last_event_at < v.last_event_at", "and false"),
    ];

    /// <summary>The same of the statement for flights of one event.</summary>
    private static readonly (string What, string Instead)[] OmissionsOfOne =
    [
        ("link := sha256(", "link := coalesce(decode(repeat('00', 32), 'hex'), "),
        ("values (log_before + 1, seq_id, 1, secret, link);", "select 0, 1, 1, ''::bytea, ''::bytea where false;"),
        ("return next;", "log_before := seq_id - 1; return next;"),
        ("and o.last_event_at < appended_at", "and false"),
    ];

    private readonly Rounds _rounds = new("audit");

    public async Task<IReadOnlyList<Figure>> RunAsync(CancellationToken cancel)
    {
        var (sealedDatabase, sealing) = await context.StartTrackerAsync(cancel);
        var (bareDatabase, bare) = await context.StartTrackerAsync(cancel);
        await using var one = sealing;
        await using var other = bare;
        await OmitAsync(bareDatabase, "append_changes", Omissions, cancel);
        await OmitAsync(bareDatabase, "append_change", OmissionsOfOne, cancel);
        var (with, without) = (context.Load("put", sealing), context.Load("put", bare));
        await ScenarioContext.WarmUpAsync(with, cancel);
        await ScenarioContext.WarmUpAsync(without, cancel);
        for (var round = 1; round <= context.Rounds; round++)
        {
            ScenarioContext.Say($"audit, round {round}");
            _rounds.Add("without", await without.RunAsync(cancel));
            _rounds.Add("with", await with.RunAsync(cancel));
            _rounds.Add("verify", await VerifyAsync(sealedDatabase, cancel));
        }

        _rounds.Compare(
            "with.rate/without", "with.rate", "PUT with positions, seals and past rows", "PUT/s", "without.rate",
            "the statement without them");
        _rounds.Compare("with.p95/without", "with.p95", "its p95", "ms", "without.p95", "without");
        _rounds.TellCpu("with", "PUT with positions, seals and past rows", "PUT");
        _rounds.TellCpu("without", "PUT without", "PUT");
        _rounds.Tell("verify", "audit verify", "events/s");
        return _rounds.Figures;
    }

    private static async Task OmitAsync(
        string database, string function, (string What, string Instead)[] omissions, CancellationToken cancel)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using var read = source.CreateCommand(Function);
        read.Parameters.Add(new NpgsqlParameter { Value = function });
        var text = (string)(await read.ExecuteScalarAsync(cancel))!;
        foreach (var (what, instead) in omissions)
        {
            if (!text.Contains(what, StringComparison.Ordinal))
                throw new InvalidOperationException(
                    $"{function} has no '{what}' any more; the comparison has to be made anew.");
            text = text.Replace(what, instead, StringComparison.Ordinal);
        }

        await using var replace = source.CreateCommand(text);
        await replace.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>Events verified in a second, the start of the process included.</summary>
    private static async Task<double> VerifyAsync(string database, CancellationToken cancel)
    {
        var started = Stopwatch.StartNew();
        await using var process = ChildProcess.StartAssembly(
            "optrack.dll", serverCollector: false, ["audit", "verify", "--json", "--database", database]);
        using var report = JsonDocument.Parse(await process.OutputAsync(cancel));
        if (report.RootElement.GetProperty("findings").GetArrayLength() > 0)
            throw new InvalidOperationException("The record that the run has stored does not verify.");
        return report.RootElement.GetProperty("events").GetInt64() / started.Elapsed.TotalSeconds;
    }
}
