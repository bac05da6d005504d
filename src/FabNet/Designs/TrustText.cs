// Who published a design, what its licence asks, and what was found about it, as people read it.

using System.Globalization;
using System.Text.Json;
using FabNet.Catalogue.Client;
using FabNet.CommandLine;
using FabNet.Model.Designs;
using FabNet.Model.Licensing;
using FabNet.Protocol.Statements;
using Wire = FabNet.Protocol.V1;

namespace FabNet.Designs;

/// <summary>Somebody who surely published a design, and what this user knew of that name.</summary>
/// <param name="Publisher">Who.</param>
/// <param name="Pin">What was seen of it before.</param>
/// <param name="LooksLike">A name seen before that this one may pass for, where it is new; null if there is none.</param>
internal sealed record SeenPublisher(VerifiedPublisher Publisher, PinState Pin, string? LooksLike);

internal static class TrustText
{
    /// <summary>Compares each of those who published a design with what this user saw before, and says who they are.</summary>
    public static IReadOnlyList<SeenPublisher> SayPublishers(CommandConsole console, VerifiedDesign verified)
    {
        if (verified.Publishers.Count == 0)
        {
            console.SayLine("publisher  nobody signed it");
        }

        var pins = PublisherPins.Open(PublisherFolder.DefaultConfiguration);
        var seen = new List<SeenPublisher>();
        foreach (var publisher in verified.Publishers)
        {
            var alike = pins.FindLookAlike(publisher.Name.Namespace);
            var pin = pins.See(publisher.Name.Namespace, publisher.Identity, publisher.Sequence);
            seen.Add(new SeenPublisher(publisher, pin, pin is PinState.FirstSeen ? alike : null));
            Say(console, seen[^1]);
        }

        return seen;
    }

