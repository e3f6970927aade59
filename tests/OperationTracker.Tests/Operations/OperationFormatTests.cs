using System.Text;
using OperationTracker.Core.Json;
using OperationTracker.Core.Operations;
using static OperationTracker.Tests.Operations.WholeDocument;

namespace OperationTracker.Tests.Operations;

/// <summary>What is refused of a text as a whole, whatever its members mean.</summary>
public sealed class OperationFormatTests
{
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
        var at = parent == "/" ? "" : parent;
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
                [new DocumentFault(FaultKind.Format, "", $"is not UTF-8 from byte {at + 1} on")]);
        }
    }
}
