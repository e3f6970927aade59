using System.Text;
using OperationTracker.Core.Findings;
using OperationTracker.Core.Operations;
using OperationTracker.Tests.Api;

namespace OperationTracker.Tests.Findings;

/// <summary>The pure part of the findings.</summary>
public sealed class FindingsTests
{
    [Theory]
    [InlineData("/v1/clusters/7/nodes/leafs", "/v1/clusters/*/nodes/leafs")]
    [InlineData("/v1/clusters/12/nodes/leafs?x=7#y", "/v1/clusters/*/nodes/leafs")]
    [InlineData("/v1/slices/l2vpn/slice-b/cps", "/v1/slices/*/slice-b/cps")]
    [InlineData("/V1/v1234/v1x", "/*/*/*")]
    [InlineData("", "")]
    [InlineData("7", "*")]
    public void Uris_of_the_same_kind_of_request_have_one_shape(string uri, string shape) =>
        UriShape.Of(uri).ShouldBe(shape);

    [Fact]
    public void Quantiles_are_told_to_within_two_percent()
    {
        var random = new Random(3);
        double[] seconds = [.. Enumerable.Range(0, 5_000).Select(_ => Math.Exp((random.NextDouble() * 20) - 6))];
        var (one, other, whole) = (new DurationHistogram(), new DurationHistogram(), new DurationHistogram());
        foreach (var value in seconds)
            (random.Next(2) == 0 ? one : other).Add(TimeSpan.FromSeconds(value));
        foreach (var part in new[] { one, other })
        foreach (var bucket in part.Buckets)
            whole.Add(bucket, part.MaxSeconds);

        Array.Sort(seconds);
        whole.Count.ShouldBe(5_000);
        whole.MaxSeconds.ShouldBe(seconds[^1], seconds[^1] * 1e-6);
        foreach (var part in new[] { 0.001, 0.5, 0.95, 0.999, 1 })
        {
            var exact = seconds[(int)Math.Ceiling(part * 5_000) - 1];
            whole.QuantileSeconds(part).ShouldBe(exact, exact * 0.0201);
        }

        new DurationHistogram().QuantileSeconds(0.5).ShouldBe(0);
        one.Add(TimeSpan.FromSeconds(-1));
        one.QuantileSeconds(0.000_001).ShouldBe(0.000_001);
    }

    [Fact]
    public void The_bound_is_that_of_the_kind_or_of_all_or_not_known()
    {
        var times = new ExecutingTimes();
        times.BoundOf("POST", "/v1/a/1").ShouldBeNull();
        for (var i = 1; i <= ExecutingTimes.Samples; i++)
        {
            times.Add(new StateStay(OperationStatus.Executing, TimeSpan.FromSeconds(i), "POST", $"/v1/a/{i}"));
            times.Add(new StateStay(OperationStatus.Unexecuted, TimeSpan.FromDays(i), "POST", $"/v1/a/{i}"));
        }

        for (var i = 0; i < ExecutingTimes.Samples - 1; i++)
            times.Add(new StateStay(OperationStatus.Executing, TimeSpan.FromSeconds(1000), "PUT", "/v1/b"));

        Bound("POST", "/v1/a/99").ShouldBe("p95 of its kind: 19");
        Bound("PUT", "/v1/a/99").ShouldBe("p95 of all: 1000");
        Bound("PUT", "/v1/b").ShouldBe("p95 of all: 1000");

        string Bound(string method, string uri) =>
            times.BoundOf(method, uri) is { } bound ? $"{bound.Basis}: {Math.Round(bound.Seconds)}" : "";
    }

