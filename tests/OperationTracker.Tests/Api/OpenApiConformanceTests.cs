using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using OperationTracker.Cli;

namespace OperationTracker.Tests.Api;

/// <summary>The description and the application say the same.</summary>
public sealed class OpenApiConformanceTests(TrackerServer tracker) : IClassFixture<TrackerServer>
{
    [Fact]
    public async Task The_document_that_is_served_is_the_one_in_the_source()
    {
        using var resource = typeof(CommandLine).Assembly.GetManifestResourceStream("openapi.v1.json");
        using var embedded = new MemoryStream();
        await resource.ShouldNotBeNull().CopyToAsync(embedded);

        var served = await tracker.GetAsync("/openapi/v1.json");

        served.Body.ShouldBe(embedded.ToArray());
        served.Header("Content-Type").ShouldBe("application/json");
    }

    [Fact]
    public void The_routes_are_exactly_the_documents_paths_and_methods()
    {
        var routes = tracker.Routes.SelectMany(route => route.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods
            .Select(method => $"{method} {route.RoutePattern.RawText}"));
        var documented =
            from path in OpenApiContract.Root.GetProperty("paths").EnumerateObject()
            from method in path.Value.EnumerateObject()
            where method.Name != "parameters"
            select $"{method.Name.ToUpperInvariant()} {path.Name}";

        routes.Order().ShouldBe(documented.Order());
    }

    [Theory]
    [InlineData("GET", "/v1/operations/a", 200, "{}", "operation_id is missing")]
    [InlineData("GET", "/v1/operations/a", 200, "no JSON", "is not JSON")]
    [InlineData("GET", "/v1/operations/a", 409, "{}", "not declared")]
    [InlineData("GET", "/v1/operations/a", 404, "{}", "error_code is missing")]
    [InlineData("PUT", "/v1/operations/a", 200, "{}", "a body where none is declared")]
    [InlineData("GET", "/v1/operations", 200, "{\"operation_ids\":[1]}", "oneOf")]
    [InlineData("GET", "/nowhere", 200, "{}", "may only be refused")]
    [InlineData("BREW", "/v1/operations", 200, "{}", "may only be refused")]
    [InlineData("HEAD", "/v1/operations", 200, "{}", "a body to HEAD")]
    [InlineData("GET", "/v1/operations", 503, "{}", "no Retry-After")]
    [InlineData("PATCH", "/v1/operations", 405, "{}", "no Allow")]
    public void The_judge_of_answers_sees_what_is_wrong(
        string method, string target, int status, string body, string fault)
    {
        var headers = new Dictionary<string, string>
        {
            ["X-Content-Type-Options"] = "nosniff", ["Content-Type"] = "application/json",
        };

        OpenApiContract.Faults(new Answer(method, target, status, headers, body.Bytes()))
            .ShouldContain(item => item.Contains(fault));
        OpenApiContract.Faults(new Answer(method, target, 500, new Dictionary<string, string>(), []))
            .ShouldHaveSingleItem().ShouldContain("neither");
    }
}
