namespace OperationTracker.Tests.Operations;

/// <summary>Makes the parts of documents at random, as trees. What it makes keeps the contract's rules.</summary>
internal sealed class DocumentSource(Random random)
{
    public static readonly string[] Statuses = ["unexecuted", "executing", "completed", "failed", "canceled"];

    private static readonly string[] Methods = ["POST", "PUT", "DELETE", "PATCH"];

    private static readonly string[] RollbackResults = ["completed", "failed", "none"];

    private static readonly string[] Fragments =
    [
        "", "a", "b", "1", " ", "\"", "\\", "/", "~", "~0", "~1", "\b", "\f", "\n", "\r", "\t", "\u0001",
        "\u001f", "\u007f", "é", "e\u0301", "ｅ", "ß", "日本", "\U0001F600",
        "\U0001F468\u200D\U0001F469", "\u2028", "\u2029", "\uFFFD",
        "\uFEFF", "\uFFFF", "\u202E", "\u0085", "{\"status\":\"executing\"}", "<script>&'+", "\\u0041", "null",
    ];

    private static readonly string[] Numbers =
    [
        "0", "1", "-1", "7", "1e2", "1E+2", "1e-2", "100", "1.0", "1.00", "-0", "-0.0", "0.1000", "1e308", "-1E-308",
        "2147483648", "9007199254740993", "1234567890123456789012345678901234567890", "0e0", "0.30000000000000004",
        "1234567890123456789012345678901234567890123456789012345678901.5",
    ];

    private static readonly string[] Names =
    [
        "reservation_time", "start_time", "", "a/b", "m~n", "~", "/", "~1", "~01", "\"", "\\", "é", "e\u0301",
        "\U0001F600", "\u2028", "\n", "body", "status", "uri", "cluster_id", "request", "response",
        "target_clusters", "rollbacks", "sub_status", "json", "name", "unknown_members", "0",
        "-", "__proto__", "$type", "$id", "$ref", "STATUS", "Uri",
        "status_code", "result",
    ];

    public static readonly string[] DocumentNames =
    [
        "operation_id", "occurred_time", "last_update_time", "status", "sub_status", "request", "response",
        "target_clusters", "rollbacks",
    ];

    public static readonly string[] RequestNames = ["uri", "method", "body"];

    public static readonly string[] ResponseNames = ["status_code", "body"];

    public static readonly string[] ClusterNames = ["cluster_id", "request", "response"];

    public static readonly string[] RollbackNames = ["result", "occurred_time", "target_clusters"];

    public T Pick<T>(params IReadOnlyList<T> choices) => choices[random.Next(choices.Count)];

    public JsonTree Document()
    {
        var document = JsonTree.Object(
            ("operation_id", JsonTree.String(Pick("0011795132800012", "a", "A.b_c~d-9", new string('x', 128)))),
            ("occurred_time", Time()),
            ("last_update_time", Time()),
            ("status", Status()),
            ("request", Request()));
        if (random.Next(2) == 0)
            document.Set("sub_status", SubStatus());
        if (random.Next(2) == 0)
            document.Set("target_clusters", Clusters(ofRollback: false));
        if (random.Next(3) == 0)
            document.Set("rollbacks", Rollback());
        WithUnknown(document, DocumentNames);
        return WithFittingResponse(document);
    }

    /// <summary>Gives the document a response that its status allows, when it has none such.</summary>
    public JsonTree WithFittingResponse(JsonTree document)
    {
        var status = document["status"]!.Text;
        var response = document["response"];
        if (response is null && random.Next(4) == 0)
            document.Set("response", FinalResponse(status));
        else if (response is { IsObject: true } && response["status_code"] is null && status != "canceled")
            document.Set("response", FinalResponse("failed"));
        if (status is "completed" or "failed" && document["response"] is not { IsObject: true })
            document.Set("response", FinalResponse(status));
        return document;
    }

    public JsonTree FinalResponse(string status)
    {
        if (status is not ("completed" or "failed") && random.Next(3) == 0)
            return JsonTree.Null;
        var response = JsonTree.Object(("body", Text()));
        if (status != "canceled" || random.Next(2) == 0)
            response.Set("status_code", JsonTree.Number(Pick("100", "200", "201", "204", "404", "500", "599")));
        return WithUnknown(response, ResponseNames);
    }

    public JsonTree Status() => JsonTree.String(Pick(Statuses));

