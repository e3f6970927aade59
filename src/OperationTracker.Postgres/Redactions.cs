using System.Text.Json;
using OperationTracker.Core.Operations;

namespace OperationTracker.Postgres;

/// <summary>The column <c>redactions</c>: JSON Pointers as a JSON array, empty text when there are none.</summary>
internal static class Redactions
{
    public static string Write(ValueList<string> pointers) =>
        pointers.Count == 0 ? "" : JsonSerializer.Serialize(pointers.ToArray());

    public static ValueList<string> Read(string text) =>
        text.Length == 0 ? [] : [.. JsonSerializer.Deserialize<string[]>(text) ?? []];
}
