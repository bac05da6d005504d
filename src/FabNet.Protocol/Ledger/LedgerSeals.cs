// What stands around the entries: the head line with the node's key, and the signed checkpoints.

using FabNet.Model;
using FabNet.Protocol.Statements;

namespace FabNet.Protocol.Ledger;

/// <summary>The first line of a ledger: the JSON-LD context, the form's version, and the key that signs it. The first entry names its digest.</summary>
/// <param name="Key">The node's public key.</param>
public sealed record LedgerHead(VerifyingKey Key)
{
    /// <summary>The bytes of the line.</summary>
    public byte[] Write()
    {
        // Names without a colon are ValueFlows' own; what entries name is relative to this ledger, so that two ledgers never mean the same thing by "order/o-1".
        var context = new LedgerMembers()
            .Text("@base", $"fabnet-ledger://{Key.Id.Short}/")
            .Text("@vocab", "https://w3id.org/valueflows/ont/vf#")
            .Text("fabnet", "urn:fabnet:ledger#")
            .Text("om2", "http://www.ontology-of-units-of-measure.org/resource/om-2/")
            .Text("xsd", "http://www.w3.org/2001/XMLSchema#")
            .Object("action", new LedgerMembers().Text("@type", "@vocab"))
            .Object("hasNumericalValue", new LedgerMembers().Text("@type", "xsd:decimal"));
        foreach (var moment in (ReadOnlySpan<string>)["created", "due", "hasPointInTime"])
        {
            context.Object(moment, new LedgerMembers().Text("@type", "xsd:dateTime"));
        }

        foreach (var thing in (ReadOnlySpan<string>)
        [
            "agreedIn", "fulfills", "hasUnit", "inputOf", "outputOf", "provider", "receiver", "resourceConformsTo", "resourceInventoriedAs", "settles", "toLocation", "triggeredBy",
        ])
        {
            context.Object(thing, new LedgerMembers().Text("@type", "@id"));
        }

        return new LedgerMembers()
            .Object("@context", context)
            .Text("@type", "fabnet:Ledger")
            .Text("fabnet:key", Convert.ToBase64String(Key.Info.Span))
            .Whole("fabnet:version", 1)
            .ToBytes();
    }

    /// <summary>Reads the line.</summary>
    /// <exception cref="FormatException">It is not exactly what <see cref="Write"/> writes.</exception>
    public static LedgerHead Read(ReadOnlyMemory<byte> line) => LedgerFormat.Open(line, (type, root) =>
    {
        if (type != "fabnet:Ledger" || root["fabnet:version"].Integer(int.MaxValue) != 1)
        {
            throw new FormatException("The first line is not the head of a ledger of version 1. Export it again with: fabnet ledger export");
        }

        var head = new LedgerHead(VerifyingKey.Parse(LedgerCheckpoint.Base64(root["fabnet:key"])));
        LedgerFormat.RequireCanonical(line.Span, head.Write(), root);
        return head;
    });
}

/// <summary>The node's word that its ledger had these entries.</summary>
/// <param name="Entries">How many.</param>
/// <param name="Last">The digest of the last of them.</param>
/// <param name="Signature">ASN.1 DER, over DSSE's pre-authentication encoding of <see cref="MediaType"/> and <see cref="Payload"/>.</param>
public sealed record LedgerCheckpoint(long Entries, Digest Last, byte[] Signature)
{
    /// <summary>What is signed, as DSSE names it.</summary>
    public const string MediaType = "application/vnd.fabnet.ledger-checkpoint.v1+json";

    /// <summary>Signs a checkpoint.</summary>
    public static LedgerCheckpoint Sign(long entries, Digest last, SigningKey key) => new(entries, last, key.Sign(Envelope.PreAuthenticationEncoding(MediaType, Payload(entries, last))));

    /// <summary>What is signed.</summary>
    public static byte[] Payload(long entries, Digest last) => new LedgerMembers().Whole("entries", entries).Text("last", last.Value).ToBytes();

    /// <summary>True if a key signed it.</summary>
    public bool IsSignedBy(VerifyingKey key) => key.Verifies(Envelope.PreAuthenticationEncoding(MediaType, Payload(Entries, Last)), Signature);

    /// <summary>The bytes of the line.</summary>
    public byte[] Write() => new LedgerMembers()
        .Text("@type", "fabnet:Checkpoint").Whole("fabnet:entries", Entries).Text("fabnet:last", Last.Value).Text("fabnet:signature", Convert.ToBase64String(Signature)).ToBytes();

    /// <summary>Reads the line.</summary>
    /// <exception cref="FormatException">It is not exactly what <see cref="Write"/> writes.</exception>
    public static LedgerCheckpoint Read(ReadOnlyMemory<byte> line) => LedgerFormat.Open(line, (_, root) =>
    {
        var checkpoint = new LedgerCheckpoint(root["fabnet:entries"].Integer(long.MaxValue), root["fabnet:last"].Digest(), Base64(root["fabnet:signature"]));
        LedgerFormat.RequireCanonical(line.Span, checkpoint.Write(), root);
        return checkpoint;
    });

    /// <summary>True if a line is a checkpoint and no entry.</summary>
    public static bool Is(ReadOnlySpan<byte> line) => line.StartsWith("""{"@type":"fabnet:Checkpoint","""u8);

    internal static byte[] Base64(ManifestElement element)
    {
        var buffer = new byte[VerifyingKey.Size + Envelope.MaxSignatureBytes];
        return Convert.TryFromBase64String(element.String(), buffer, out var length) ? buffer[..length] : throw new FormatException($"{element.Path} is not base64 of a key or a signature.");
    }
}