    public JsonTree Time() => JsonTree.String(
        Pick("20261120_090000", "20261120_090001", "20240229_235959", "00010101_000000", "99991231_235959"));

    public JsonTree SubStatus() => random.Next(4) == 0 ? JsonTree.Null : Text();

    public JsonTree Method() => JsonTree.String(Pick(Methods));

    public JsonTree Request(bool ofRollback = false)
    {
        var request = JsonTree.Object(("uri", Text()), ("method", Method()));
        request.Set("body", ofRollback && random.Next(2) == 0 ? Pick(null, JsonTree.Null) : Text());
        return WithUnknown(request, RequestNames);
    }

    /// <summary>null, absent, or a list of up to four, the same cluster often twice.</summary>
    public JsonTree? Clusters(bool ofRollback) => random.Next(8) switch
    {
        0 => JsonTree.Null,
        1 => null,
        2 => JsonTree.Array(),
        _ => JsonTree.Array(Enumerable.Range(0, random.Next(1, 5)).Select(_ => Cluster(ofRollback)).ToArray()),
    };

    public JsonTree Cluster(bool ofRollback)
    {
        var cluster = JsonTree.Object(("cluster_id", ClusterId()), ("request", Request(ofRollback)));
        cluster.Set("response", ClusterResponse());
        return WithUnknown(cluster, ClusterNames);
    }

    public JsonTree ClusterId() =>
        JsonTree.String(Pick("1", "2", "3", "\U0001F600", "a/b~c\"\\", new string('c', 256)));

    /// <summary>null, absent, <c>{}</c>, or an answer of any part.</summary>
    public JsonTree? ClusterResponse()
    {
        switch (random.Next(6))
        {
            case 0: return null;
            case 1: return JsonTree.Null;
            case 2: return JsonTree.Object();
            default:
                var response = JsonTree.Object();
                if (random.Next(5) > 0)
                    response.Set("status_code", JsonTree.Number(
                        Pick("200", "500", "0", "-1", "2147483647", "-2147483648")));
                else if (random.Next(2) == 0)
                    response.Set("status_code", JsonTree.Null);
                if (random.Next(5) > 0)
                    response.Set("body", random.Next(6) == 0 ? JsonTree.Null : Text());
                return WithUnknown(response, ResponseNames);
        }
    }

    public JsonTree Rollback()
    {
        if (random.Next(4) == 0)
            return JsonTree.Null;
        var rollback = JsonTree.Object(("result", RollbackResult()), ("occurred_time", RollbackTime()));
        rollback.Set("target_clusters", Clusters(ofRollback: true));
        return WithUnknown(rollback, RollbackNames);
    }

    public JsonTree RollbackResult() => JsonTree.String(Pick(RollbackResults));

    public JsonTree RollbackTime() => JsonTree.String(Pick("20261120_090000", "soon", " ", "\u2028\"\\"));

    public JsonTree WithUnknown(JsonTree parent, string[] known)
    {
        if (random.Next(3) > 0)
            return parent;
        for (var left = random.Next(1, 4); left > 0; left--)
            parent.Set(UnknownName(known), Unknown(0));
        return parent;
    }

    public string UnknownName(string[] known)
    {
        string name;
        do
            name = random.Next(10) == 0 ? Text().Text : Pick(Names);
        while (known.Contains(name, StringComparer.Ordinal));
        return name;
    }

    public JsonTree Unknown(int depth)
    {
        switch (random.Next(depth > 3 ? 5 : 8))
        {
            case 0: return JsonTree.Null;
            case 1: return JsonTree.Boolean(random.Next(2) == 0);
            case 2 or 3: return JsonTree.Number(Pick(Numbers));
            case 4: return Text();
            case 5 or 6:
                var members = JsonTree.Object();
                for (var left = random.Next(4); left > 0; left--)
                    members.Set(UnknownName([]), Unknown(depth + 1));
                return members;
            default:
                return JsonTree.Array(Enumerable.Range(0, random.Next(4)).Select(_ => Unknown(depth + 1)).ToArray());
        }
    }

    public JsonTree Text() => JsonTree.String(random.Next(60) == 0
        ? string.Concat(Enumerable.Repeat(Pick(Fragments) + "x", 300))
        : string.Concat(Enumerable.Range(0, random.Next(4)).Select(_ => Pick(Fragments))));
}
