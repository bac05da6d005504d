// A catalogue on a USB stick: what goes in comes out, and what somebody did to it on the way shows.

using System.Diagnostics;
using System.Formats.Tar;
using System.Text;
using FabNet.Catalogue.Bundles;
using FabNet.Catalogue.Client;
using FabNet.Model;
using FabNet.Model.Designs;
using FabNet.Protocol;
using FabNet.Protocol.Statements;
using FabNet.Protocol.V1;
using Xunit;
using Design = FabNet.Model.Designs.Design;
using Envelope = FabNet.Protocol.Statements.Envelope;

namespace FabNet.Tests.Catalogue;

public sealed class BundleTests : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private FederationNode _from = null!;
    private FederationNode _to = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string File => Path.Combine(_folder.Path, "commons.bundle");

    public async ValueTask InitializeAsync()
    {
        _from = await FederationNode.StartAsync(_folder.Sub("from"));
        _to = await FederationNode.StartAsync(_folder.Sub("to"));
    }

    public async ValueTask DisposeAsync()
    {
        await _from.DisposeAsync();
        await _to.DisposeAsync();
        _folder.Dispose();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_bundle_carries_everything_and_imported_again_changes_nothing()
    {
        var design = await PublishAsync();
        var world = await SayAsync();
        var contents = await _from.Client.Bundles.ExportAsync(File, new FollowScope(), cancellationToken: Stop);
        Assert.Equal((design.Blobs().Count(), 0), ((int)contents.Blobs, contents.LeftOut.Count));
        var import = await ImportAsync(System.IO.File.ReadAllBytes(File));
        Assert.Equal((contents.Statements, contents.Blobs, 0L), (import.Statements, import.Blobs, import.RefusedCount));
        Assert.Equal(FederationNode.Describe(_from.Store), FederationNode.Describe(_to.Store));
        Assert.Empty(_to.Store.MissingBlobs(design));

        var again = await ImportAsync(System.IO.File.ReadAllBytes(File));
        Assert.Equal((0L, contents.Statements, 0L), (again.Statements, again.Known, again.Blobs));
        Assert.NotEmpty(world.Said);
        Assert.Equal(["commons.bundle"], Directory.EnumerateFileSystemEntries(_folder.Path, "commons*").Select(Path.GetFileName));
    }

    [Fact(Timeout = 60_000)]
    public async Task Every_tar_reads_a_bundle()
    {
        var design = await PublishAsync();
        await _from.Client.Bundles.ExportAsync(File, new FollowScope(), cancellationToken: Stop);
        var names = new List<string>();
        await using var archive = System.IO.File.OpenRead(File);
        using var reader = new TarReader(archive);
        while (await reader.GetNextEntryAsync(cancellationToken: Stop) is { } entry)
        {
            names.Add(entry.Name);
            if (entry.Name.StartsWith("blobs/", StringComparison.Ordinal) && entry.Length > 0)
            {
                Assert.Equal($"sha256:{entry.Name.Split('/')[^1]}", (await Digest.OfAsync(entry.DataStream!, Stop)).Value);
            }
        }

        Assert.Equal("fabnet-bundle", names[0]);
        Assert.Equal("fabnet-bundle-end", names[^1]);
        Assert.Equal(design.Blobs().Count(), names.Count(n => n.StartsWith("blobs/sha256/", StringComparison.Ordinal)));
        using var tar = Process.Start(new ProcessStartInfo("tar", ["-tf", File]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        Assert.Equal(names, (await tar.StandardOutput.ReadToEndAsync(Stop)).Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_part_is_carried_with_what_it_builds_on_and_nothing_else()
    {
        var design = await PublishAsync();
        var world = await SayAsync();
        var clip = world.Said.First(e => StatementFormat.Read(e) is DesignStatement).Id;
        await _from.Client.Bundles.ExportAsync(File, new FollowScope { Collection = "carol/safe-tools" }, cancellationToken: Stop);
        await ImportAsync(System.IO.File.ReadAllBytes(File));
        Assert.Equal(
            _from.Store.AskCommons(c => TrustWorld.Describe(c, [c.Statements.Find(clip)!.Envelope])), _to.Store.AskCommons(c => TrustWorld.Describe(c, [c.Statements.Find(clip)!.Envelope])));
        Assert.Null(_to.Store.AskCommons(c => c.Statements.Find(design.Ref.Manifest)));

        var named = new FollowScope { Designs = new ManifestList { ManifestDigests = { design.Ref.Manifest.Value } } };
        var contents = await _from.Client.Bundles.ExportAsync(File, named, cancellationToken: Stop);
        Assert.Equal((2L, 1L, design.Blobs().Count()), (contents.Statements, contents.Designs, (int)contents.Blobs));
        await ImportAsync(System.IO.File.ReadAllBytes(File));
        Assert.Empty(_to.Store.MissingBlobs(design));
    }

    [Fact(Timeout = 120_000)]
    public async Task Cut_off_anywhere_it_says_so_and_the_whole_goes_on_from_there()
    {
        var design = await PublishAsync();
        await SayAsync();
        await _from.Client.Bundles.ExportAsync(File, new FollowScope(), cancellationToken: Stop);
        var bytes = System.IO.File.ReadAllBytes(File);
        foreach (var length in Enumerable.Range(0, 12).Select(i => (int)((long)(bytes.Length - 1600) * i / 12)).Append(bytes.Length - 1600))
        {
            var fault = await Assert.ThrowsAsync<BundleException>(() => ImportAsync(bytes[..length]));
            Assert.Contains("cut off", fault.Message, StringComparison.Ordinal);

            // Nothing is there that is not whole.
            foreach (var stored in _to.Store.Log(0).Where(s => s.Said.Statement is DesignStatement))
            {
                Assert.Empty(_to.Store.MissingBlobs(((DesignStatement)stored.Said.Statement).Design));
            }
        }

        await ImportAsync(bytes);
        Assert.Empty(_to.Store.MissingBlobs(design));
        Assert.Equal(FederationNode.Describe(_from.Store), FederationNode.Describe(_to.Store));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_flipped_bit_never_gets_into_a_catalogue()
    {
        var design = await PublishAsync();
        await SayAsync();
        await _from.Client.Bundles.ExportAsync(File, new FollowScope(), cancellationToken: Stop);
        var bytes = System.IO.File.ReadAllBytes(File);
        var random = new Random(11);
        for (var attempt = 0; attempt < 30; attempt++)
        {
            var damaged = (byte[])bytes.Clone();
            damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
            try
            {
                await ImportAsync(damaged);
            }
            catch (BundleException e)
            {
                Assert.Contains("at byte", e.Message, StringComparison.Ordinal);
            }
        }

        await ImportAsync(bytes);
        Assert.Equal(FederationNode.Describe(_from.Store), FederationNode.Describe(_to.Store));
        Assert.Empty(_to.Store.MissingBlobs(design));
        foreach (var (digest, _) in design.Blobs())
        {
            await using var blob = _to.Store.Blobs.OpenRead(digest);
            Assert.Equal(digest, await Digest.OfAsync(blob, Stop));
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Whatever_else_an_archive_may_hold_is_refused_before_a_byte_of_it_is_kept()
    {
        var alice = new TestPublisher("alice");
        var content = new byte[5000];
        var sample = SampleDesign.Of("clip", parts: "Part");
        var design = alice.Sign(new DesignStatement((sample with
        {
            Parts = [sample.Parts[0] with { Artefacts = [new Artefact { Path = "part.stl", Kind = ArtefactKind.Mesh, MediaType = "model/stl", Digest = Digest.Of(content), Size = content.Length }] }],
        }).Sealed()));
        var blob = ($"blobs/sha256/{Digest.Of(content).Hex}", content);
        (string, byte[])[] chain = [Statement(alice.Chain[0])];
        await RefusedAsync([], "It is no bundle");
        await RefusedAsync([("fabnet-bundle", "2\n"u8.ToArray())], "It is no bundle", isBare: true);
        Assert.Contains("It is no bundle", (await Assert.ThrowsAsync<BundleException>(() => ImportAsync(content))).Message, StringComparison.Ordinal);
        Assert.Contains("It is no bundle", (await Assert.ThrowsAsync<BundleException>(() => ImportAsync("a shopping list"u8.ToArray()))).Message, StringComparison.Ordinal);
        await RefusedAsync([("../../etc/passwd", content)], "is no name that a bundle has");
        await RefusedAsync([("/etc/passwd", content)], "is no name that a bundle has");
        await RefusedAsync([("blobs/sha256/../../../x", content)], "is no name that a bundle has");
        await RefusedAsync([.. chain, Statement(design), ($"blobs/sha256/{Digest.Of("x"u8).Hex}", content)], "is no file of the design before it");
        await RefusedAsync([.. chain, Statement(design), (blob.Item1, content[1..])], "is no file of the design before it");
        await RefusedAsync([.. chain, Statement(design), (blob.Item1, [.. content[1..], 7])], "digest");
        await RefusedAsync([($"statements/{design.Id.Hex}.json", alice.Chain[0].Write())], "holds the statement");
        await RefusedAsync([($"statements/{design.Id.Hex}.json", new byte[Envelope.MaxBytes + 1])], "a statement has at most");
        await RefusedAsync([($"statements/{design.Id.Hex}.json", Encoding.ASCII.GetBytes(new string('[', 100_000)))], "not JSON");
        Assert.Equal([alice.Identity], _to.Store.Log(0).Select(s => s.Said.Id).Distinct());
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(_folder.Path, "to", "blobs"), "*", SearchOption.AllDirectories));

        // Files of a design that is refused, and files that no design names, are passed over unread.
        var forged = design with { Signatures = [design.Signatures[0] with { Value = alice.Chain[0].Signatures[0].Value }] };
        var import = await ImportAsync(Archive([.. chain, Statement(forged), blob, blob, Statement(alice.Chain[0])]));
        Assert.Equal((1L, 2L, 0L), (import.RefusedCount, import.Known, import.Blobs));

        // Twice is once.
        import = await ImportAsync(Archive([.. chain, Statement(design), blob, blob, Statement(design), blob]));
        Assert.Equal((0L, 1L, 1L), (import.RefusedCount, import.Statements, import.Blobs));
    }

    [Theory(Timeout = 60_000)]
    [InlineData(TarEntryType.SymbolicLink)]
    [InlineData(TarEntryType.HardLink)]
    [InlineData(TarEntryType.Directory)]
    [InlineData(TarEntryType.CharacterDevice)]
    public async Task Links_folders_and_devices_are_refused(TarEntryType type)
    {
        var archive = new MemoryStream();
        await using (var writer = new TarWriter(archive, TarEntryFormat.Ustar, leaveOpen: true))
        {
            await writer.WriteEntryAsync(new UstarTarEntry(TarEntryType.RegularFile, "fabnet-bundle") { DataStream = new MemoryStream("1\n"u8.ToArray()) }, Stop);
            var entry = new UstarTarEntry(type, "statements/x");
            if (type is TarEntryType.SymbolicLink or TarEntryType.HardLink)
            {
                entry.LinkName = "/etc/passwd";
            }

            await writer.WriteEntryAsync(entry, Stop);
        }

        var fault = await Assert.ThrowsAsync<BundleException>(() => ImportAsync(archive.ToArray()));
        Assert.Contains("is no plain file", fault.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_long_header_that_claims_gigabytes_is_refused_by_its_type()
    {
        var header = new BundleEntry("./PaxHeaders/x", 1L << 33).Write();
        header[156] = (byte)'x';
        header[154] = (byte)' ';
        Encoding.ASCII.GetBytes(Convert.ToString(header.Index().Sum(b => b.Index is >= 148 and < 156 ? ' ' : b.Item), 8).PadLeft(6, '0')).CopyTo(header, 148);
        var fault = await Assert.ThrowsAsync<BundleException>(() => ImportAsync([.. Archive([])[..1024], .. header]));
        Assert.Contains("is no plain file", fault.Message, StringComparison.Ordinal);
        Assert.Equal(1L << 33, BundleEntry.Read(new BundleEntry("x", 1L << 33).Write())!.Size);
    }

    private static (string Name, byte[] Content) Statement(Envelope envelope) => ($"statements/{envelope.Id.Hex}.json", envelope.Write());

    private static byte[] Archive((string Name, byte[] Content)[] files, bool isBare = false)
    {
        var archive = new MemoryStream();
        (string Name, byte[] Content)[] all = isBare ? files : [("fabnet-bundle", "1\n"u8.ToArray()), .. files, ("fabnet-bundle-end", Encoding.ASCII.GetBytes($"{files.Length}\n"))];
        foreach (var (name, content) in all)
        {
            var entry = new BundleEntry(name, content.Length);
            archive.Write(entry.Write());
            archive.Write(content);
            archive.Write(new byte[entry.Padding]);
        }

        archive.Write(new byte[1024]);
        return archive.ToArray();
    }

    private async Task RefusedAsync((string Name, byte[] Content)[] files, string says, bool isBare = false)
    {
        var fault = await Assert.ThrowsAsync<BundleException>(() => ImportAsync(files.Length == 0 ? new byte[2048].Append((byte)1).ToArray() : Archive(files, isBare)));
        Assert.Contains(files.Length == 0 ? "cut off" : says, fault.Message, StringComparison.Ordinal);
    }

    private async Task<BundleImport> ImportAsync(byte[] archive) => await _to.Client.Bundles.ImportAsync(new MemoryStream(archive), cancellationToken: Stop);

    private async Task<Design> PublishAsync()
    {
        var imported = await SampleDesign.InAsync(_folder.Sub("design"), Stop, extraBytes: 20_000);
        using var client = CatalogueClient.Connect(_from.Address, publisher: PublisherFolder.Create(_folder.Sub("keys"), "tester", "A test", FabNet.Model.Licensing.OrganisationKind.Person));
        return await client.Publisher.PublishAsync(imported, cancellationToken: Stop);
    }

    private async Task<TrustWorld> SayAsync()
    {
        var world = new TrustWorld();
        var (alice, carol) = (world.Publisher("alice"), world.Publisher("carol"));
        var clip = world.Design(alice, "clip");
        var collection = world.Collection(carol, alice);
        world.Attest(alice, collection, clip, Verdict.Validated);
        world.Attest(carol, collection, clip, Verdict.NeedsWork, 2);
        await _from.PutAsync(world.Said);

        // A key that was revoked since: another node took what it signed before.
        await _from.PutAsync(world.Say(alice.RevokeKey(since: 1)));
        return world;
    }
}
