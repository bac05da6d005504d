// What every statement keeps to beyond its form, checked by whoever writes or reads one.

using FabNet.Model;

namespace FabNet.Protocol.Statements;

/// <summary>The rules of statements. Each refusal names the member, what is wrong, and what is right.</summary>
internal static class StatementRules
{
    public const int MaxKeys = 8;

    public const int MaxRevoked = 64;

    public const int MaxMaintainers = 256;

    public const int MaxEvidence = 64;

    public const int MaxSettings = 64;

    /// <summary>The highest sequence that a chain may reach.</summary>
    public const int MaxSequence = 1_000_000_000;

    /// <exception cref="FormatException">A rule is broken.</exception>
    public static void Check(Statement statement)
    {
        if (statement is AuthoredStatement { By: var by })
        {
            StatementText.RequireRange(by.Sequence, 1, MaxSequence, $"{statement.Kind}.by.sequence");
        }

        switch (statement)
        {
            case PublisherStatement publisher: Check(publisher); break;
            case CollectionStatement collection: Check(collection); break;
            case AttestationStatement attestation: Check(attestation); break;
            case YankStatement yank: StatementText.Require(yank.Reason, "yank.reason", StatementText.MaxReason); break;
            case ProposalStatement proposal: Check(proposal); break;
            case ProposalAnswerStatement answer: StatementText.Require(answer.Reason, "proposal-answer.reason", StatementText.MaxReason, isRequired: !answer.IsTaken); break;
            case RunStatement run: Check(run); break;
            case ClaimStatement claim: Check(claim); break;
        }
    }

    private static void Check(PublisherStatement s)
    {
        StatementText.RequireName(s.Namespace, "publisher.namespace");
        StatementText.RequireLine(s.DisplayName, "publisher.displayName", StatementText.MaxName);
        StatementText.RequireCount(s.Keys.Count, 1, MaxKeys, "publisher.keys");
        StatementText.RequireCount(s.Revoked.Count, 0, MaxRevoked, "publisher.revoked");
        RequireSorted(s.Keys.Select(k => k.Id), "publisher.keys");
        RequireSorted(s.Revoked.Select(r => r.Key), "publisher.revoked");
        CheckChain(s.Sequence, s.Previous, s.Publisher, "publisher", "publisher");
        CheckRate(s.Rate, "publisher.rate");
        foreach (var revoked in s.Revoked)
        {
            StatementText.Require(revoked.Reason, "publisher.revoked.reason", StatementText.MaxReason);
            StatementText.RequireRange(revoked.Since, 1, s.Sequence, "publisher.revoked.since");
            if (s.Keys.Any(k => k.Id == revoked.Key))
            {
                throw new FormatException($"publisher.keys has the key {revoked.Key.Short}, which publisher.revoked has too. A revoked key never comes back: make a new one.");
            }
        }
    }

    private static void Check(CollectionStatement s)
    {
        StatementText.RequireName(s.Name, "collection.name");
        StatementText.RequireLine(s.Title, "collection.title", StatementText.MaxName);
        StatementText.RequireCount(s.Maintainers.Count, 0, MaxMaintainers, "collection.maintainers");
        RequireSorted(s.Maintainers, "collection.maintainers");
        CheckChain(s.Sequence, s.Previous, s.Collection, "collection", "collection");
    }

    private static void Check(AttestationStatement s)
    {
        StatementText.Require(s.Reason, "attestation.reason", StatementText.MaxReason, isRequired: s.Verdict is not Verdict.Validated || s.Evidence.Count == 0);
        StatementText.RequireCount(s.Evidence.Count, 0, MaxEvidence, "attestation.evidence");
        RequireSorted(s.Evidence, "attestation.evidence");
        StatementText.RequireRange(s.Sequence, 1, MaxSequence, "attestation.sequence");
    }

    private static void Check(ProposalStatement s)
    {
        StatementText.Require(s.Text, "proposal.text", StatementText.MaxReason);
        if (s.From == s.To)
        {
            throw new FormatException("proposal.from is proposal.to: a design is not offered to itself.");
        }
    }

    private static void Check(RunStatement s)
    {
        StatementText.RequireLine(s.Part, "run.part", StatementText.MaxName);
        StatementText.RequireMatch(s.MachineClass, StatementText.Word(), "run.machineClass", "a machine profile's name, such as prusa-mk3s");
        StatementText.RequireMatch(s.Month, StatementText.Month(), "run.month", "a year and a month, such as 2026-03");
        StatementText.RequireMatch(s.Nonce, StatementText.Nonce(), "run.nonce", "32 hexadecimal digits");
        StatementText.RequireRange(s.Made, 1, 100_000, "run.made");
        StatementText.RequireRange(s.Good, 0, s.Made, "run.good");
        StatementText.RequireRange(s.Seconds, 0, 100_000_000, "run.seconds");
        StatementText.RequireCount(s.Settings.Count, 0, MaxSettings, "run.settings");
        if (s.Material is not null)
        {
            StatementText.RequireLine(s.Material, "run.material", 64);
        }

        foreach (var (name, value) in s.Settings)
        {
            StatementText.RequireMatch(name, StatementText.Word(), "run.settings", "names such as layer-height");
            StatementText.RequireLine(value, $"run.settings.{name}", StatementText.MaxName);
        }
    }

    private static void Check(ClaimStatement s)
    {
        StatementText.RequireRange(s.Quantity, 1, 1_000_000, "claim.quantity");
        StatementText.RequireMatch(s.Nonce, StatementText.Nonce(), "claim.nonce", "32 hexadecimal digits");
        CheckRate(s.Rate, "claim.rate");
    }

    private static void CheckChain(int sequence, Digest? previous, Digest? root, string kind, string member)
    {
        StatementText.RequireRange(sequence, 1, MaxSequence, $"{kind}.sequence");
        if (sequence == 1 != (previous is null) || sequence == 1 != (root is null))
        {
            throw new FormatException($"{kind}.previous and {kind}.{member} stand in every statement of a chain but its first, whose sequence is 1; here the sequence is {sequence}.");
        }
    }

    private static void CheckRate(ReciprocityRate? rate, string path)
    {
        if (rate is not null)
        {
            _ = CanonicalJson.RoundToThousandths(rate.Amount);
            StatementText.RequireMatch(rate.Currency, StatementText.Currency(), $"{path}.currency", "three capital letters, such as EUR");
        }
    }

    private static void RequireSorted(IEnumerable<Digest> digests, string path)
    {
        string? last = null;
        foreach (var digest in digests)
        {
            if (!Digest.TryParse(digest.Value, out _))
            {
                throw new FormatException($"{path} has '{StatementText.Printable(digest.Value)}' in it, which is not sha256: and 64 hexadecimal digits.");
            }

            if (string.CompareOrdinal(last, digest.Value) >= 0)
            {
                throw new FormatException($"{path} is not sorted, or has {digest.Short} twice.");
            }

            last = digest.Value;
        }
    }
}
