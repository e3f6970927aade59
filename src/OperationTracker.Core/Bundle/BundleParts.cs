namespace OperationTracker.Core.Bundle;

/// <summary>
/// The parts of a bundle, which is a tar file. All that grows with the record is cut into numbered segments, so that
/// none has to be held, and an export that was broken off goes on after its last whole one.
/// </summary>
public static class BundleParts
{
    /// <summary>What the bundle is of; always the first part.</summary>
    public const string Header = "bundle.json";

    /// <summary>The checkpoint, as a signed note or as its text alone.</summary>
    public const string Checkpoint = "checkpoint.txt";

    /// <summary>Ids of the operations, one in a line; absent when the bundle is of all.</summary>
    public const string Selection = "selection/";

    /// <summary>
    /// Events as JSON lines in the order of positions; each segment is named after its last position.
    /// </summary>
    public const string Events = "events/";

    /// <summary>Leaves of the log's tree, for each block of 256 that holds an event: position and hash.</summary>
    public const string Leaves = "tree/leaves/";

    /// <summary>The hashes of all complete blocks of the tree, in order.</summary>
    public const string Blocks = "tree/blocks/";

    /// <summary>Each operation with the view that its events fold to, as JSON lines.</summary>
    public const string Operations = "operations/";

    /// <summary>The sizes and hashes of all parts before it.</summary>
    public const string Manifest = "manifest.json";

    /// <summary>The hash of all bytes before it; always the last part.</summary>
    public const string Seal = "seal.sha256";

    /// <summary>What the format is called.</summary>
    public const string Format = "optrack-bundle-1";

    /// <summary>Bytes of a segment, about: what is held at once, and what is done again after a crash.</summary>
    public const int SegmentBytes = 4 * 1024 * 1024;
}
