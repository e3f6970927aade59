namespace OperationTracker.Core.Bundle;

/// <summary>A file is no bundle, or not as it was written. The message names the place, and no value.</summary>
public sealed class BundleException : Exception
{
    /// <summary>What is wrong, and where.</summary>
    public BundleException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
