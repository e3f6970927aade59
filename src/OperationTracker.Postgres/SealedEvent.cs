using System.Security.Cryptography;
using OperationTracker.Core.Audit;
using OperationTracker.Core.Operations;

namespace OperationTracker.Postgres;

/// <summary>An event to be written, with the hash of all of it that the database does not add.</summary>
/// <param name="Unit">Its stream's number in the flight, from 1.</param>
/// <param name="Content">What is hashed.</param>
/// <param name="Data">Its data.</param>
/// <param name="Headers">Its headers.</param>
/// <param name="Secret">What the salts of the hash are made of.</param>
/// <param name="Hash">The hash.</param>
internal sealed record SealedEvent(
    int Unit, EventContent Content, byte[] Data, byte[] Headers, byte[] Secret, byte[] Hash)
{
    /// <summary>The events of a flight, in the order of units and versions.</summary>
    public static IReadOnlyList<SealedEvent> Of(IReadOnlyList<StreamUnit> units)
    {
        var events = new List<SealedEvent>(units.Count);
        // One call for all of them: each call has its price, whatever it is asked for.
        var secrets = RandomNumberGenerator.GetBytes(
            EventOpenings.SecretLength * units.Sum(unit => unit.Events.Count)).AsSpan();
        for (var i = 0; i < units.Count; i++)
        {
            foreach (var item in units[i].Events)
            {
                events.Add(Of(i + 1, units[i].StreamId, item, secrets[..EventOpenings.SecretLength].ToArray()));
                secrets = secrets[EventOpenings.SecretLength..];
            }
        }

        return events;
    }

    private static SealedEvent Of(int unit, string streamId, NewEvent item, byte[] secret)
    {
        var (data, headers) = (OperationEventTypes.Write(item.Event), item.Metadata.Headers);
        var content = new EventContent(
            streamId, item.Version, Guid.NewGuid(), OperationEventTypes.AliasOf(item.Event),
            OperationEventTypes.DotNetTypeOf(item.Event), data, item.Metadata.CausationId,
            item.Metadata.Source.CorrelationId, item.Metadata.Source.UserName, headers);
        return new SealedEvent(
            unit, content, data, headers, secret, EventSeal.ContentOf(content, EventOpenings.OfSecret(secret)));
    }
}
