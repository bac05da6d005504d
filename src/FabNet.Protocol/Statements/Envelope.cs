// A DSSE envelope: a payload, what it is, and who signed it.

using System.Globalization;
using System.Text;
using System.Text.Json;
using FabNet.Model;

namespace FabNet.Protocol.Statements;

/// <summary>One signature of an envelope.</summary>
/// <param name="Key">The id of the key: a hint until the signature was verified with it.</param>
/// <param name="Value">ASN.1 DER, at most <see cref="Envelope.MaxSignatureBytes"/>.</param>
public sealed record EnvelopeSignature(Digest Key, byte[] Value);

/// <summary>
/// A Dead Simple Signing Envelope, version 1. What is signed is the pre-authentication encoding of type and payload, so that neither can be taken for another. The
/// envelope has no identity of its own: the payload's digest names what is said, and two envelopes of one payload are one statement with more signatures.
/// </summary>
public sealed record Envelope
{
    /// <summary>The most signatures of one envelope.</summary>
    public const int MaxSignatures = 16;

    /// <summary>The most bytes of a signature: two integers of 33 bytes in DER are 72.</summary>
    public const int MaxSignatureBytes = 72;

    /// <summary>The most bytes of an envelope's JSON: a manifest of 4 MiB in base64, and what stands around it.</summary>
    public const int MaxBytes = (DesignManifest.MaxBytes / 3 * 4) + (16 * 1024);

    /// <summary>The media type of the payload, such as <c>application/vnd.fabnet.yank.v1+json</c>.</summary>
    public required string PayloadType { get; init; }

    /// <summary>What is said.</summary>
    public required ReadOnlyMemory<byte> Payload { get; init; }

    /// <summary>Who says it; sorted by key, each key once.</summary>
    public required IReadOnlyList<EnvelopeSignature> Signatures { get; init; }

    /// <summary>The payload's digest: the statement's id.</summary>
    public Digest Id => Digest.Of(Payload.Span);

    /// <summary>Signs a payload.</summary>
    public static Envelope Sign(string payloadType, ReadOnlyMemory<byte> payload, params IReadOnlyList<SigningKey> keys)
    {
        var encoding = PreAuthenticationEncoding(payloadType, payload.Span);
        return new Envelope
        {
            PayloadType = payloadType,
            Payload = payload,
            Signatures = Sorted(keys.Select(k => new EnvelopeSignature(k.Public.Id, k.Sign(encoding)))),
        };
    }

