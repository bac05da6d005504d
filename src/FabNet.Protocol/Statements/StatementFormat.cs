// Statements as canonical JSON, and back: one form for each, so that a digest names it.

using System.Text.Json;

namespace FabNet.Protocol.Statements;

/// <summary>
/// Writes and reads the payloads of statements. Reading is strict: every member is checked, members that this version does not know are refused with their path, and so are bytes
/// that <see cref="Write(Statement)"/> would not produce.
/// </summary>
public static partial class StatementFormat
{
    /// <summary>Writes a statement's payload.</summary>
    /// <exception cref="FormatException">It breaks a rule; the message says which member and why.</exception>
    public static byte[] Write(Statement statement)
    {
        if (statement is DesignStatement { Design: var design })
        {
            return DesignManifest.Write(design);
        }

        StatementRules.Check(statement);
        var json = new CanonicalJson();
        json.BeginObject();
        switch (statement)
        {
            case PublisherStatement publisher: Write(json, publisher); break;
            case CollectionStatement collection: Write(json, collection); break;
            case AttestationStatement attestation: Write(json, attestation); break;
            case YankStatement yank: Write(json, yank); break;
            case ProposalStatement proposal: Write(json, proposal); break;
            case ProposalAnswerStatement answer: Write(json, answer); break;
            case RunStatement run: Write(json, run); break;
            case ClaimStatement claim: Write(json, claim); break;
            default: throw new NotSupportedException($"{statement.GetType().Name} has no form.");
        }

        json.EndObject();
        return json.Written.Length <= StatementKinds.MaxBytes ? json.Written.ToArray()
            : throw new FormatException($"The {statement.Kind} has {json.Written.Length} bytes; at most {StatementKinds.MaxBytes} are allowed. Write less in it.");
    }

    /// <summary>Signs a statement.</summary>
    /// <exception cref="FormatException">It breaks a rule.</exception>
    public static Envelope Sign(Statement statement, params IReadOnlyList<SigningKey> keys) => Envelope.Sign(StatementKinds.MediaTypeOf(statement.Kind), Write(statement), keys);

    /// <summary>Reads what an envelope says. Who signed it is another question: <see cref="Envelope.Verify"/>.</summary>
    /// <param name="envelope">The envelope.</param>
    /// <param name="acceptedAt">When this node accepted it; only a design shows that.</param>
    /// <exception cref="FormatException">It is not of the form; the message says what is wrong, and where.</exception>
    public static Statement Read(Envelope envelope, DateTimeOffset acceptedAt = default)
    {
        var kind = StatementKinds.Of(envelope.PayloadType);
        StatementKinds.RequireSize(envelope.PayloadType, envelope.Payload.Length);
        if (kind == StatementKinds.Design)
        {
            return new DesignStatement(DesignManifest.Read(envelope.Payload.Span, acceptedAt));
        }

        Statement statement;
        try
        {
            using var document = JsonDocument.Parse(envelope.Payload, new JsonDocumentOptions { MaxDepth = 4 });
            var root = new ManifestElement(document.RootElement, kind);
            statement = kind switch
            {
                StatementKinds.Publisher => ReadPublisher(root),
                StatementKinds.Collection => ReadCollection(root),
                StatementKinds.Attestation => ReadAttestation(root),
                StatementKinds.Yank => ReadYank(root),
                StatementKinds.Proposal => ReadProposal(root),
                StatementKinds.ProposalAnswer => ReadAnswer(root),
                StatementKinds.Run => ReadRun(root),
                _ => ReadClaim(root),
            };
            if (root["mediaType"].String() != envelope.PayloadType)
            {
                throw new FormatException($"{kind}.mediaType is '{StatementText.Printable(root["mediaType"].String())}', and the envelope calls it {envelope.PayloadType}.");
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new FormatException($"The {kind} is not JSON: {StatementText.Printable(e.Message)}", e);
        }
        catch (FormatException e) when (StatementText.HasInvisible(e.Message))
        {
            throw new FormatException(StatementText.Printable(e.Message), e);
        }

        return Write(statement).AsSpan().SequenceEqual(envelope.Payload.Span) ? statement
            : throw new FormatException($"The {kind} is not canonical: write its members sorted, each once, without blanks, and its lists sorted.");
    }
}
