namespace OperationTracker.Torture.Workload;

/// <summary>Clients that write and read until they are told to rest.</summary>
internal sealed class Load : IDisposable
{
    private readonly CancellationTokenSource _stop;
    private readonly Ledger _ledger;
    private readonly List<Client> _clients;
    private readonly Task _running;

    /// <param name="options">How many clients, on how many operations at a time.</param>
    /// <param name="seed">Decides their dice.</param>
    /// <param name="prefix">What the ids of the operations begin with.</param>
    /// <param name="ledger">Where all is written down.</param>
    /// <param name="ports">Of the nodes.</param>
    /// <param name="nextAttempt">Numbers requests.</param>
    /// <param name="cancel">Breaks it off.</param>
    public Load(
        TortureOptions options, int seed, string prefix, Ledger ledger, int[] ports, Func<long> nextAttempt,
        CancellationToken cancel)
    {
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        _ledger = ledger;
        var slots = new Slots(prefix + "op", options.Slots);
        _clients = [.. Enumerable.Range(0, options.Clients).Select(
            number => new Client(number, seed, nextAttempt, ledger, slots, ports))];
        _running = Task.WhenAll(_clients.Select(client => Task.Run(() => client.RunAsync(_stop.Token), cancel)));
    }

    /// <summary>Fires when the clients are to rest.</summary>
    public CancellationToken Stopping => _stop.Token;

    public void StopAfter(TimeSpan time) => _stop.CancelAfter(time);

    /// <summary>
    /// Waits for the end and until each client has heard, or given up, which takes it some seconds at most.
    /// </summary>
    /// <param name="now">Tells them to rest; else they do when their time is over.</param>
    public async Task<IReadOnlyCollection<Attempt>> RestAsync(bool now = true)
    {
        if (now) await _stop.CancelAsync();
        await _running;
        return _ledger.Attempts;
    }

    public void Dispose()
    {
        _clients.ForEach(client => client.Dispose());
        _stop.Dispose();
    }
}
