namespace OperationTracker.Core.Operations;

/// <summary>Which element of a wanted list of clusters is which of the list that stands.</summary>
internal static class ClusterAlignment
{
    /// <summary>
    /// For each wanted element its index in <paramref name="current"/>, or -1 where it is new. Old elements keep their
    /// order and new ones come after them; some old ones may be gone. Null when no such reading exists: the list was
    /// reordered or something was put in between, and events about single clusters would tell an untruth.
    /// </summary>
    public static int[]? Of(ValueList<TargetCluster> current, ValueList<TargetCluster> wanted) =>
        StandsInFront(current, wanted)
            ? [.. Enumerable.Range(0, wanted.Count).Select(i => i < current.Count ? i : -1)]
            : FindInOrder(current, wanted);

    private static bool StandsInFront(ValueList<TargetCluster> current, ValueList<TargetCluster> wanted) =>
        current.Count <= wanted.Count
        && Enumerable.Range(0, current.Count).All(i => current[i].ClusterId == wanted[i].ClusterId);

    private static int[]? FindInOrder(ValueList<TargetCluster> current, ValueList<TargetCluster> wanted)
    {
        var alignment = new int[wanted.Count];
        var next = 0;
        for (var i = 0; i < wanted.Count; i++)
        {
            var found = next;
            while (found < current.Count && !IsSame(current[found], wanted[i]))
                found++;
            var isNew = found == current.Count;
            if (isNew && wanted.Skip(i + 1).Any(later => current.Skip(next).Any(old => IsSame(old, later))))
                return null;
            alignment[i] = isNew ? -1 : found;
            next = isNew ? current.Count : found + 1;
        }

        // Whatever was skipped is gone; if it stands later in the wanted list after all, the list was reordered.
        var removed = Enumerable.Range(0, current.Count).Except(alignment).Select(i => current[i]);
        return removed.Any(old => wanted.Where((_, i) => alignment[i] < 0).Any(added => IsSame(old, added)))
            ? null
            : alignment;
    }

    private static bool IsSame(TargetCluster old, TargetCluster wanted) =>
        old.ClusterId == wanted.ClusterId && old.Request == wanted.Request;
}
