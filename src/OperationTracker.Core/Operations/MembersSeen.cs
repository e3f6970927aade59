namespace OperationTracker.Core.Operations;

/// <summary>The members of one object that have been read so far.</summary>
internal struct MembersSeen
{
    private uint _known;
    private HashSet<string>? _unknown;

    /// <summary>Notes a named member; false when it was there before.</summary>
    public bool Add(int member)
    {
        var added = !Has(member);
        _known |= 1u << member;
        return added;
    }

    /// <summary>Notes another member; false when it was there before.</summary>
    public bool AddUnknown(string name) => (_unknown ??= new(StringComparer.Ordinal)).Add(name);

    public readonly bool Has(int member) => (_known & (1u << member)) != 0;
}
