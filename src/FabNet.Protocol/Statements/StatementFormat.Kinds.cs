// Each kind of statement, member by member: how it is written, and how it is read.

using FabNet.Model;
using FabNet.Model.Licensing;

namespace FabNet.Protocol.Statements;

public static partial class StatementFormat
{
    private static void Write(CanonicalJson json, PublisherStatement s)
    {
        json.Name("displayName").String(s.DisplayName);
        json.Name("keys").BeginArray();
        foreach (var key in s.Keys)
        {
            json.String(Convert.ToBase64String(key.Info.Span));
        }

        json.EndArray();
        MediaType(json, s);
        json.Name("namespace").String(s.Namespace);
        json.Name("organisation").String(s.Organisation.ToString().ToLowerInvariant());
        IfPresent(json, "previous", s.Previous);
        IfPresent(json, "publisher", s.Publisher);
        WriteRate(json, s.Rate);
        json.Name("revoked").BeginArray();
        foreach (var revoked in s.Revoked)
        {
            json.BeginObject();
            json.Name("key").String(revoked.Key.Value);
            json.Name("reason").String(revoked.Reason);
            json.Name("since").Number(revoked.Since);
            json.EndObject();
        }

        json.EndArray();
        json.Name("sequence").Number(s.Sequence);
    }

    private static PublisherStatement ReadPublisher(ManifestElement json)
    {
        json.RequireMembers("displayName", "keys", "mediaType", "namespace", "organisation", "previous", "publisher", "rate", "revoked", "sequence");
        return new PublisherStatement
        {
            DisplayName = json["displayName"].String(),
            Keys = json["keys"].List(StatementRules.MaxKeys, ReadKey),
            Namespace = json["namespace"].String(),
            Organisation = json["organisation"].OneOf(("person", OrganisationKind.Person), ("cooperative", OrganisationKind.Cooperative), ("nonprofit", OrganisationKind.Nonprofit), ("company", OrganisationKind.Company)),
            Previous = json.Find("previous")?.Digest(),
            Publisher = json.Find("publisher")?.Digest(),
            Rate = ReadRate(json),
            Revoked = json["revoked"].List(StatementRules.MaxRevoked, r =>
            {
                r.RequireMembers("key", "reason", "since");
                return new RevokedKey(r["key"].Digest(), r["reason"].String(), Sequence(r["since"]));
            }),
            Sequence = Sequence(json["sequence"]),
        };
    }

    private static void Write(CanonicalJson json, CollectionStatement s)
    {
        By(json, s);
        IfPresent(json, "collection", s.Collection);
        Digests(json, "maintainers", s.Maintainers);
        MediaType(json, s);
        json.Name("name").String(s.Name);
        IfPresent(json, "previous", s.Previous);
        json.Name("sequence").Number(s.Sequence);
        json.Name("title").String(s.Title);
    }

    private static CollectionStatement ReadCollection(ManifestElement json)
    {
        json.RequireMembers("by", "collection", "maintainers", "mediaType", "name", "previous", "sequence", "title");
        return new CollectionStatement
        {
            By = By(json),
            Collection = json.Find("collection")?.Digest(),
            Maintainers = json["maintainers"].List(StatementRules.MaxMaintainers, m => m.Digest()),
            Name = json["name"].String(),
            Previous = json.Find("previous")?.Digest(),
            Sequence = Sequence(json["sequence"]),
            Title = json["title"].String(),
        };
    }

    private static void Write(CanonicalJson json, AttestationStatement s)
    {
        By(json, s);
        json.Name("collection").String(s.Collection.Value);
        Digests(json, "evidence", s.Evidence);
        MediaType(json, s);
        json.Name("reason").String(s.Reason);
        json.Name("sequence").Number(s.Sequence);
        json.Name("subject").String(s.Manifest.Value);
        json.Name("verdict").String(s.Verdict.ToText());
    }

    private static AttestationStatement ReadAttestation(ManifestElement json)
    {
        json.RequireMembers("by", "collection", "evidence", "mediaType", "reason", "sequence", "subject", "verdict");
        return new AttestationStatement
        {
            By = By(json),
            Collection = json["collection"].Digest(),
            Evidence = json["evidence"].List(StatementRules.MaxEvidence, e => e.Digest()),
            Reason = json["reason"].String(),
            Sequence = Sequence(json["sequence"]),
            Manifest = json["subject"].Digest(),
            Verdict = json["verdict"].OneOf((Verdict.Validated.ToText(), Verdict.Validated), (Verdict.NeedsWork.ToText(), Verdict.NeedsWork), (Verdict.Unsafe.ToText(), Verdict.Unsafe)),
        };
    }

    private static void Write(CanonicalJson json, YankStatement s)
    {
        By(json, s);
        MediaType(json, s);
        json.Name("reason").String(s.Reason);
        json.Name("subject").String(s.Manifest.Value);
    }

    private static YankStatement ReadYank(ManifestElement json)
    {
        json.RequireMembers("by", "mediaType", "reason", "subject");
        return new YankStatement { By = By(json), Reason = json["reason"].String(), Manifest = json["subject"].Digest() };
    }

    private static void Write(CanonicalJson json, ProposalStatement s)
    {
        By(json, s);
        json.Name("from").String(s.From.Value);
        MediaType(json, s);
        json.Name("text").String(s.Text);
        json.Name("to").String(s.To.Value);
    }

    private static ProposalStatement ReadProposal(ManifestElement json)
    {
        json.RequireMembers("by", "from", "mediaType", "text", "to");
        return new ProposalStatement { By = By(json), From = json["from"].Digest(), Text = json["text"].String(), To = json["to"].Digest() };
    }

