using System.Globalization;
using System.Text;
using OperationTracker.Core.Json;
using OperationTracker.Core.Operations;

namespace OperationTracker.Tests.Operations;

/// <summary>What the contract's tables refuse, with the class of each fault and its place.</summary>
public sealed class OperationValidationTests
{
    private const string Whole =
        """
        {"operation_id":"1","occurred_time":"20261120_090000","last_update_time":"20261120_090000","status":"completed",
         "sub_status":"s","request":{"uri":"/a","method":"POST","body":"b"},"response":{"status_code":200,"body":"b"},
         "target_clusters":[{"cluster_id":"1","request":{"uri":"/a","method":"PUT","body":"b"},
           "response":{"status_code":200,"body":"b"}}],
         "rollbacks":{"result":"none","occurred_time":"soon","target_clusters":[
           {"cluster_id":"1","request":{"uri":"/a","method":"DELETE","body":"b"},
            "response":{"status_code":200,"body":"b"}}]},
         "reservation_time":{"at":[1]}}
        """;

    private const string Root = "";

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

    [Fact]
    public void Nothing_is_nested_deeper_than_32_levels()
    {
        FaultsOf(With("/x", new string('[', 31) + new string(']', 31))).ShouldBeEmpty();
        FaultsOf(With("/x", new string('[', 32) + new string(']', 32)))
            .ShouldHaveSingleItem().ShouldStartWith("Format /x/0/0");
        var objects = string.Concat(Enumerable.Repeat("{\"a\":", 31)) + "1" + new string('}', 31);
        FaultsOf(With("/x", objects)).ShouldBeEmpty();
        FaultsOf(With("/x", $"[{objects}]")).ShouldHaveSingleItem().ShouldStartWith("Format /x/0/a");
        FaultsOf(new string('[', 1_000_000)).ShouldHaveSingleItem().ShouldStartWith("Format");
    }

