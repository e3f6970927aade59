using System.Globalization;

namespace OperationTracker.Torture.Workload;

/// <summary>
/// The operations that all clients write at a time. A slot goes on to a new operation after some hundred PUTs, or when
/// the old one has ended, so that no stream grows without bound and new ones are made all the time.
/// </summary>
internal sealed class Slots(string prefix, int count)
{
    private const int PutsEach = 250;

    private readonly Slot[] _slots = [.. Enumerable.Range(0, count).Select(_ => new Slot())];

    public int Count => count;

    /// <summary>What the slot holds now.</summary>
    public string Operation(int slot) => string.Create(
        CultureInfo.InvariantCulture, $"{prefix}-{slot}-{Volatile.Read(ref _slots[slot].Generation)}");

    /// <summary>Notes a PUT.</summary>
    public void Written(int slot)
    {
        if (Interlocked.Increment(ref _slots[slot].Puts) % PutsEach == 0)
            Interlocked.Increment(ref _slots[slot].Generation);
    }

    /// <summary>The operation has ended.</summary>
    public void Leave(int slot, string operation)
    {
        if (Operation(slot) == operation) Interlocked.Increment(ref _slots[slot].Generation);
    }

    private sealed class Slot
    {
        public int Generation;
        public int Puts;
    }
}
