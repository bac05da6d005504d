// The mapping of envelopes and of designs' names between the wire and the protocol's own form.

using FabNet.Model;
using FabNet.Protocol.Statements;
using Google.Protobuf;
using Wire = FabNet.Protocol.V1;

namespace FabNet.Protocol;

/// <summary>Maps envelopes and names. Reading throws <see cref="FormatException"/> where a peer sent what can't be.</summary>
public static class StatementMapping
{
    /// <summary>An envelope to the wire. Its payload is not copied, so it must not change.</summary>
    public static Wire.Envelope ToWire(this Envelope envelope)
    {
        var wire = new Wire.Envelope { PayloadType = envelope.PayloadType, Payload = UnsafeByteOperations.UnsafeWrap(envelope.Payload) };
        wire.Signatures.AddRange(envelope.Signatures.ToWire());
        return wire;
    }

    /// <summary>Signatures to the wire.</summary>
    public static IEnumerable<Wire.Signature> ToWire(this IEnumerable<EnvelopeSignature> signatures) =>
        signatures.Select(s => new Wire.Signature { KeyId = s.Key.Value, Value = ByteString.CopyFrom(s.Value) });

    /// <summary>An envelope from the wire.</summary>
    /// <exception cref="FormatException">It has no form that an envelope may have.</exception>
    public static Envelope ToModel(this Wire.Envelope? envelope) => envelope is null ? throw new FormatException("There is no envelope.")
        : Envelope.Of(envelope.PayloadType, envelope.Payload.Memory, ToModel(envelope.Signatures));

    /// <summary>The envelope of a published design; null for one that nobody signed.</summary>
    /// <exception cref="FormatException">Its signatures have no form that they may have.</exception>
    public static Envelope? ToEnvelope(this Wire.PublishedDesign published) => published.Signatures.Count == 0 ? null
        : Envelope.Of(StatementKinds.MediaTypeOf(StatementKinds.Design), published.Manifest.Memory, ToModel(published.Signatures));

    /// <summary>The question which design a name means.</summary>
    public static Wire.GetDesignRequest ToRequest(this DesignName name)
    {
        var request = new Wire.GetDesignRequest { Name = name.Name };
        if (name.Version is { } version)
        {
            request.Version = version;
        }

        if (name.Publisher is { } publisher)
        {
            request.Publisher = publisher.ToString();
        }

        return request;
    }

    private static List<EnvelopeSignature> ToModel(IEnumerable<Wire.Signature> signatures) =>
        [.. signatures.Take(Envelope.MaxSignatures + 1).Select(s => new EnvelopeSignature(Digest.Parse(s.KeyId), s.Value.ToByteArray()))];
}
