namespace OperationTracker.Api;

/// <summary>
/// <c>GET /openapi/v1.json</c>: the description of these interfaces, for people and for generators of clients.
/// </summary>
internal static class OpenApiDocument
{
    /// <summary>The document.</summary>
    public static byte[] Document { get; } = Load();

    public static async Task ServeAsync(HttpContext context)
    {
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = Document.Length;
        await context.Response.Body.WriteAsync(Document, context.RequestAborted);
    }

    private static byte[] Load()
    {
        using var stream = typeof(OpenApiDocument).Assembly.GetManifestResourceStream("openapi.v1.json")!;
        var document = new byte[stream.Length];
        stream.ReadExactly(document);
        return document;
    }
}
