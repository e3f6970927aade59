using System.Net;

namespace OperationTracker.Benchmarks.Load;

/// <summary>How a load is run.</summary>
/// <param name="Targets">Servers, among which the connections are divided.</param>
/// <param name="Connections">Connections in all.</param>
/// <param name="Rate">
/// Requests a second, whatever the server does; null: each connection sends when it was answered.
/// </param>
/// <param name="WarmUp">What goes before the measured part.</param>
/// <param name="Duration">The measured part.</param>
/// <param name="Until">A process with whose end the measured part ends, if that is sooner; null: none.</param>
/// <param name="Watched">Processes whose CPU is told, each with its children, by name.</param>
internal sealed record LoadPlan(
    IReadOnlyList<IPEndPoint> Targets, int Connections, double? Rate, TimeSpan WarmUp, TimeSpan Duration, int? Until,
    IReadOnlyDictionary<string, int[]> Watched);