    [Theory]
    [InlineData("completed", "200", "500", "none", "")]
    [InlineData("executing", "200", "500", "none", "")]
    [InlineData("failed", "500", "none", "none", "")]
    [InlineData("failed", "200", "500", "none", "/target_clusters/0 a rollback not tried")]
    [InlineData("canceled", "200", "500", "none", "/target_clusters/0 a rollback not tried")]
    [InlineData("failed", "200", "500", "200", "")]
    [InlineData("failed", "201", "500", "500", "/target_clusters/0 a rollback failed")]
    [InlineData("failed", "204", "500", "no answer", "/target_clusters/0 a rollback not answered")]
    [InlineData("failed", "200", "200", "200", "/target_clusters/1 b rollback not tried")]
    [InlineData("failed", "300", "no answer", "none", "")]
    public void Clusters_that_succeeded_and_were_not_undone_are_found(
        string status, string first, string second, string rollback, string found)
    {
        var document = Sample.Document(
            "x", status,
            $"\"target_clusters\":[{Cluster("a", first)},{Cluster("b", second)}]"
            + ",\"rollbacks\":{\"result\":\"failed\",\"occurred_time\":\"x\","
            + $"\"target_clusters\":[{(rollback == "none" ? "" : Cluster("a", rollback))}]}}");

        Told(document).ShouldBe(found);
    }

    [Fact]
    public void The_nth_request_to_a_cluster_is_undone_by_its_nth_rollback()
    {
        var rollbacks = "\"rollbacks\":{\"result\":\"failed\",\"occurred_time\":\"x\","
            + $"\"target_clusters\":[{Cluster("a", "200")},{Cluster("a", "500")}]}}";
        Told(Sample.Document(
            "x", "failed",
            $"\"target_clusters\":[{Cluster("a", "200")},{Cluster("a", "500")},{Cluster("a", "200")}],{rollbacks}"))
            .ShouldBe("/target_clusters/2 a rollback failed");
    }

    [Theory]
    [InlineData("{\"data_consistency\":\"not consistent\"}", "not consistent")]
    [InlineData("{\"error\":[{\"data_consistency\" : \"unknown\"}]}", "unknown")]
    [InlineData("{\"data_consistency\":\"rolled back\"}", "")]
    [InlineData("{\"data_consistency\":\"updated\",\"x\":{\"data_consistency\":\"unknown\"}}", "unknown")]
    [InlineData("{\"data_consistency\":7}", "")]
    [InlineData("{\"data_consistency\":\"unknown\" and no JSON", "unknown")]
    [InlineData("data_consistency unknown", "")]
    [InlineData("\ud83d data_consistency", "")]
    [InlineData("", "")]
    public void Error_bodies_that_doubt_the_data_are_found(string body, string word)
    {
        var document = OperationJson.Read(Sample.Document("x", "failed").Bytes()).Document!;
        document = document with { Response = new OperationResponse { StatusCode = 500, Body = body } };

        ClusterFindings.Of(document).Select(finding => $"{finding.Path} {finding.Reason}")
            .ShouldBe(word.Length > 0 ? [$"/response/body {word}"] : []);
    }

    [Theory]
    [InlineData("/request", true)]
    [InlineData("/request/uri", true)]
    [InlineData("/occurred_time", true)]
    [InlineData("/requests", false)]
    [InlineData("/target_clusters/0/request", false)]
    [InlineData("/x", false)]
    public void Another_request_under_the_same_id_is_a_clash(string path, bool isClash)
    {
        var amended = new DocumentAmended
        {
            LastUpdateTime = "20261120_090000",
            Patch = [new PatchOperation { Op = "replace", Path = path, Json = "1" }],
        };
        LogFindings.Clash(amended).Select(place => place.Path).ShouldBe(isClash ? [path] : []);
        LogFindings.Clash(null).ShouldBeEmpty();
        LogFindings.Clash(new UpdateTimeChanged { LastUpdateTime = "20261120_090000" }).ShouldBeEmpty();
    }

    private static string Told(string document)
    {
        var read = OperationJson.Read(Encoding.UTF8.GetBytes(document));
        read.Faults.ShouldBeEmpty();
        return string.Join(
            "; ", ClusterFindings.Of(read.Document!).Select(one => $"{one.Path} {one.ClusterId} {one.Reason}"));
    }

    private static string Cluster(string id, string answer) =>
        $"{{\"cluster_id\":\"{id}\",\"request\":{{\"uri\":\"/\",\"method\":\"PUT\",\"body\":\"\"}}"
        + (int.TryParse(answer, out var code) ? $",\"response\":{{\"status_code\":{code},\"body\":\"\"}}}}" : "}");
}
