using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using OperationTracker.Api;
using OperationTracker.Core.Audit;
using OperationTracker.Core.Bundle;
using OperationTracker.Core.EventStore;
using OperationTracker.Core.History;
using OperationTracker.Core.Json;
using OperationTracker.Core.Operations;
using ServedView = OperationTracker.Core.EventStore.OperationView;

namespace OperationTracker.Cli;

/// <summary>
/// Reads events of a bundle, from its beginning each time, line by line: what a tracker folds to say what an event
/// changed is folded here.
/// </summary>
internal sealed class BundleEvents(string file) : IEventSource
{
    /// <summary>The bundle's events in the order of positions.</summary>
    /// <exception cref="ExitException">The file cannot be read, or is no whole bundle.</exception>
    public static async IAsyncEnumerable<StoredEvent> StoredAsync(
        string file, [EnumeratorCancellation] CancellationToken token)
    {
        await using var lines = BundleReader.LinesAsync(file, BundleParts.Events, token).GetAsyncEnumerator(token);
        while (await TryAsync(file, () => lines.MoveNextAsync().AsTask()))
        {
            var line = lines.Current;
            var item = await TryAsync(file, () =>
            {
                using var json = JsonDocument.Parse(line.Text, new JsonDocumentOptions { MaxDepth = 1000 });
                return Task.FromResult(AuditedEventJson.Read(json.RootElement));
            });
            yield return new StoredEvent(
                item.Seal!.Position, item.StreamId, item.Version, item.Id, item.Type,
                Encoding.UTF8.GetString(item.Data),
                item.Timestamp, item.CausationId, item.CorrelationId, item.UserName,
                item.Headers is null ? null : Encoding.UTF8.GetString(item.Headers));
        }
    }

    public async IAsyncEnumerable<ReportedEvent> OfOperationAsync(
        string operationId, long after, [EnumeratorCancellation] CancellationToken token)
    {
        var state = OperationState.Initial;
        ReadOnlyMemory<byte> before = default;
        await foreach (var item in StoredAsync(file, token))
        {
            if (item.StreamId != operationId) continue;
            state = OperationProjection.ApplyAt(state, item.Version, item.Event);
            var now = state.DocumentVersion == item.Version ? ServedView.Of(state)!.Document : before;
            if (item.Version > after) yield return Reported(item, HistoryEntry.Of(item, before, now).Changed);
            before = now;
        }

        if (state.Version == 0)
            throw new ExitException(ExitCodes.NotFound, $"The bundle holds nothing of {operationId}.");
    }

    public async IAsyncEnumerable<ReportedEvent> OfLogAsync(
        string? from, string? to, [EnumeratorCancellation] CancellationToken token)
    {
        var begin = from is null ? DateTimeOffset.MinValue : EventSourceOptions.ReadInstant("--from", from).Ceiling;
        var end = to is null ? DateTimeOffset.MaxValue : EventSourceOptions.ReadInstant("--to", to).Ceiling;
        await foreach (var item in StoredAsync(file, token))
            if (item.Timestamp >= begin && item.Timestamp < end) yield return Reported(item, null);
    }

    public void Dispose()
    {
    }

    private static async Task<T> TryAsync<T>(string file, Func<Task<T>> read)
    {
        try
        {
            return await read();
        }
        catch (Exception fault) when (fault is InvalidDataException or FormatException or JsonException
            or EndOfStreamException or BundleException)
        {
            throw new ExitException(ExitCodes.Failed, $"{file} is not a whole bundle: {fault.Message}");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new ExitException(ExitCodes.Usage, $"{file} cannot be read: {fault.Message}");
        }
    }

    private static ReportedEvent Reported(StoredEvent item, IReadOnlyList<ChangedPlace>? changed)
    {
        var json = JsonValueText.Write(writer => EventWriter.Write(writer, item, EventOrigin.Of(item), changed));
        return ReportedEvent.Of(JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 1000 }).RootElement);
    }
}
