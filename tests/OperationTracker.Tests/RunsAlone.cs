namespace OperationTracker.Tests;

/// <summary>Tests that measure time or memory, or load the machine; they run after the others, one at a time.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public static class RunsAlone
{
    public const string Name = "runs alone";
}
