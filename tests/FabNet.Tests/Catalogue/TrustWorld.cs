// Statements in the hands of a test: made by publishers with keys in memory, verified as a node verifies them, and looked at as a whole.

using System.Globalization;
using FabNet.Catalogue.Trust;
using FabNet.Model;
using FabNet.Model.Designs;
using FabNet.Protocol;
using FabNet.Protocol.Statements;

namespace FabNet.Tests.Catalogue;

internal sealed class TrustWorld
{
    private readonly List<Envelope> _said = [];

    public IReadOnlyList<Envelope> Said => _said;

    public Envelope Say(Envelope envelope)
    {
        _said.Add(envelope);
        return envelope;
    }

    public TestPublisher Publisher(string name)
    {
        var publisher = new TestPublisher(name);
        Say(publisher.Chain[0]);
        return publisher;
    }

    public Digest Design(TestPublisher by, string name, string version = "1.0.0", Digest? forkOf = null, string license = "MIT") => Say(by.Sign(new DesignStatement(
        (SampleDesign.Of(name, version) with { License = license, ForkOf = forkOf is { } origin ? new ForkOrigin(null, new DesignRef("origin", "1.0.0", origin)) : null }).Sealed()))).Id;

    public Digest Collection(TestPublisher owner, params TestPublisher[] maintainers) => Say(owner.Sign(new CollectionStatement
    {
        By = owner.Author, Name = "safe-tools", Title = "Safe tools", Sequence = 1, Maintainers = [.. maintainers.Select(m => m.Identity).OrderBy(d => d.Value, StringComparer.Ordinal)],
    })).Id;

    public Envelope Attest(TestPublisher by, Digest collection, Digest manifest, Verdict verdict, int sequence = 1) =>
        Say(by.Sign(new AttestationStatement { By = by.Author, Collection = collection, Manifest = manifest, Verdict = verdict, Reason = $"It is {verdict}.", Sequence = sequence }));

    public Envelope Yank(TestPublisher by, Digest manifest) => Say(by.Sign(new YankStatement { By = by.Author, Manifest = manifest, Reason = "Wrong file." }));

    public Envelope Run(TestPublisher by, Digest manifest, int made, int good, long seconds, string machine = "prusa-mk3s", int nonce = 0) => Say(by.Sign(new RunStatement
    {
        By = by.Author, Manifest = manifest, Part = "Clip", MachineClass = machine, Seconds = seconds, Made = made, Good = good, Month = "2026-03",
        Nonce = nonce.ToString("x32", CultureInfo.InvariantCulture),
    }));

    /// <summary>What a node has that got these statements in this order.</summary>
    public static Commons Commons(IEnumerable<Envelope> statements, IReadOnlyCollection<string>? heeded = null)
    {
        var all = statements.ToList();
        var keys = all.Select(e => StatementFormat.Read(e)).OfType<PublisherStatement>().SelectMany(p => p.Keys).Distinct().ToList();
        var (table, cursor) = (new StatementTable(), 0);
        foreach (var envelope in all)
        {
            table.Add(new SignedStatement(envelope.Id, StatementFormat.Read(envelope), envelope.Verify(keys)), envelope, ++cursor);
        }

        return new Commons(table, heeded);
    }

    public Commons Commons() => Commons(_said);

    /// <summary>Everything that a set of statements means, as text.</summary>
    public static string Describe(Commons commons, IEnumerable<Envelope> about)
    {
        var lines = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var id in about.Select(e => e.Id).Distinct())
        {
            switch (commons.Statements.Find(id)!.Said.Statement)
            {
                case PublisherStatement { Sequence: 1 }:
                    lines.Add(commons.Publisher(id) is { } p ? $"publisher {id}: {p.Head} {p.IsDisputed} {p.Current.Sequence} {commons.IsContributor(id)}" : $"publisher {id}: none");
                    break;
                case CollectionStatement { Sequence: 1 }:
                    lines.Add($"collection {id}: {commons.Collection(id)?.Head}");
                    break;
                case DesignStatement { Design: var design }:
                    var report = commons.Report(id);
                    lines.Add($"design {id}: {string.Join(' ', report.Standing.Publications.Select(p => $"{p.Publisher.Identity} {p.RevokedBecause} {p.YankedBecause}"))} | {report.Standing.FindStop()} | "
                        + $"{string.Join(' ', report.Standing.Findings.Select(f => f.Id))} | {string.Join(' ', report.Runs)} | {string.Join(' ', report.Claims.Select(c => (c.Id, c.IsSettled)))} | "
                        + $"{string.Join(' ', report.Proposals.Select(o => (o.Id, o.Answer?.Reason)))} | {string.Join(' ', report.Origins)} | {string.Join(' ', report.Forks)} | {Resolved(commons, design.Ref.Name)}");
                    break;
            }
        }

        return string.Join('\n', lines);
    }

    private static string Resolved(Commons commons, string name)
    {
        try
        {
            return commons.Resolve(new DesignName(null, name, null))?.Design.Ref.Manifest.Value ?? "unsigned";
        }
        catch (FabNet.Catalogue.CatalogueException e)
        {
            return e.Message;
        }
    }
}
