using System.Text;
using Npgsql;
using OperationTracker.Postgres.Projections;
using OperationTracker.Tests.EventStore;

namespace OperationTracker.Tests.Projections;

/// <summary>What is encoded for COPY, as the server has read it.</summary>
public sealed class CopyBufferTests : IAsyncLifetime
{
    private TrackerFixture _tracker = null!;

    public async Task InitializeAsync() => _tracker = await TrackerFixture.CreateAsync();

    public async Task DisposeAsync() => await _tracker.DisposeAsync();

    [Fact]
    public async Task Every_type_of_column_comes_out_as_it_went_in()
    {
        string[] texts = ["", "a", "ä\u2028\ud83d\ude00", "null", "{\"\\\"}", new string('x', 300_000)];
        long[] numbers = [0, 1, -1, long.MaxValue, long.MinValue, 1L << 40];
        DateTime[] times =
        [
            DateTime.UnixEpoch, DateTime.MinValue, DateTime.MaxValue,
            new(2026, 11, 20, 9, 0, 0, 123, 456, DateTimeKind.Utc),
            new(1, 1, 2, 0, 0, 0, DateTimeKind.Utc), new(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc),
        ];
        string[][] lists = [[], [""], ["7", "ä,\"b\""], texts, ["NULL"], [new string('y', 70_000)]];
        await using var connection = new NpgsqlConnection(_tracker.ConnectionString);
        await connection.OpenAsync();
        await ExecuteAsync(connection, "create temporary table copied (line bigint, text text, number bigint,"
            + " time timestamptz, list text[], bytes text)");
        var buffer = new CopyBuffer();
        foreach (var sending in new[] { 0, 1, 2 })
        {
            for (var i = sending; i < texts.Length; i += 3)
            {
                buffer.BeginRow(6);
                buffer.Write((long)i);
                buffer.Write(texts[i]);
                buffer.Write(numbers[i]);
                buffer.Write(times[i]);
                buffer.Write(lists[i]);
                buffer.Write(Encoding.UTF8.GetBytes(texts[^(i + 1)]).AsSpan());
            }

            await buffer.SendAsync(connection, "copy copied from stdin (format binary)", default);
            buffer.Length.ShouldBe(0);
        }

        await buffer.SendAsync(connection, "copy copied from stdin (format binary)", default);
        await using var command = new NpgsqlCommand(
            "select text, number, time, list, bytes from copied order by line", connection);
        await using var rows = await command.ExecuteReaderAsync();
        for (var i = 0; i < texts.Length; i++)
        {
            (await rows.ReadAsync()).ShouldBeTrue();
            rows.GetString(0).ShouldBe(texts[i]);
            rows.GetInt64(1).ShouldBe(numbers[i]);
            rows.GetDateTime(2).ShouldBe(times[i]);
            rows.GetFieldValue<string[]>(3).ShouldBe(lists[i]);
            rows.GetString(4).ShouldBe(texts[^(i + 1)]);
        }

        (await rows.ReadAsync()).ShouldBeFalse();
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string statement)
    {
        await using var command = new NpgsqlCommand(statement, connection);
        await command.ExecuteNonQueryAsync();
    }
}
