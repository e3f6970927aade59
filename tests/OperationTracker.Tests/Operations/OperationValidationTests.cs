using OperationTracker.Core.Operations;
using static OperationTracker.Tests.Operations.WholeDocument;

namespace OperationTracker.Tests.Operations;

/// <summary>What the contract's tables refuse, with the class of each fault and its place.</summary>
public sealed class OperationValidationTests
{
    [Theory]
    [InlineData("/operation_id")]
    [InlineData("/occurred_time")]
    [InlineData("/last_update_time")]
    [InlineData("/status")]
    [InlineData("/request")]
    [InlineData("/request/uri")]
    [InlineData("/request/method")]
    [InlineData("/request/body")]
    [InlineData("/response")]
    [InlineData("/response/status_code")]
    [InlineData("/response/body")]
    [InlineData("/target_clusters/0/cluster_id")]
    [InlineData("/target_clusters/0/request")]
    [InlineData("/target_clusters/0/request/uri")]
    [InlineData("/target_clusters/0/request/method")]
    [InlineData("/target_clusters/0/request/body")]
    [InlineData("/rollbacks/result")]
    [InlineData("/rollbacks/occurred_time")]
    [InlineData("/rollbacks/target_clusters/0/cluster_id")]
    [InlineData("/rollbacks/target_clusters/0/request")]
    [InlineData("/rollbacks/target_clusters/0/request/uri")]
    [InlineData("/rollbacks/target_clusters/0/request/method")]
    public void A_required_member_must_be_there_and_not_null(string path)
    {
        FaultsOf(With(path, null)).ShouldBe([$"Value {path}"]);
        FaultsOf(With(path, "null")).ShouldBe([$"Value {path}"]);
    }

    [Theory]
    [InlineData("/sub_status")]
    [InlineData("/target_clusters")]
    [InlineData("/target_clusters/0/response")]
    [InlineData("/target_clusters/0/response/status_code")]
    [InlineData("/target_clusters/0/response/body")]
    [InlineData("/rollbacks")]
    [InlineData("/rollbacks/target_clusters")]
    [InlineData("/rollbacks/target_clusters/0/request/body")]
    [InlineData("/rollbacks/target_clusters/0/response")]
    [InlineData("/rollbacks/target_clusters/0/response/status_code")]
    [InlineData("/rollbacks/target_clusters/0/response/body")]
    [InlineData("/reservation_time")]
    public void An_optional_member_may_be_absent_or_null_and_these_are_not_the_same(string path)
    {
        var (absent, isNull) = (Read(With(path, null)), Read(With(path, "null")));
        absent.Faults.ShouldBeEmpty();
        isNull.Faults.ShouldBeEmpty();
        absent.Document.ShouldNotBe(isNull.Document);
    }

    [Theory]
    [InlineData("/operation_id", "1")]
    [InlineData("/occurred_time", "20261120")]
    [InlineData("/last_update_time", "[]")]
    [InlineData("/status", "true")]
    [InlineData("/sub_status", "{}")]
    [InlineData("/request", "[]")]
    [InlineData("/request/uri", "1")]
    [InlineData("/request/method", "{}")]
    [InlineData("/request/body", """{"a":1}""")]
    [InlineData("/response", "\"\"")]
    [InlineData("/response/status_code", "\"200\"")]
    [InlineData("/response/status_code", "200.0")]
    [InlineData("/response/status_code", "2e2")]
    [InlineData("/response/status_code", "-0")]
    [InlineData("/response/status_code", "[200]")]
    [InlineData("/response/body", "0")]
    [InlineData("/target_clusters", "{}")]
    [InlineData("/target_clusters/0", "\"1\"")]
    [InlineData("/target_clusters/0/cluster_id", "1")]
    [InlineData("/target_clusters/0/request", "1")]
    [InlineData("/target_clusters/0/response", "[]")]
    [InlineData("/target_clusters/0/response/status_code", "200.0")]
    [InlineData("/target_clusters/0/response/body", "{}")]
    [InlineData("/rollbacks", "[]")]
    [InlineData("/rollbacks", "[{}]")]
    [InlineData("/rollbacks/result", "1")]
    [InlineData("/rollbacks/occurred_time", "1")]
    [InlineData("/rollbacks/target_clusters", "\"\"")]
    [InlineData("/rollbacks/target_clusters/0/request/body", "1")]
    public void A_value_of_a_wrong_type_is_a_fault_of_format(string path, string json) =>
        FaultsOf(With(path, json)).ShouldBe([$"Format {path}"]);

