using System.Text.RegularExpressions;

namespace OperationTracker.Tests;

/// <summary>What holds for the source tree as a whole, whoever edits it with whatever editor.</summary>
public sealed partial class RepositoryTests
{
    /// <summary>The columns of .editorconfig, which editors show and no compiler enforces.</summary>
    private const int Columns = 120;

    /// <summary>Migrations up to this one are released with longer lines, and a released one is never edited.</summary>
    private const int LastLongMigration = 4;

    /// <summary>Source and scripts; not Markdown, whose tables have a row a line, and not data.</summary>
    private static readonly string[] Extensions =
        ["", ".cs", ".csproj", ".css", ".html", ".js", ".props", ".sh", ".sql", ".yaml"];

    /// <summary>Folders of what is built, and of what is compared to the last character.</summary>
    private static readonly string[] Passed = ["bin", "obj", "artifacts", "TestResults", "golden", "Samples"];

    [Fact]
    public void No_line_of_the_source_is_longer_than_120_columns()
    {
        var files = Sources(new DirectoryInfo(Repository.Root)).ToArray();

        files.Length.ShouldBeGreaterThan(300, "the source was found");
        files.SelectMany(file => LongLines(File.ReadAllLines(file), hasRawLiterals: Path.GetExtension(file) == ".cs")
            .Select(line => $"{Path.GetRelativePath(Repository.Root, file)}:{line}")).ShouldBeEmpty();
    }

    [Fact]
    public void A_line_is_too_long_from_121_columns_on_unless_it_is_the_text_of_a_raw_literal()
    {
        var (full, more) = (new string('x', Columns), new string('x', Columns + 1));

        Told(full, more, "", $"{more} // \"\"\"{full}\"\"\"").ShouldBe([2, 4]);
        Told("var text = \"\"\"", more, "    \"\"\";", more).ShouldBe([4]);
        Told("(\"\"\"", more, "    \"\"\", \"\"\"one\"\"\", $$\"\"\"", more, "    \"\"\");", more).ShouldBe([6]);
        Told("var text = \"\"\"", "    text", $"    \"\"\"; // {more}").ShouldBe([3]);
        Should.Throw<InvalidDataException>(() => Told("var text = \"\"\"", more));
        LongLines(["\"\"\"", more], hasRawLiterals: false).ShouldBe([2]);

        static int[] Told(params string[] lines) => [.. LongLines(lines, hasRawLiterals: true)];
    }

    private static IEnumerable<string> Sources(DirectoryInfo folder) => folder.EnumerateFiles()
        .Where(file => Extensions.Contains(file.Extension) && !IsLongMigration(file)).Select(file => file.FullName)
        .Concat(folder.EnumerateDirectories()
            .Where(inner => !Passed.Contains(inner.Name) && (inner.Name[0] != '.' || inner.Name == ".ci"))
            .SelectMany(Sources));

    private static bool IsLongMigration(FileInfo file) => file.Directory!.Name == "Schema"
        && Migration().Match(file.Name) is { Success: true } match && int.Parse(match.Value, null) <= LastLongMigration;

    /// <summary>
    /// The numbers of the lines that are too long. What a raw literal of several lines says cannot always be broken
    /// without saying something else, so its lines are passed over; those that it begins and ends on are not.
    /// </summary>
    private static IEnumerable<int> LongLines(string[] lines, bool hasRawLiterals)
    {
        var isWithin = false;
        for (var i = 0; i < lines.Length; i++)
        {
            var marks = hasRawLiterals ? RawMark().Count(lines[i]) : 0;
            if (lines[i].Length > Columns && (!isWithin || marks > 0)) yield return i + 1;
            isWithin ^= marks % 2 == 1;
        }

        if (isWithin) throw new InvalidDataException("A raw literal has no end, or three quotes mean something else.");
    }

    [GeneratedRegex("^[0-9]{4}(?=_.*[.]sql$)")]
    private static partial Regex Migration();

    [GeneratedRegex("\"{3,}")]
    private static partial Regex RawMark();
}
