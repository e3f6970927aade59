using System.Text;
using System.Text.Json.Nodes;
using OperationTracker.Core.EventStore;
using OperationTracker.Core.Operations;

namespace OperationTracker.Tests.Operations;

/// <summary>
/// What every stored event so far folds to. When a fold comes to another document,
/// <see cref="OperationProjection.Version"/> has to be raised, and with it the name of the golden file: by the
/// fingerprint nodes tell that a table was built by another fold. The golden files of older versions stay, and are not
/// read any more.
/// </summary>
public sealed class ProjectionFingerprintTests
{
    [Fact]
    public void The_fold_of_every_golden_event_is_that_of_its_version()
    {
        var golden = Path.Combine(Approval.FolderOf(Here()), "golden");
        var registered = Read(Path.Combine(golden, "operation_registered.json"));
        var lines = Directory.EnumerateFiles(golden, "*.json").Order(StringComparer.Ordinal)
            .Select(file =>
            {
                var events = Read(file);
                var state = OperationProjection.Fold(
                    OperationState.Initial, events[0] is OperationRegistered ? events : [.. registered, .. events]);
                var rest = string.Join(' ', state.Refusals.Concat(state.Redactions));
                return $"{Path.GetFileName(file)} {state.DocumentVersion} {OperationView.Of(state)!.ContentHash} {rest}"
                    .TrimEnd();
            });

        (string.Join('\n', lines) + "\n").ShouldMatchApproved($"folds-{OperationProjection.Fingerprint}.txt");
    }

    /// <summary>The event of a file, or the events of a story.</summary>
    private static OperationEvent[] Read(string file)
    {
        var json = JsonNode.Parse(File.ReadAllText(file))!;
        return [.. (json is JsonArray story ? story : [json.DeepClone()]).Select(item => EventUpcasters.Declared
            .TryRead(item!["type"]!.GetValue<string>(), Encoding.UTF8.GetBytes(item["data"]!.ToJsonString()), null)
            .ShouldNotBeNull($"{Path.GetFileName(file)} is for ever"))];
    }

    private static string Here([System.Runtime.CompilerServices.CallerFilePath] string path = "") => path;
}
