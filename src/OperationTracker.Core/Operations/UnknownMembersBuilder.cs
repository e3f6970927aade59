using System.Collections.Immutable;

namespace OperationTracker.Core.Operations;

/// <summary>Gathers the members of one object that the contract does not name.</summary>
internal ref struct UnknownMembersBuilder
{
    private ImmutableArray<UnknownMember>.Builder? _members;

    public void Add(string name, string json) =>
        (_members ??= ImmutableArray.CreateBuilder<UnknownMember>()).Add(new UnknownMember(name, json));

    public readonly UnknownMembers Build() => _members is null ? default : new(_members.ToImmutable());
}