    /// <summary>DSSE's PAE: <c>DSSEv1</c>, then type and payload, each with its length in bytes before it, with single blanks between.</summary>
    public static byte[] PreAuthenticationEncoding(string payloadType, ReadOnlySpan<byte> payload)
    {
        var type = Encoding.UTF8.GetByteCount(payloadType);
        var head = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"DSSEv1 {type} {payloadType} {payload.Length} "));
        var encoding = new byte[head.Length + payload.Length];
        head.CopyTo(encoding, 0);
        payload.CopyTo(encoding.AsSpan(head.Length));
        return encoding;
    }

    /// <summary>The ids of those keys that signed this, each verified. A signature by a key that is not among them says nothing; one that is wrong breaks the envelope.</summary>
    /// <param name="keys">The keys that may have signed.</param>
    /// <exception cref="FormatException">A signature names one of the keys, and that key did not make it.</exception>
    public IReadOnlySet<Digest> Verify(IEnumerable<VerifyingKey> keys)
    {
        var verified = new HashSet<Digest>();
        byte[]? encoding = null;
        foreach (var key in keys)
        {
            foreach (var signature in Signatures)
            {
                if (signature.Key == key.Id)
                {
                    encoding ??= PreAuthenticationEncoding(PayloadType, Payload.Span);
                    verified.Add(key.Verifies(encoding, signature.Value) ? key.Id
                        : throw new FormatException($"The signature by {key.Id.Short} on {Id.Short} is wrong: the statement was changed after it was signed. Don't use it; get it from another node."));
                }
            }
        }

        return verified;
    }

    /// <summary>Writes the envelope as canonical JSON.</summary>
    public byte[] Write()
    {
        var json = new CanonicalJson();
        json.BeginObject();
        json.Name("payload").String(Convert.ToBase64String(Payload.Span));
        json.Name("payloadType").String(PayloadType);
        json.Name("signatures").BeginArray();
        foreach (var signature in Signatures)
        {
            json.BeginObject();
            json.Name("keyid").String(signature.Key.Value);
            json.Name("sig").String(Convert.ToBase64String(signature.Value));
            json.EndObject();
        }

        json.EndArray();
        json.EndObject();
        return json.Written.ToArray();
    }

    /// <summary>Reads an envelope. Blanks and the order of members are free; anything that is not of the form is refused.</summary>
    /// <exception cref="FormatException">The message says what is wrong, and at which member.</exception>
    public static Envelope Read(ReadOnlyMemory<byte> json)
    {
        if (json.Length > MaxBytes)
        {
            throw new FormatException($"The envelope has {json.Length} bytes; at most {MaxBytes} are read.");
        }

        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 4 });
            var root = new ManifestElement(document.RootElement, "envelope");
            root.RequireMembers("payload", "payloadType", "signatures");
            return Of(
                root["payloadType"].String(),
                Base64(root["payload"]),
                root["signatures"].List(MaxSignatures, s =>
                {
                    s.RequireMembers("keyid", "sig");
                    return new EnvelopeSignature(s["keyid"].Digest(), Base64(s["sig"]));
                }));
        }
        catch (JsonException e)
        {
            throw new FormatException($"The envelope is not JSON: {StatementText.Printable(e.Message)}", e);
        }
        catch (FormatException e) when (StatementText.HasInvisible(e.Message))
        {
            throw new FormatException(StatementText.Printable(e.Message), e);
        }
    }

    /// <summary>An envelope of its parts, as another form of it brought them.</summary>
    /// <exception cref="FormatException">They are more, longer or others than an envelope may have.</exception>
    public static Envelope Of(string payloadType, ReadOnlyMemory<byte> payload, IReadOnlyList<EnvelopeSignature> signatures)
    {
        if (signatures.Count is 0 or > MaxSignatures || signatures.DistinctBy(s => s.Key).Count() != signatures.Count)
        {
            throw new FormatException($"envelope.signatures has {signatures.Count} elements; it must have 1 to {MaxSignatures}, each by another key.");
        }

        if (signatures.FirstOrDefault(s => s.Value.Length is 0 or > MaxSignatureBytes) is { } odd)
        {
            throw new FormatException($"envelope.signatures: the one by {odd.Key.Short} has {odd.Value.Length} bytes; an ECDSA signature on P-256 has at most {MaxSignatureBytes}.");
        }

        StatementKinds.RequireSize(payloadType, payload.Length);
        return new Envelope { PayloadType = payloadType, Payload = payload, Signatures = Sorted(signatures) };
    }

    /// <summary>This envelope with the signatures of another of the same payload added, as far as one may have so many: strangers who sign a statement too can't make it unreadable.</summary>
    public Envelope With(Envelope other) => PayloadType == other.PayloadType && Id == other.Id
        ? Of(PayloadType, Payload, [.. Signatures.Concat(other.Signatures).DistinctBy(s => s.Key).Take(MaxSignatures)])
        : throw new ArgumentException("The envelopes have different payloads.", nameof(other));

    private static IReadOnlyList<EnvelopeSignature> Sorted(IEnumerable<EnvelopeSignature> signatures) => [.. signatures.OrderBy(s => s.Key.Value, StringComparer.Ordinal)];

    private static byte[] Base64(ManifestElement element) =>
        element.Json.ValueKind is JsonValueKind.String && element.Json.TryGetBytesFromBase64(out var bytes) ? bytes : throw new FormatException($"{element.Path} is not base64.");
}
