using System.Text.Json;
using System.Text.Json.Nodes;
using OperationTracker.Cli;

namespace OperationTracker.Tests.Api;

/// <summary>
/// The document's soundness on its own: what it refers to exists, it is complete, and its examples obey its schemas.
/// </summary>
public sealed class OpenApiDocumentTests
{
    private const string DocumentSchema = "#/components/schemas/OperationDocument";
    private static readonly string[] Methods = ["get", "put", "post", "delete", "patch", "head", "options", "trace"];

    /// <summary>The web server answers these before any route is known.</summary>
    private static readonly string[] WithoutErrorBody = ["408", "414", "431"];

    private static readonly JsonElement Document = Load();
    private static readonly JsonSchemaSubset Schemas = new(Document);

    public static TheoryData<string> Samples => [.. Directory
        .EnumerateFiles(SampleFolder, "*.json", SearchOption.AllDirectories)
        .Select(file => Path.GetRelativePath(SampleFolder, file)).Order(StringComparer.Ordinal)];

    private static string SampleFolder => Path.Combine(AppContext.BaseDirectory, "Samples");

    [Fact]
    public void It_is_OpenAPI_3_1() => Document.GetProperty("openapi").GetString().ShouldStartWith("3.1.");

    [Fact]
    public void Every_reference_resolves()
    {
        var references = Within(Document).Where(element => IsObjectWith(element, "$ref"))
            .Select(element => element.GetProperty("$ref").GetString()!).Distinct().ToList();

        references.Count.ShouldBeGreaterThan(30);
        foreach (var reference in references) Should.NotThrow(() => Schemas.Resolve(reference));
    }

    [Fact]
    public void Every_component_is_used()
    {
        var used = Within(Document).Where(element => IsObjectWith(element, "$ref"))
            .Select(element => element.GetProperty("$ref").GetString()!).ToHashSet();
        var declared = Document.GetProperty("components").EnumerateObject()
            .SelectMany(kind => kind.Value.EnumerateObject().Select(one => $"#/components/{kind.Name}/{one.Name}"));

        declared.Except(used).ShouldBeEmpty();
    }

    [Fact]
    public void The_operations_are_those_that_clients_know()
    {
        var operations = Operations()
            .Select(one => $"{one.Method} {one.Path} {one.Operation.GetProperty("operationId")}");

        operations.ShouldBe(
        [
            "get /v1/operations/{operation_id} getOperation",
            "head /v1/operations/{operation_id} headOperation",
            "put /v1/operations/{operation_id} putOperation",
            "get /v1/operations/{operation_id}/events getOperationEvents",
            "get /v1/operations/{operation_id}/diff getOperationDiff",
            "get /v1/operations listOperations",
            "head /v1/operations headOperations",
            "get /v1/events getEvents",
            "get /v1/reports/refused getRefusedUpdates",
            "get /v1/reports/corrected getCorrectedResults",
            "get /v1/reports/clashes getIdentityClashes",
            "get /v1/reports/foreign getForeignEvents",
            "get /v1/reports/stuck getStuckOperations",
            "get /v1/reports/inconsistent getInconsistentClusters",
            "get /v1/reports/durations getDurations",
            "get /v1/projections/{name} getProjection",
            "get /health/live getLiveness",
            "get /health/ready getReadiness",
            "get /openapi/v1.json getOpenApi",
        ]);
    }

    [Fact]
    public void Every_operation_has_a_summary_and_describes_each_response()
    {
        foreach (var (_, path, operation) in Operations())
        {
            operation.GetProperty("summary").GetString().ShouldNotBeNullOrWhiteSpace(path);
            foreach (var response in operation.GetProperty("responses").EnumerateObject())
                Follow(response.Value).GetProperty("description").GetString()
                    .ShouldNotBeNullOrWhiteSpace($"{path} {response.Name}");
        }
    }

    [Theory]
    [InlineData("getOperation", "200 304 400 404 405 406 408 414 431 500 503")]
    [InlineData("headOperation", "200 304 400 404 405 406 408 414 431 500 503")]
    [InlineData("putOperation", "200 400 404 405 406 408 409 412 413 414 415 431 500 503")]
    [InlineData("listOperations", "200 400 404 405 406 408 414 431 500 503")]
    [InlineData("headOperations", "200 400 404 405 406 408 414 431 500 503")]
    [InlineData("getOperationEvents", "200 400 404 405 406 408 414 431 500 503")]
    [InlineData("getOperationDiff", "200 400 404 405 406 408 414 431 500 503")]
    [InlineData("getRefusedUpdates", "200 400 405 406 408 414 431 500 503")]
    [InlineData("getStuckOperations", "200 400 405 406 408 414 431 500 503")]
    [InlineData("getDurations", "200 400 405 406 408 414 431 500 503")]
    [InlineData("getProjection", "200 400 404 405 406 408 414 431 500 503")]
    [InlineData("getEvents", "200 400 405 406 408 414 431 500 503")]
    public void Every_status_that_can_come_is_listed(string operationId, string statuses)
    {
        var operation = Operations().Single(one => one.Operation.GetProperty("operationId").GetString() == operationId);

        string.Join(' ', operation.Operation.GetProperty("responses").EnumerateObject().Select(one => one.Name))
            .ShouldBe(statuses);
    }

