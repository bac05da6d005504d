// What holds, to the wire.

using FabNet.Model.Designs;
using FabNet.Protocol.Statements;
using Wire = FabNet.Protocol.V1.DesignReport.Types;

namespace FabNet.Catalogue.Trust;

/// <summary>Maps the parts of a report.</summary>
internal static class TrustMapping
{
    private const int MaxRunIds = 64;

    public static Wire.Publication ToWire(Publication publication)
    {
        var (publisher, revoked, yanked) = publication;
        var wire = new Wire.Publication
        {
            Publisher = publisher.Identity.Value,
            Name = publisher.Name.ToString(),
            DisplayName = publisher.Current.DisplayName,
            Disputed = publisher.IsDisputed,
        };
        if (revoked is not null)
        {
            wire.RevokedBecause = revoked;
        }

        if (yanked is not null)
        {
            wire.YankedBecause = yanked;
        }

        return wire;
    }

    public static Wire.Finding ToWire(Finding finding)
    {
        var wire = new Wire.Finding
        {
            Id = finding.Id.Value,
            Collection = finding.Collection.Name,
            Maintainer = finding.By.Name.ToString(),
            Verdict = finding.Attestation.Verdict.ToText(),
            Reason = finding.Attestation.Reason,
        };
        wire.Evidence.AddRange(finding.Attestation.Evidence.Select(e => e.Value));
        return wire;
    }

    public static Wire.RunSummary ToWire(RunSummary run) => new()
    {
        Part = run.Part,
        MachineClass = run.MachineClass,
        Runs = run.Runs,
        Publishers = run.Publishers,
        Made = run.Made,
        Good = run.Good,
        Seconds = run.Seconds,
    };

    /// <param name="proof">The runs of a toolpath.</param>
    /// <param name="design">The design whose toolpath it is.</param>
    public static Wire.ToolpathProof ToWire(ToolpathProof proof, Design design)
    {
        var wire = new Wire.ToolpathProof
        {
            Digest = proof.Toolpath.Value,
            Path = design.Parts.SelectMany(p => p.Artefacts).FirstOrDefault(a => a.Kind is ArtefactKind.Toolpath && a.Digest == proof.Toolpath)?.Path ?? "",
            Runs = proof.Runs.Count,
            Made = proof.Made,
            Good = proof.Good,
            Seconds = proof.Seconds,
        };
        wire.RunIds.AddRange(proof.Runs.Take(MaxRunIds).Select(r => r.Value));
        return wire;
    }

    public static Wire.Claim ToWire(OwedClaim owed)
    {
        var wire = new Wire.Claim { Id = owed.Id.Value, By = owed.By.Name.ToString(), Quantity = owed.Claim.Quantity, Settled = owed.IsSettled };
        if (owed.Claim.Rate is { } rate)
        {
            (wire.Amount, wire.Currency) = (rate.Amount, rate.Currency);
        }

        return wire;
    }

    public static Wire.Proposal ToWire(OfferedChange offer)
    {
        var wire = new Wire.Proposal { Id = offer.Id.Value, By = offer.By.Name.ToString(), FromManifest = offer.Proposal.From.Value, Text = offer.Proposal.Text };
        if (offer.Answer is { } answer)
        {
            (wire.Answer, wire.Reason) = (answer.IsTaken ? "taken" : "left", answer.Reason);
        }

        return wire;
    }
}
