// Whom the making of a design credits: asked of the catalogue once, when it is ordered, and journaled with the order.

using FabNet.Coordinator.State;
using FabNet.Model.Ledger;
using FabNet.Model.Licensing;
using FabNet.Protocol;
using FabNet.Protocol.Statements;
using FabNet.Protocol.V1;
using Design = FabNet.Model.Designs.Design;

namespace FabNet.Coordinator.Orders;

/// <summary>Finds designers and what is owed to them.</summary>
internal static class DesignCredits
{
    private const string Unknown = "unknown";

    /// <summary>What a manifest says by itself: its publisher or licensor, and what it was forked from.</summary>
    public static DesignCredit Of(Design design) => new()
    {
        Chain = design.ForkOf is { } origin ? [Itself(design), new CreditedDesign(origin.Design.Manifest, origin.Publisher?.Short ?? Unknown)] : [Itself(design)],
    };

    /// <summary>What the catalogue knows: the publishers along the whole chain of forks, and what the customer owes.</summary>
    /// <param name="design">Verified.</param>
    /// <param name="report">The catalogue's on it.</param>
    /// <param name="reportOf">Asks for the report on another version; null where the catalogue does not have it.</param>
    /// <param name="publisherOf">Asks for a publisher.</param>
    /// <param name="customer">The publisher who orders; null for a person.</param>
    public static async Task<DesignCredit> AskAsync(
        Design design, DesignReport report, Func<string, Task<DesignReport?>> reportOf, Func<string, Task<Publisher>> publisherOf, Publisher? customer)
    {
        List<CreditedDesign> chain = [new(design.Ref.Manifest, PublisherOf(report) ?? Itself(design).Designer)];
        foreach (var origin in report.Origins.OrderBy(o => o.Distance).Take(ForkCredit.MostDesigns - 1))
        {
            var known = await reportOf(origin.ManifestDigest);
            chain.Add(new(Model.Digest.Parse(origin.ManifestDigest), (known is null ? null : PublisherOf(known)) ?? Unknown));
        }

        return new DesignCredit { Chain = chain, Owes = customer is null ? null : await OwesAsync(design, report, publisherOf, customer) };
    }

    private static async Task<OwedReciprocity?> OwesAsync(Design design, DesignReport report, Func<string, Task<Publisher>> publisherOf, Publisher customer)
    {
        LicenseExpression license;
        try
        {
            license = LicenseExpression.Parse(design.License);
        }
        catch (LicenseSyntaxException)
        {
            return null; // What no licence list knows asks for no reciprocity; its text is shown with the order.
        }

        if (Newest(customer) is not { } who || !Reciprocity.OwesClaim(license, who.Organisation, customer.Contributor))
        {
            return null;
        }

        var rate = PublisherOf(report) is { } designer ? Newest(await publisherOf(designer))?.Rate : null;
        return new OwedReciprocity(design.License, rate is null ? null : Math.Round((decimal)rate.Amount, 2, MidpointRounding.ToEven), rate?.Currency);
    }

    private static CreditedDesign Itself(Design design) => new(design.Ref.Manifest, design.Publisher ?? (design.Licensor.Length > 0 ? design.Licensor : Unknown));

    // Of several who published the same manifest, the one whose name comes first among those that nobody disputes.
    private static string? PublisherOf(DesignReport report) =>
        report.Publications.OrderBy(p => p.Disputed || p.HasRevokedBecause).ThenBy(p => p.Name, StringComparer.Ordinal).Select(p => p.Name).FirstOrDefault(n => n.Length > 0);

    private static PublisherStatement? Newest(Publisher publisher) =>
        publisher.Chain.Select(e => StatementFormat.Read(e.ToModel())).OfType<PublisherStatement>().MaxBy(s => s.Sequence);
}