    /// <summary>Writes what holds about a version: who surely published it, and the catalogue's report.</summary>
    public static void Write(Utf8JsonWriter json, DesignRef design, IEnumerable<SeenPublisher> publishers, Wire.DesignReport report)
    {
        json.WriteString("name", design.Name);
        json.WriteString("version", design.Version);
        json.WriteString("manifestDigest", design.Manifest.Value);
        json.WriteStartArray("publishers");
        foreach (var (publisher, pin, alike) in publishers)
        {
            json.WriteStartObject();
            json.WriteString("name", publisher.Name.ToString());
            json.WriteString("identity", publisher.Identity.Value);
            json.WriteString("displayName", publisher.DisplayName);
            json.WriteString("organisation", publisher.Organisation.ToString().ToLowerInvariant());
            json.WriteBoolean("disputed", publisher.IsDisputed);
            json.WriteString("seen", JsonNamingPolicy.KebabCaseLower.ConvertName(pin.ToString()));
            if (alike is not null)
            {
                json.WriteString("looksLike", alike);
            }

            if (publisher.RevokedBecause is { } why)
            {
                json.WriteString("revokedBecause", why);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WritePropertyName("report");
        json.WriteRawValue(CommandConsole.ToJson(report));
    }

    private static void Say(CommandConsole console, SeenPublisher seen)
    {
        var (publisher, pin, alike) = seen;
        console.SayLine($"publisher  {publisher.Name}  {publisher.DisplayName}, {publisher.Organisation.ToString().ToLowerInvariant()}; {(publisher.RevokedBecause is { } why ? $"REVOKED its key: {why}" : "signature verified")}");
        switch (pin)
        {
            case PinState.FirstSeen:
                console.SayLine($"           first seen: '{publisher.Name.Namespace}' means this publisher here from now on");
                break;
            case PinState.Changed:
                console.SayLine($"           CHANGED its keys since it was last seen here; it signed the change itself (its statement {publisher.Sequence}): fabnet catalogue log --kind publisher");
                break;
            case PinState.Other:
                console.SayLine($"           ANOTHER '{publisher.Name.Namespace}' was seen here before: this is somebody else");
                break;
        }

        if (alike is not null)
        {
            console.SayLine($"           LOOKS LIKE '{alike}', which was seen here before: this is somebody else");
        }

        if (publisher.IsDisputed)
        {
            console.SayLine("           DISPUTED: its chain of keys has branches; somebody else may have a key of it");
        }
    }

    /// <summary>Says what a design's licence asks of whoever makes it.</summary>
    public static void SayObligations(CommandConsole console, Design design)
    {
        foreach (var line in LicenseObligations.Tell(design.License, design.Licensor, design.Repository))
        {
            console.SayLine($"  asks     {line}");
        }
    }

    /// <summary>Says what holds about a version.</summary>
    public static void Say(CommandConsole console, Wire.DesignReport report)
    {
        if (report.HasStopReason)
        {
            console.SayLine($"STOP       {report.StopReason}");
        }

        if (report.HasLicenseFault)
        {
            console.Say($"licence    IT CAN'T BE A FORK UNDER ITS LICENCE: {report.LicenseFault}");
        }

        foreach (var publication in report.Publications.Where(p => p.HasYankedBecause))
        {
            console.SayLine($"yanked     by {publication.Name}: {publication.YankedBecause}");
        }

        bool IsOwn(Wire.DesignReport.Types.Finding finding) => finding.Verdict == "validated" && report.Publications.Any(p => p.Name == finding.Maintainer);
        foreach (var finding in report.Findings)
        {
            console.SayLine($"verdict    {finding.Verdict} by {finding.Collection}{(finding.Reason.Length > 0 ? $": {finding.Reason}" : "")}{Evidence(finding)}{(IsOwn(finding) ? " (who published it too: does not count as validated)" : "")}");
        }

        foreach (var run in report.Runs)
        {
            var each = run.Good == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", {(double)run.Seconds / run.Good / 60:0.#} min for a good one");
            console.SayLine($"runs       {run.Part} on {run.MachineClass}: {run.Good} of {run.Made} good ({Percent(run.Good, run.Made)}) in {run.Runs} {(run.Runs == 1 ? "run" : "runs")} of {run.Publishers} {(run.Publishers == 1 ? "publisher" : "publishers")}{each}");
        }

        foreach (var proof in report.Toolpaths)
        {
            console.SayLine($"proven     {(proof.Path.Length > 0 ? proof.Path : proof.Digest)}: {proof.Good} of {proof.Made} good in {proof.Runs} {(proof.Runs == 1 ? "run" : "runs")}");
        }

        foreach (var claim in report.Claims)
        {
            console.SayLine($"claim      {claim.By} for {claim.Quantity}{(claim.HasAmount ? string.Create(CultureInfo.InvariantCulture, $" at {claim.Amount:0.###} {claim.Currency} each") : "")}: {(claim.Settled ? "settled" : "open")}  {claim.Id}");
        }

        foreach (var proposal in report.Proposals)
        {
            console.SayLine($"proposal   {proposal.Id} by {proposal.By}: {proposal.Text}{(proposal.HasAnswer ? $" ({proposal.Answer}{(proposal.Reason.Length > 0 ? $": {proposal.Reason}" : "")})" : "")}");
        }

        foreach (var origin in report.Origins)
        {
            console.SayLine($"fork of    {Name(origin)}");
        }

        foreach (var fork in report.Forks)
        {
            console.SayLine($"forked as  {new string(' ', 2 * (fork.Distance - 1))}{Name(fork)}");
        }
    }

    private static string Evidence(Wire.DesignReport.Types.Finding finding) => finding.Evidence.Count == 0 ? "" : $"; evidence {string.Join(", ", finding.Evidence)}";

    private static string Percent(long good, long made) => string.Create(CultureInfo.InvariantCulture, $"{100.0 * good / made:0} %");

    private static string Name(Wire.DesignReport.Types.ForkStep step) => step.Ref is { } known ? $"{known.Name}@{known.Version}  {step.ManifestDigest}" : $"{step.ManifestDigest} (not here)";
}
