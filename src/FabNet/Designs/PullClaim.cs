// CopyFair at a pull: a for-profit publisher that takes a design under a reciprocal licence says so, openly.

using System.Text;
using FabNet.Catalogue.Client;
using FabNet.CommandLine;
using FabNet.Model;
using FabNet.Model.Licensing;
using FabNet.Protocol.Statements;
using Grpc.Core;

namespace FabNet.Designs;

internal static class PullClaim
{
    /// <summary>Records a claim where one is owed. Whoever has no publisher here is a person, and owes nothing.</summary>
    public static async Task RecordAsync(CommandConsole console, CatalogueClient client, VerifiedDesign verified, string? publisher, CancellationToken stop)
    {
        // The files are here: whatever is in the way of a claim, it never makes the pull fail.
        try
        {
            await RecordOwedAsync(console, client, verified, publisher, stop);
        }
        catch (Exception e) when (!stop.IsCancellationRequested && e is CommandFailedException or IOException or RpcException)
        {
            console.SayLine($"claim      not recorded: {(e is RpcException rpc ? rpc.Status.Detail : e.Message)} Pull again to record it.");
        }
    }

    private static async Task RecordOwedAsync(CommandConsole console, CatalogueClient client, VerifiedDesign verified, string? publisher, CancellationToken stop)
    {
        var configuration = PublisherFolder.DefaultConfiguration;
        if (publisher is null && PublisherFolder.Names(configuration).All(n => PublisherFolder.Open(configuration, n).Current.Organisation is not OrganisationKind.Company))
        {
            return;
        }

        LicenseExpression license;
        try
        {
            license = LicenseExpression.Parse(verified.Design.License);
        }
        catch (LicenseSyntaxException)
        {
            return; // What no licence list knows asks for no reciprocity; the text of it was shown.
        }

        if (!Reciprocity.OwesClaim(license, OrganisationKind.Company, isContributor: false))
        {
            return;
        }

        var me = PublisherOption.Open(configuration, publisher);
        await client.Statements.PutChainAsync(me, stop);
        var isContributor = (await client.Statements.PublisherAsync(me.Name.ToString(), stop)).Contributor;
        if (!Reciprocity.OwesClaim(license, me.Current.Organisation, isContributor))
        {
            console.Say($"claim      none: {me.Name} is {(isContributor ? "a contributor to the commons" : $"a {me.Current.Organisation.ToString().ToLowerInvariant()}")}");
            return;
        }

        var claim = new ClaimStatement
        {
            By = me.Author,
            Manifest = verified.Design.Ref.Manifest,
            Quantity = 1,
            Rate = verified.Publishers.Select(p => p.Rate).OfType<ReciprocityRate>().FirstOrDefault(),
            // However often it is pulled, a version is claimed once by a pull; each production is a claim of its own.
            Nonce = Digest.Of(Encoding.UTF8.GetBytes($"pull {me.Identity} {verified.Design.Ref.Manifest}")).Hex[..32],
        };
        var reply = await client.Statements.PutAsync(me, claim, stop);
        console.Say($"claim      recorded{(reply.Added ? "" : " already")} as {reply.Id}: {me.Name} owes {(claim.Rate is { } rate ? FormattableString.Invariant($"{rate.Amount:0.###} {rate.Currency} for each product") : "reciprocity, at a rate to be agreed on")}");
    }
}