    [Theory]
    [InlineData("/operation_id", "\"\"")]
    [InlineData("/operation_id", "\".\"")]
    [InlineData("/operation_id", "\"..\"")]
    [InlineData("/operation_id", "\"a/b\"")]
    [InlineData("/operation_id", "\"a b\"")]
    [InlineData("/operation_id", "\"é\"")]
    [InlineData("/operation_id", "\"%41\"")]
    [InlineData("/status", "\"done\"")]
    [InlineData("/status", "\"Completed\"")]
    [InlineData("/status", "\"cancelled\"")]
    [InlineData("/status", "\"\"")]
    [InlineData("/request/method", "\"GET\"")]
    [InlineData("/request/method", "\"post\"")]
    [InlineData("/target_clusters/0/request/method", "\"HEAD\"")]
    [InlineData("/target_clusters/0/cluster_id", "\"\"")]
    [InlineData("/target_clusters/0", "null")]
    [InlineData("/rollbacks/result", "\"rolled back\"")]
    [InlineData("/rollbacks/occurred_time", "\"\"")]
    public void A_bad_value_is_a_fault_of_value(string path, string json) =>
        FaultsOf(With(path, json)).ShouldBe([$"Value {path}"]);

    [Theory]
    [InlineData("20240229_000000", true)]
    [InlineData("20000229_235959", true)]
    [InlineData("00010101_000000", true)]
    [InlineData("99991231_235959", true)]
    [InlineData("20230229_000000", false)]
    [InlineData("19000229_000000", false)]
    [InlineData("20260230_000000", false)]
    [InlineData("20261301_000000", false)]
    [InlineData("20260001_000000", false)]
    [InlineData("20260100_000000", false)]
    [InlineData("20260431_000000", false)]
    [InlineData("20261120_240000", false)]
    [InlineData("20261120_236000", false)]
    [InlineData("20261120_235960", false)]
    [InlineData("00000101_000000", false)]
    [InlineData("20261120-090000", false)]
    [InlineData("20261120_09000", false)]
    [InlineData("20261120_0900000", false)]
    [InlineData("20261120_090000 ", false)]
    [InlineData(" 20261120_090000", false)]
    [InlineData("2026112\u0660_090000", false)]
    [InlineData("20261120_09:00:00", false)]
    [InlineData("", false)]
    public void A_time_is_a_real_date_and_a_time_of_24_hours(string time, bool valid)
    {
        foreach (var path in new[] { "/occurred_time", "/last_update_time" })
            FaultsOf(With(path, $"\"{time}\"")).ShouldBe(valid ? [] : [$"Value {path}"]);
    }