    [Fact]
    public void Every_error_carries_the_error_body()
    {
        foreach (var (method, path, operation) in Operations().Where(one => one.Method != "head"))
        foreach (var response in operation.GetProperty("responses").EnumerateObject())
        {
            if (response.Name[0] < '4' || WithoutErrorBody.Contains(response.Name)) continue;
            // Readiness says itself what is wrong.
            var schema = path == "/health/ready" && response.Name == "503" ? "Readiness" : "ErrorBody";
            Follow(response.Value).GetProperty("content").GetProperty("application/json").GetProperty("schema")
                .GetProperty("$ref").GetString()
                .ShouldBe($"#/components/schemas/{schema}", $"{method} {path} {response.Name}");
        }
    }

    [Fact]
    public void Every_503_says_when_to_ask_again()
    {
        foreach (var (_, path, operation) in Operations())
            if (operation.GetProperty("responses").TryGetProperty("503", out var response))
                Follow(response).GetProperty("headers").TryGetProperty("Retry-After", out _).ShouldBeTrue(path);
    }

    [Fact]
    public void Every_path_parameter_is_declared()
    {
        foreach (var path in Document.GetProperty("paths").EnumerateObject())
        {
            var named = path.Name.Split('/').Where(part => part.StartsWith('{')).Select(part => part.Trim('{', '}'));
            var declared = path.Value.TryGetProperty("parameters", out var parameters)
                ? parameters.EnumerateArray().Select(one => Follow(one).GetProperty("name").GetString()!)
                : [];
            named.ShouldBe(declared);
        }
    }

    [Fact]
    public void Every_example_obeys_its_schema()
    {
        var faults = new List<string>();
        var count = 0;
        foreach (var content in Within(Document).Where(one => IsObjectWith(one, "schema", "examples")))
        foreach (var example in content.GetProperty("examples").EnumerateObject())
        {
            count++;
            var value = Follow(example.Value).GetProperty("value");
            faults.AddRange(Schemas.Faults(content.GetProperty("schema"), value)
                .Select(fault => $"{example.Name}: {fault}"));
        }
        faults.ShouldBeEmpty();
        count.ShouldBeGreaterThan(30);
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void Documents_of_real_senders_obey_the_schema(string sample)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(SampleFolder, sample)));
        var faults = Schemas.Faults(Schemas.Resolve(DocumentSchema), document.RootElement);

        // U+0000 is the one thing of a real sender that is refused.
        if (sample.Contains("nul_character")) faults.ShouldHaveSingleItem().ShouldStartWith("/response/body is not ");
        else faults.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("response", "null", "/response is not of type object")]
    [InlineData("response", "{}", "/response/body is missing", "/response/status_code is missing")]
    [InlineData("response", """{"body":""}""", "/response/status_code is missing")]
    [InlineData("response", """{"status_code":600,"body":""}""", "/response/status_code is beyond the maximum")]
    [InlineData("rollbacks", "[]", "/rollbacks is not of type object or null")]
    [InlineData("status", "\"done\"", "/status is not listed")]
    [InlineData("operation_id", "\"..\"", @"/operation_id is not ^(?!\.{1,2}$)[A-Za-z0-9._~-]+$")]
    [InlineData("target_clusters", """[{"cluster_id":""}]""", "/target_clusters/0/cluster_id is too short",
        "/target_clusters/0/request is missing")]
    public void Documents_against_the_contract_do_not(string member, string value, params string[] faults)
    {
        var sample = Path.Combine(SampleFolder, "03_completed_201_object_id.json");
        var completed = JsonNode.Parse(File.ReadAllText(sample))!;
        completed[member] = JsonNode.Parse(value);

        Schemas.Faults(Schemas.Resolve(DocumentSchema), JsonSerializer.SerializeToElement(completed))
            .ShouldBe(faults, ignoreOrder: true);
    }

    private static JsonElement Load()
    {
        using var resource = typeof(CommandLine).Assembly.GetManifestResourceStream("openapi.v1.json");
        return JsonDocument.Parse(resource.ShouldNotBeNull()).RootElement;
    }

    private static IEnumerable<(string Method, string Path, JsonElement Operation)> Operations() =>
        from path in Document.GetProperty("paths").EnumerateObject()
        from member in path.Value.EnumerateObject()
        where Methods.Contains(member.Name)
        select (member.Name, path.Name, member.Value);

    private static JsonElement Follow(JsonElement element) =>
        IsObjectWith(element, "$ref") ? Schemas.Resolve(element.GetProperty("$ref").GetString()!) : element;

    private static bool IsObjectWith(JsonElement element, params string[] members) =>
        element.ValueKind == JsonValueKind.Object && members.All(name => element.TryGetProperty(name, out _));

    private static IEnumerable<JsonElement> Within(JsonElement element)
    {
        var children = element.ValueKind switch
        {
            JsonValueKind.Object => element.EnumerateObject().Select(member => member.Value),
            JsonValueKind.Array => element.EnumerateArray(),
            _ => Enumerable.Empty<JsonElement>(),
        };
        return children.SelectMany(Within).Prepend(element);
    }
}
