using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using OperationTracker.Core.Operations;

namespace OperationTracker.Tests.Operations;

public sealed class StoredEventDocumentationTests
{
    [Fact]
    public void The_page_on_stored_events_names_every_kind_and_every_member()
    {
        var lines = File.ReadAllLines(
            Path.Combine(Repository.Root, "src/OperationTracker.Core/Operations/README.md"));
        foreach (var type in OperationEventTypes.ClrTypes)
        {
            var alias = JsonNamingPolicy.SnakeCaseLower.ConvertName(type.Name);
            var row = lines.Where(line => line.StartsWith($"| `{alias}` |", StringComparison.Ordinal)).ToArray();
            row.Length.ShouldBe(1, alias);
            foreach (var member in MembersOf(type).Where(member => member != "last_update_time"))
                row[0].ShouldContain($"`{member}`", customMessage: alias);
        }

        Type[] parts =
        [
            typeof(OperationDocument), typeof(OperationRequest), typeof(OperationResponse), typeof(TargetCluster),
            typeof(OperationRollback), typeof(UnknownMember), typeof(PatchOperation),
        ];
        foreach (var type in parts)
        {
            var row = lines.Where(line => line.StartsWith($"| *{type.Name}* |", StringComparison.Ordinal)).ToArray();
            row.Length.ShouldBe(1, type.Name);
            foreach (var member in MembersOf(type))
                row[0].ShouldContain($"`{member}`", customMessage: type.Name);
        }
    }

    private static IEnumerable<string> MembersOf(Type type) => type.GetProperties()
        .Select(property => property.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name).OfType<string>();
}