    private static void Write(CanonicalJson json, ProposalAnswerStatement s)
    {
        json.Name("answer").String(s.IsTaken ? "taken" : "left");
        By(json, s);
        MediaType(json, s);
        json.Name("proposal").String(s.Proposal.Value);
        json.Name("reason").String(s.Reason);
    }

    private static ProposalAnswerStatement ReadAnswer(ManifestElement json)
    {
        json.RequireMembers("answer", "by", "mediaType", "proposal", "reason");
        return new ProposalAnswerStatement
        {
            By = By(json),
            IsTaken = json["answer"].OneOf(("taken", true), ("left", false)),
            Proposal = json["proposal"].Digest(),
            Reason = json["reason"].String(),
        };
    }

    private static void Write(CanonicalJson json, RunStatement s)
    {
        By(json, s);
        json.Name("good").Number(s.Good);
        json.Name("machineClass").String(s.MachineClass);
        json.Name("made").Number(s.Made);
        DesignManifestWriter.WriteText(json, "material", s.Material);
        MediaType(json, s);
        json.Name("month").String(s.Month);
        json.Name("nonce").String(s.Nonce);
        json.Name("part").String(s.Part);
        json.Name("seconds").Number(s.Seconds);
        DesignManifestWriter.WriteTexts(json, "settings", s.Settings);
        json.Name("subject").String(s.Manifest.Value);
        IfPresent(json, "toolpath", s.Toolpath);
    }

    private static RunStatement ReadRun(ManifestElement json)
    {
        json.RequireMembers("by", "good", "machineClass", "made", "material", "mediaType", "month", "nonce", "part", "seconds", "settings", "subject", "toolpath");
        return new RunStatement
        {
            By = By(json),
            Good = checked((int)json["good"].Integer(int.MaxValue)),
            MachineClass = json["machineClass"].String(),
            Made = checked((int)json["made"].Integer(int.MaxValue)),
            Material = json.Find("material")?.String(),
            Month = json["month"].String(),
            Nonce = json["nonce"].String(),
            Part = json["part"].String(),
            Seconds = json["seconds"].Integer(long.MaxValue),
            Settings = json.OptionalTexts("settings", StatementRules.MaxSettings),
            Manifest = json["subject"].Digest(),
            Toolpath = json.Find("toolpath")?.Digest(),
        };
    }

    private static void Write(CanonicalJson json, ClaimStatement s)
    {
        By(json, s);
        MediaType(json, s);
        json.Name("nonce").String(s.Nonce);
        json.Name("quantity").Number(s.Quantity);
        WriteRate(json, s.Rate);
        IfPresent(json, "settles", s.Settles);
        json.Name("state").String(s.Settles is null ? "open" : "settled");
        json.Name("subject").String(s.Manifest.Value);
    }

    private static ClaimStatement ReadClaim(ManifestElement json)
    {
        json.RequireMembers("by", "mediaType", "nonce", "quantity", "rate", "settles", "state", "subject");
        _ = json["state"].OneOf(("open", false), ("settled", true));
        return new ClaimStatement
        {
            By = By(json),
            Nonce = json["nonce"].String(),
            Quantity = checked((int)json["quantity"].Integer(int.MaxValue)),
            Rate = ReadRate(json),
            Settles = json.Find("settles")?.Digest(),
            Manifest = json["subject"].Digest(),
        };
    }

    private static VerifyingKey ReadKey(ManifestElement json)
    {
        try
        {
            return VerifyingKey.Parse(Convert.FromBase64String(json.String()));
        }
        catch (FormatException e)
        {
            throw new FormatException($"{json.Path}: {e.Message}", e);
        }
    }

    private static void WriteRate(CanonicalJson json, ReciprocityRate? rate)
    {
        if (rate is not null)
        {
            json.Name("rate").BeginObject();
            json.Name("amount").Number(rate.Amount);
            json.Name("currency").String(rate.Currency);
            json.EndObject();
        }
    }

    private static ReciprocityRate? ReadRate(ManifestElement json)
    {
        if (json.Find("rate") is not { } rate)
        {
            return null;
        }

        rate.RequireMembers("amount", "currency");
        return new ReciprocityRate(rate["amount"].Double(), rate["currency"].String());
    }

    private static void By(CanonicalJson json, AuthoredStatement statement)
    {
        json.Name("by").BeginObject();
        json.Name("publisher").String(statement.By.Publisher.Value);
        json.Name("sequence").Number(statement.By.Sequence);
        json.EndObject();
    }

    private static Author By(ManifestElement json)
    {
        var by = json["by"];
        by.RequireMembers("publisher", "sequence");
        return new Author(by["publisher"].Digest(), Sequence(by["sequence"]));
    }

    private static void MediaType(CanonicalJson json, Statement statement) => json.Name("mediaType").String(StatementKinds.MediaTypeOf(statement.Kind));

    private static void Digests(CanonicalJson json, string name, IReadOnlyList<Digest> digests)
    {
        json.Name(name).BeginArray();
        foreach (var digest in digests)
        {
            json.String(digest.Value);
        }

        json.EndArray();
    }

    private static void IfPresent(CanonicalJson json, string name, Digest? digest)
    {
        if (digest is { } value)
        {
            json.Name(name).String(value.Value);
        }
    }

    private static int Sequence(ManifestElement json) => checked((int)json.Integer(StatementRules.MaxSequence));
}
