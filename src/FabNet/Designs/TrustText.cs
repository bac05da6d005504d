// Who published a design, what its licence asks, and what was found about it, as people read it.

using System.Globalization;
using FabNet.Catalogue.Client;
using FabNet.CommandLine;
using FabNet.Model.Designs;
using FabNet.Model.Licensing;
using FabNet.Protocol.Statements;
using Wire = FabNet.Protocol.V1;

namespace FabNet.Designs;

internal static class TrustText
{
    /// <summary>Says who published a design, and compares each with what this user saw before.</summary>
    public static void SayPublishers(CommandConsole console, VerifiedDesign verified)
    {
        if (verified.Publishers.Count == 0)
        {
            console.Say("publisher  nobody signed it");
        }

        var pins = PublisherPins.Open(PublisherFolder.DefaultConfiguration);
        foreach (var publisher in verified.Publishers)
        {
            var pin = pins.See(publisher.Name.Namespace, publisher.Identity, publisher.Sequence);
            console.Say($"publisher  {publisher.Name}  {publisher.DisplayName}, {publisher.Organisation.ToString().ToLowerInvariant()}; {(publisher.RevokedBecause is { } why ? $"REVOKED its key: {why}" : "signature verified")}");
            switch (pin)
            {
                case PinState.FirstSeen:
                    console.Say($"           first seen: '{publisher.Name.Namespace}' means this publisher here from now on");
                    break;
                case PinState.Other:
                    console.Say($"           ANOTHER '{publisher.Name.Namespace}' was seen here before: this is somebody else");
                    break;
            }

            if (publisher.IsDisputed)
            {
                console.Say("           DISPUTED: its chain of keys has branches; somebody else may have a key of it");
            }
        }
    }

    /// <summary>Says what a design's licence asks of whoever makes it.</summary>
    public static void SayObligations(CommandConsole console, Design design)
    {
        foreach (var line in LicenseObligations.Tell(design.License, design.Licensor, design.Repository))
        {
            console.Say($"  asks     {line}");
        }
    }

    /// <summary>Says what holds about a version.</summary>
    public static void Say(CommandConsole console, Wire.DesignReport report)
    {
        if (report.HasStopReason)
        {
            console.Say($"STOP       {report.StopReason}");
        }

        if (report.HasLicenseFault)
        {
            console.Say($"licence    IT CAN'T BE A FORK UNDER ITS LICENCE: {report.LicenseFault}");
        }

        foreach (var publication in report.Publications.Where(p => p.HasYankedBecause))
        {
            console.Say($"yanked     by {publication.Name}: {publication.YankedBecause}");
        }

        foreach (var finding in report.Findings)
        {
            console.Say($"verdict    {finding.Verdict} by {finding.Collection}: {finding.Reason}");
        }

        foreach (var run in report.Runs)
        {
            var each = run.Good == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", {(double)run.Seconds / run.Good / 60:0.#} min for a good one");
            console.Say($"runs       {run.Part} on {run.MachineClass}: {run.Good} of {run.Made} good in {run.Runs} {(run.Runs == 1 ? "run" : "runs")}{each}");
        }

        foreach (var claim in report.Claims)
        {
            console.Say($"claim      {claim.By} made {claim.Quantity}{(claim.HasAmount ? string.Create(CultureInfo.InvariantCulture, $" at {claim.Amount:0.###} {claim.Currency}") : "")}: {(claim.Settled ? "settled" : "open")}  {claim.Id}");
        }

        foreach (var proposal in report.Proposals)
        {
            console.Say($"proposal   {proposal.Id} by {proposal.By}: {proposal.Text}{(proposal.HasAnswer ? $" ({proposal.Answer}{(proposal.Reason.Length > 0 ? $": {proposal.Reason}" : "")})" : "")}");
        }

        foreach (var origin in report.Origins)
        {
            console.Say($"fork of    {Name(origin)}");
        }

        foreach (var fork in report.Forks)
        {
            console.Say($"forked as  {new string(' ', 2 * (fork.Distance - 1))}{Name(fork)}");
        }
    }

    private static string Name(Wire.DesignReport.Types.ForkStep step) => step.Ref is { } known ? $"{known.Name}@{known.Version}  {step.ManifestDigest}" : $"{step.ManifestDigest} (not here)";
}