    [Theory]
    [InlineData("/response/status_code", "99", false)]
    [InlineData("/response/status_code", "100", true)]
    [InlineData("/response/status_code", "599", true)]
    [InlineData("/response/status_code", "600", false)]
    [InlineData("/response/status_code", "0", false)]
    [InlineData("/response/status_code", "-200", false)]
    [InlineData("/response/status_code", "99999999999999999999", false)]
    [InlineData("/target_clusters/0/response/status_code", "2147483647", true)]
    [InlineData("/target_clusters/0/response/status_code", "-2147483648", true)]
    [InlineData("/target_clusters/0/response/status_code", "2147483648", false)]
    [InlineData("/target_clusters/0/response/status_code", "-2147483649", false)]
    [InlineData("/rollbacks/target_clusters/0/response/status_code", "0", true)]
    [InlineData("/reservation_time", "1e308", true)]
    [InlineData("/reservation_time", "1e309", false)]
    [InlineData("/reservation_time", "1E-308", true)]
    [InlineData("/reservation_time", "1E-309", false)]
    [InlineData("/reservation_time", "1e+0308", true)]
    [InlineData("/reservation_time", "1e99999999999999999999", false)]
    [InlineData("/reservation_time/at/0", "-1e309", false)]
    public void A_number_has_its_bounds(string path, string json, bool valid) =>
        FaultsOf(With(path, json)).ShouldBe(valid ? [] : [$"Range {path}"]);

    [Theory]
    [InlineData("/operation_id", "Value", 128)]
    [InlineData("/target_clusters/0/cluster_id", "Range", 256)]
    [InlineData("/rollbacks/target_clusters/0/cluster_id", "Range", 256)]
    [InlineData("/request/uri", "Range", 8_192)]
    [InlineData("/target_clusters/0/request/uri", "Range", 8_192)]
    public void A_text_has_its_bound(string path, string kind, int length)
    {
        FaultsOf(With(path, $"\"{new string('x', length)}\"")).ShouldBeEmpty();
        FaultsOf(With(path, $"\"{new string('x', length + 1)}\"")).ShouldBe([$"{kind} {path}"]);
    }

    [Fact]
    public void An_unknown_number_has_at_most_64_characters()
    {
        FaultsOf(With("/reservation_time", new string('7', 64))).ShouldBeEmpty();
        FaultsOf(With("/reservation_time", new string('7', 65))).ShouldBe(["Range /reservation_time"]);
    }

    [Fact]
    public void A_body_may_be_as_long_as_a_document()
    {
        var text = new string('x', OperationLimits.BodyBytes - 2_000);
        Read(With("/request/body", $"\"{text}\"")).Document!.Request.Body.Value.ShouldBe(text);
    }

    [Theory]
    [InlineData("completed", false)]
    [InlineData("failed", false)]
    [InlineData("canceled", true)]
    [InlineData("executing", true)]
    [InlineData("unexecuted", true)]
    public void Only_a_completed_or_failed_operation_must_have_a_response(string status, bool optional)
    {
        FaultsOf(With("/status", $"\"{status}\"", "/response", null)).ShouldBe(optional ? [] : ["Value /response"]);
        FaultsOf(With("/status", $"\"{status}\"", "/response", "null")).ShouldBe(optional ? [] : ["Value /response"]);
        FaultsOf(With("/status", $"\"{status}\"", "/response", """{"body":""}"""))
            .ShouldBe(status == "canceled" ? [] : ["Value /response/status_code"]);
        FaultsOf(With("/status", $"\"{status}\"", "/response", """{"status_code":200}"""))
            .ShouldBe(["Value /response/body"]);
        FaultsOf(With("/status", $"\"{status}\"", "/response", "{}")).ShouldBe(status == "canceled"
            ? ["Value /response/body"]
            : ["Value /response/status_code", "Value /response/body"]);
    }

    [Theory]
    [InlineData("/target_clusters", "[]")]
    [InlineData("/rollbacks/target_clusters", "[]")]
    [InlineData("/target_clusters/0/response", "{}")]
    [InlineData("/rollbacks/target_clusters/0/response", "{}")]
    [InlineData("/request/uri", "\"\"")]
    [InlineData("/request/body", "\"\"")]
    [InlineData("/response/body", "\"\"")]
    [InlineData("/sub_status", "\"\"")]
    [InlineData("/rollbacks/occurred_time", "\" \"")]
    [InlineData("/target_clusters/0/cluster_id", "\" \"")]
    public void Empty_is_a_value_where_nothing_forbids_it(string path, string json) =>
        FaultsOf(With(path, json)).ShouldBeEmpty();
}