    [Fact]
    public void A_document_has_at_most_10_000_values()
    {
        var others = JsonTree.Parse(Whole).All().Count() + 1;
        FaultsOf(With("/x", Zeros(10_000 - others))).ShouldBeEmpty();
        FaultsOf(With("/x", Zeros(10_001 - others))).ShouldBe(["Range "]);

        static string Zeros(int count) => $"[{string.Join(',', Enumerable.Repeat("0", count))}]";
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

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("\"\"")]
    [InlineData("1")]
    public void A_document_is_an_object(string json) => FaultsOf(json).ShouldBe(["Format "]);

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("{")]
    [InlineData("{} {}")]
    [InlineData("{},")]
    [InlineData("{'a':1}")]
    [InlineData("{a:1}")]
    [InlineData("""{"a":1,}""")]
    [InlineData("""{"a":01}""")]
    [InlineData("""{"a":NaN}""")]
    [InlineData("""{"a":+1}""")]
    [InlineData("""{"a":.5}""")]
    [InlineData("""{"a":"\x"}""")]
    [InlineData("{\"a\":\"\n\"}")]
    [InlineData("{/* */}")]
    [InlineData("\u00A0{}")]
    public void What_is_not_JSON_is_one_fault_of_format(string text) => FaultsOf(text).ShouldBe(["Format "]);

    [Fact]
    public void One_byte_order_mark_is_skipped()
    {
        Read("\uFEFF" + Whole).Document.ShouldBe(Read(Whole).Document);
        FaultsOf("\uFEFF\uFEFF" + Whole).ShouldBe(["Format "]);
        FaultsOf(" \uFEFF" + Whole).ShouldBe(["Format "]);
        FaultsOf("\uFEFF").ShouldBe(["Format "]);
    }

    [Theory]
    [InlineData("/", "operation_id", "operation_\\u0069d")]
    [InlineData("/", "reservation_time", "reservation_time")]
    [InlineData("/request", "uri", "\\u0075ri")]
    [InlineData("/response", "body", "body")]
    [InlineData("/target_clusters/0", "cluster_id", "cluster\\u005fid")]
    [InlineData("/target_clusters/0/request", "method", "method")]
    [InlineData("/target_clusters/0/response", "status_code", "\\u0073tatus_code")]
    [InlineData("/rollbacks", "result", "result")]
    [InlineData("/rollbacks/target_clusters/0/request", "body", "bod\\u0079")]
    [InlineData("/reservation_time", "at", "\\u0061t")]
    public void A_member_stands_once_in_its_object_however_it_is_escaped(string parent, string name, string twin)
    {
        var at = parent == "/" ? Root : parent;
        // The doubled member is put in as a marker and spelt as its twin in the text.
        var text = With($"{at}/MARK", "[]").Replace("MARK", twin, StringComparison.Ordinal);
        FaultsOf(text).ShouldBe([$"Format {at}/{name}"]);
    }

    [Theory]
    [InlineData("\\u0000")]
    [InlineData("a\\u0000b")]
    [InlineData("\\ud800")]
    [InlineData("\\udc00")]
    [InlineData("\\udc00\\ud800")]
    [InlineData("\\ud83d\\ud83d\\ude00")]
    [InlineData("\\ud83dx\\ude00")]
    [InlineData("\\ud83d\\n")]
    public void What_no_store_can_hold_is_refused_in_values_and_names(string text)
    {
        string[] paths =
            ["/sub_status", "/request/body", "/target_clusters/0/cluster_id", "/x", "/rollbacks/occurred_time"];
        foreach (var path in paths)
            FaultsOf(With(path, $"\"{text}\"")).ShouldBe([$"Format {path}"]);
        FaultsOf(With("/x", $$"""{"y":["{{text}}"]}""")).ShouldBe(["Format /x/y/0"]);
        string[] parents = ["", "/request", "/response", "/target_clusters/0", "/rollbacks", "/reservation_time"];
        foreach (var parent in parents)
        {
            foreach (var start in new[] { "", "uri", "body", "st" })
            {
                FaultsOf(With($"{parent}/MARK", "1").Replace("MARK", start + text, StringComparison.Ordinal))
                    .ShouldBe([$"Format {parent}"], $"{parent} {start}");
            }
        }
    }

    [Theory]
    [InlineData("\\ud83d\\ude00")]
    [InlineData("\\uFFFF\\uFEFF\\u2028\\u0001\\u007f")]
    [InlineData("\\\\ud800\\\\u0000")]
    public void What_only_looks_like_that_is_taken(string text)
    {
        FaultsOf(With("/sub_status", $"\"{text}\"")).ShouldBeEmpty();
        FaultsOf(With("/MARK", "1").Replace("MARK", text, StringComparison.Ordinal)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(new byte[] { 0xff })]
    [InlineData(new byte[] { 0xc0, 0xaf })]
    [InlineData(new byte[] { 0xed, 0xa0, 0x80 })]
    [InlineData(new byte[] { 0xf4, 0x90, 0x80, 0x80 })]
    [InlineData(new byte[] { 0xe2, 0x82 })]
    public void Bytes_that_are_no_UTF_8_are_one_fault_and_their_place_is_told(byte[] bad)
    {
        foreach (var marked in new[] { With("/sub_status", "\"MARK\""), With("/MARK", "1"), Whole + "MARK" })
        {
            var at = marked.IndexOf("MARK", StringComparison.Ordinal);
            byte[] text =
                [.. Encoding.ASCII.GetBytes(marked[..at]), .. bad, .. Encoding.ASCII.GetBytes(marked[(at + 4)..])];
            OperationJson.Read(text).Faults.ShouldBe(
                [new DocumentFault(FaultKind.Format, Root, $"is not UTF-8 from byte {at + 1} on")]);
        }
    }

    [Fact]
    public void All_faults_are_told_at_once_in_the_order_of_the_text()
    {
        var faults = Read(
            """
            {"status":"done","response":{"status_code":99,"body":null},"a":1e999,"a":2,"occurred_time":"now",
             "request":{"method":"GET","uri":7},"target_clusters":[{},null,{"cluster_id":"","request":{}}],
             "b/~":["\u0000"]}
            """).Faults;

        faults.Select(Line).ShouldBe(
        [
            "Value /status", "Range /response/status_code", "Value /response/body", "Range /a", "Format /a",
            "Value /occurred_time", "Value /request/method", "Format /request/uri", "Value /request/body",
            "Value /target_clusters/0/cluster_id", "Value /target_clusters/0/request", "Value /target_clusters/1",
            "Value /target_clusters/2/cluster_id", "Value /target_clusters/2/request/uri",
            "Value /target_clusters/2/request/method", "Value /target_clusters/2/request/body", "Format /b~1~0/0",
            "Value /operation_id", "Value /last_update_time",
        ]);
        // The code of the answer is that of the heaviest class: 010001, 010002, 010003 in this order.
        faults.Min(fault => fault.Kind).ShouldBe(FaultKind.Format);
        (FaultKind.Format < FaultKind.Value && FaultKind.Value < FaultKind.Range).ShouldBeTrue();
    }

    [Fact]
    public void More_faults_than_an_answer_can_list_are_cut()
    {
        var name = new string('n', 9_000);
        var numbers = string.Join(',', Enumerable.Repeat("1e999", 9_000));
        var faults = Read(With("/x", $$"""{"{{name}}":[{{numbers}}]}""")).Faults;

        faults.Sum(fault => fault.Path.Length + fault.Reason.Length)
            .ShouldBeLessThan(OperationLimits.FaultCharacters + 100);
        faults[^1].Reason.ShouldBe("holds more faults than one answer can list");
        faults[0].Path.ShouldBe($"/x/{name[..256]}…/0");
    }

    [Fact]
    public void No_fault_repeats_a_value()
    {
        const string Canary = "C4N4RY";
        string[] values =
        [
            $"\"{Canary}\"", $"\"{Canary}{new string('x', 9_000)}\"", $"[\"{Canary}\"]", $"\"\\u0000{Canary}\"",
            $$"""{"z":"{{Canary}}"}""",
            "8675309e999", "8675309.5", $"\"{Canary}\\ud800\"", $"{Canary}", $"\"{Canary}", "8675309",
        ];
        foreach (var path in PathsOf(JsonTree.Parse(Whole), Root).Skip(1).Append("/x"))
        {
            foreach (var value in values)
            {
                var text = With(path, "\"MARK\"").Replace("\"MARK\"", value, StringComparison.Ordinal);
                foreach (var fault in Read(text).Faults)
                {
                    $"{fault.Path} {fault.Reason}".ShouldNotContain(Canary);
                    $"{fault.Path} {fault.Reason}".ShouldNotContain("8675309");
                }
            }
        }
    }

    private static DocumentReading Read(string text) => OperationJson.Read(Encoding.UTF8.GetBytes(text));

    private static string[] FaultsOf(string text)
    {
        var (document, faults) = Read(text);
        (document is null).ShouldBe(faults.Count > 0);
        return [.. faults.Select(Line)];
    }

    private static string Line(DocumentFault fault) => $"{fault.Kind} {fault.Path}";

    private static IEnumerable<string> PathsOf(JsonTree tree, string path) =>
        tree.Members.SelectMany(member => PathsOf(member.Value, $"{path}/{member.Name}"))
            .Concat(tree.Items.SelectMany((item, index) => PathsOf(item, $"{path}/{index}")))
            .Prepend(path);

    /// <summary>The whole document changed by pairs of pointer and JSON text; null takes a member away.</summary>
    private static string With(params string?[] changes)
    {
        var document = JsonTree.Parse(Whole);
        var texts = new List<(string Mark, string Json)>();
        for (var i = 0; i < changes.Length; i += 2)
        {
            var segments = JsonPointer.Split(changes[i]!)!;
            var parent = segments.SkipLast(1).Aggregate(document, (tree, segment) => tree.IsObject
                ? tree[segment]!
                : tree.Items[int.Parse(segment, CultureInfo.InvariantCulture)]);
            var mark = $"#{i}#";
            JsonTree? value = changes[i + 1] is null ? null : JsonTree.String(mark);
            if (parent.IsObject)
                parent.Set(segments[^1], value);
            else
                parent.Items[int.Parse(segments[^1], CultureInfo.InvariantCulture)] = value!;
            if (changes[i + 1] is { } json)
                texts.Add(($"\"{mark}\"", json));
        }

        return texts.Aggregate(document.InOrder(), (text, change) =>
            text.Replace(change.Mark, change.Json, StringComparison.Ordinal));
    }
}
