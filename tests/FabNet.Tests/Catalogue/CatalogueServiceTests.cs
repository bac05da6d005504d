// The catalogue over gRPC: publish, find, pull; resumed, verified, and immune to those who say what is not so.

using FabNet.Catalogue.Blobs;
using FabNet.Catalogue.Client;
using FabNet.Catalogue.Designs;
using FabNet.Model;
using FabNet.Model.Licensing;
using FabNet.Protocol;
using FabNet.Protocol.Catalogue;
using FabNet.Protocol.Statements;
using FabNet.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;
using Xunit;

namespace FabNet.Tests.Catalogue;

public sealed class CatalogueServiceTests : IDisposable
{
    private const int Large = 1_500_000;

    private readonly TempFolder _folder = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string Data => Path.Combine(_folder.Path, "data");

    public void Dispose() => _folder.Dispose();

    [Fact(Timeout = 60_000)]
    public async Task An_upload_that_falls_silent_is_ended_and_gone_on_with()
    {
        var (content, time) = ("0123456789"u8.ToArray(), new ManualTimeProvider());
        var blob = new BlobDescriptor { Digest = Digest.Of(content).Value, Size = content.Length };
        await using var server = await CatalogueServer.StartAsync(_folder.Sub("silent"), time: time);
        using (var call = server.Raw.PutBlob(cancellationToken: Stop))
        {
            await call.RequestStream.WriteAsync(new PutBlobRequest { Header = new() { Blob = blob } }, Stop);
            await call.RequestStream.WriteAsync(new PutBlobRequest { Chunk = ByteString.CopyFrom(content.AsSpan(0, 4)) }, Stop);
            while (await ReceivedAsync(server, blob) < 4)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Stop);
            }

            await call.RequestStream.WriteAsync(new PutBlobRequest { Chunk = ByteString.Empty }, Stop);
            time.Advance(TimeSpan.FromSeconds(61));
            var error = await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync);
            Assert.Equal(StatusCode.Unavailable, error.StatusCode);
            Assert.Contains("Nothing came for 60 s", error.Status.Detail, StringComparison.Ordinal);
        }

        using var rest = server.Raw.PutBlob(cancellationToken: Stop);
        await rest.RequestStream.WriteAsync(new PutBlobRequest { Header = new() { Blob = blob, Offset = 4 } }, Stop);
        await rest.RequestStream.WriteAsync(new PutBlobRequest { Chunk = ByteString.CopyFrom(content.AsSpan(4)) }, Stop);
        await rest.RequestStream.CompleteAsync();
        Assert.Equal(content.Length, (await rest).Received);

        static async Task<long> ReceivedAsync(CatalogueServer server, BlobDescriptor blob) =>
            (await server.Raw.FindMissingBlobsAsync(new FindMissingBlobsRequest { Blobs = { blob } }, cancellationToken: Stop)).Missing[0].Received;
    }

    [Fact(Timeout = 60_000)]
    public async Task What_is_published_can_be_found_and_pulled_byte_for_byte()
    {
        await using var server = await CatalogueServer.StartAsync(Data);
        var imported = await Import(extraBytes: Large);
        var reports = new Reports();
        var published = await server.Client.Publisher.PublishAsync(imported, reports, Stop);
        Assert.Equal(imported.Design.Ref, published.Ref);
        Assert.Equal((reports.All[^1].BytesTotal, reports.All[^1].BytesTotal), (reports.All[^1].BytesDone, imported.Design.Blobs().Sum(b => b.Size)));

        var byName = await server.Client.GetAsync("test-box", null, Stop);
        var byDigest = await server.Client.GetAsync(imported.Design.Ref.Manifest, Stop);
        Assert.Equal(imported.Manifest, DesignManifest.Write(byName));
        Assert.Equal(byName.Ref, byDigest.Ref);
        Assert.Equal(published.PublishedAt, byName.PublishedAt);

        var target = _folder.Sub("pulled");
        await server.Client.Puller.PullAsync(byName, target, cancellationToken: Stop);
        Assert.Equal(Files(_folder.Sub("design")), Files(target));

        var summary = Assert.Single(await server.Client.SearchAsync("box pla", cancellationToken: Stop).ToListAsync(Stop));
        Assert.Equal(("Test box", 1, "3DP", imported.Design.Blobs().Sum(b => b.Size)), (summary.Title, summary.PartCount, summary.Processes.Single(), summary.Size));
        Assert.Empty(await server.Client.SearchAsync("nothing", cancellationToken: Stop).ToListAsync(Stop));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_search_takes_filters_and_pages_and_says_what_is_wrong_with_one()
    {
        await using var server = await CatalogueServer.StartAsync(Data);
        await server.Client.Publisher.PublishAsync(await Import(), cancellationToken: Stop);
        async Task<int> CountAsync(string text, DesignFilter filter) => (await server.Client.SearchAsync(text, filter, Stop).ToListAsync(Stop)).Count;
        Assert.Equal(1, await CountAsync("box tset", new() { Process = "3DP", Material = "pla", License = "CERN-OHL-P-2.0", Fits = { new MachineEnvelope { WidthMm = 20, DepthMm = 10, HeightMm = 30 } } }));
        Assert.Equal(0, await CountAsync("test", new() { Fits = { new MachineEnvelope { WidthMm = 20, DepthMm = 10, HeightMm = 29 } } }));
        Assert.Equal(0, await CountAsync("test", new() { ValidatedOnly = true }));
        Assert.Equal(0, await CountAsync("test", new() { Publisher = "alice" }));
        foreach (var wrong in (SearchDesignsRequest[])[
            new() { Text = new string('x', 10_000) }, new() { PageSize = 201 }, new() { PageToken = "x" }, new() { Filter = new() { Material = "" } },
            new() { Filter = new() { Fits = { new MachineEnvelope { WidthMm = -1, DepthMm = 1, HeightMm = 1 } } } }])
        {
            Assert.Equal(StatusCode.InvalidArgument, (await Assert.ThrowsAsync<RpcException>(async () => await server.Raw.SearchDesignsAsync(wrong, cancellationToken: Stop))).StatusCode);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_restart_keeps_everything()
    {
        var imported = await Import();
        DateTimeOffset publishedAt;
        await using (var server = await CatalogueServer.StartAsync(Data))
        {
            publishedAt = (await server.Client.Publisher.PublishAsync(imported, cancellationToken: Stop)).PublishedAt;
        }

        await using var again = await CatalogueServer.StartAsync(Data);
        var design = await again.Client.GetAsync("test-box", "1.0.0", Stop);
        Assert.Equal((imported.Design.Ref, publishedAt), (design.Ref, design.PublishedAt));
    }

    [Fact(Timeout = 60_000)]
    public async Task Publishing_again_changes_nothing_and_another_content_needs_another_version()
    {
        await using var server = await CatalogueServer.StartAsync(Data);
        var imported = await Import();
        var first = await server.Client.Publisher.PublishAsync(imported, cancellationToken: Stop);
        var second = await server.Client.Publisher.PublishAsync(imported, cancellationToken: Stop);
        Assert.Equal((first.Ref, first.PublishedAt), (second.Ref, second.PublishedAt));

        var other = await SampleDesign.InAsync(_folder.Sub("other"), Stop, function: "Is another box.");
        var error = await Assert.ThrowsAsync<RpcException>(() => server.Client.Publisher.PublishAsync(other, cancellationToken: Stop));
        Assert.Equal(StatusCode.AlreadyExists, error.StatusCode);
        Assert.Contains("give yours a new version", error.Status.Detail, StringComparison.Ordinal);

        await server.Client.Publisher.PublishAsync(await SampleDesign.InAsync(_folder.Sub("other"), Stop, "1.10.0", function: "Is another box."), cancellationToken: Stop);
        await server.Client.Publisher.PublishAsync(await SampleDesign.InAsync(_folder.Sub("other"), Stop, "1.9.0", function: "Is a box between."), cancellationToken: Stop);
        Assert.Equal(["1.10.0", "1.9.0", "1.0.0"], (await server.Client.ListVersionsAsync("test-box", Stop)).Select(v => v.Ref.Version));
        Assert.Equal("1.10.0", (await server.Client.GetAsync("test-box", null, Stop)).Ref.Version);
        Assert.Equal("1.10.0", Assert.Single(await server.Client.SearchAsync("", cancellationToken: Stop).ToListAsync(Stop)).Ref.Version);
    }

    [Fact(Timeout = 60_000)]
    public async Task An_upload_that_was_broken_off_goes_on_where_it_stopped()
    {
        var imported = await Import(extraBytes: Large);
        await using (var server = await CatalogueServer.StartAsync(Data))
        {
            using var cut = CancellationTokenSource.CreateLinkedTokenSource(Stop);
            var cutter = new Reports(report =>
            {
                if (report.Path == "large.bin" && report.BytesDone > Large / 2)
                {
                    cut.Cancel();
                }
            });
            var error = await Record.ExceptionAsync(() => server.Client.Publisher.PublishAsync(imported, cutter, cut.Token));
            Assert.True(error is OperationCanceledException or RpcException { StatusCode: StatusCode.Cancelled }, $"{error}");
        }

        await using var again = await CatalogueServer.StartAsync(Data);
        var large = imported.Design.AllArtefacts().First(a => a.Path == "large.bin");
        var state = await again.Raw.FindMissingBlobsAsync(new FindMissingBlobsRequest { Blobs = { new BlobDescriptor { Digest = large.Digest.Value, Size = large.Size } } }, cancellationToken: Stop);
        var received = Assert.Single(state.Missing).Received;
        Assert.InRange(received, 1, large.Size - 1);

        var reports = new Reports();
        await again.Client.Publisher.PublishAsync(imported, reports, Stop);
        var before = imported.Design.Blobs().Sum(b => b.Size) - reports.All[^1].BytesTotal;
        Assert.True(reports.All.First(r => r.Path == "large.bin").BytesDone + before > received);
        await again.Client.Puller.PullAsync(await again.Client.GetAsync("test-box", null, Stop), _folder.Sub("pulled"), cancellationToken: Stop);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_publisher_waits_for_a_catalogue_that_is_away()
    {
        var imported = await Import();
        var port = CatalogueServer.FreePort();
        using var client = CatalogueClient.Connect(new Uri($"http://127.0.0.1:{port}"), publisher: PublisherFolder.Create(_folder.Sub("keys"), "tester", "A test", OrganisationKind.Person));
        var publishing = client.Publisher.PublishAsync(imported, cancellationToken: Stop);
        await using var server = await CatalogueServer.StartAsync(Data, port);
        Assert.Equal(imported.Design.Ref, (await publishing).Ref);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_download_that_was_broken_off_goes_on_where_it_stopped()
    {
        await using var server = await CatalogueServer.StartAsync(Data);
        var design = await server.Client.Publisher.PublishAsync(await Import(extraBytes: Large), cancellationToken: Stop);
        var target = _folder.Sub("pulled");
        using var cut = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var cutter = new Reports(report =>
        {
            if (report.Path == "large.bin")
            {
                cut.Cancel();
            }
        });
        await Assert.ThrowsAnyAsync<Exception>(() => server.Client.Puller.PullAsync(design, target, cutter, cut.Token));
        var partial = Assert.Single(Directory.EnumerateFiles(Path.Combine(target, ".fabnet-partial")));
        var received = new FileInfo(partial).Length;
        Assert.InRange(received, 1, Large - 1);

        var reports = new Reports();
        await server.Client.Puller.PullAsync(design, target, reports, Stop);
        Assert.True(reports.All.First(r => r.Path == "large.bin").BytesDone > received);
        Assert.Equal(Files(_folder.Sub("design")), Files(target));
        Assert.False(Directory.Exists(Path.Combine(target, ".fabnet-partial")));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_wrong_beginning_on_our_own_disk_is_thrown_away_and_pulled_again()
    {
        await using var server = await CatalogueServer.StartAsync(Data);
        var design = await server.Client.Publisher.PublishAsync(await Import(extraBytes: Large), cancellationToken: Stop);
        var large = design.AllArtefacts().First(a => a.Path == "large.bin");
        _folder.Add($"pulled/.fabnet-partial/{large.Digest.Hex}", new byte[1000]);
        await server.Client.Puller.PullAsync(design, _folder.Sub("pulled"), cancellationToken: Stop);
        Assert.Equal(Files(_folder.Sub("design")), Files(_folder.Sub("pulled")));
    }

    [Theory(Timeout = 60_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_blob_that_was_damaged_on_the_catalogues_disk_is_noticed_and_not_put_in_place(bool isCutOff)
    {
        await using var server = await CatalogueServer.StartAsync(Data);
        var imported = await Import(extraBytes: Large);
        var design = await server.Client.Publisher.PublishAsync(imported, cancellationToken: Stop);
        var large = design.AllArtefacts().First(a => a.Path == "large.bin");
        var onDisk = Path.Combine(Data, "blobs", "sha256", large.Digest.Hex[..2], large.Digest.Hex);
        var bytes = await File.ReadAllBytesAsync(onDisk, Stop);
        bytes[Large / 2] ^= 1;
        await File.WriteAllBytesAsync(onDisk, isCutOff ? bytes[..(Large / 2)] : bytes, Stop);

        var error = await Assert.ThrowsAsync<TamperedException>(() => server.Client.Puller.PullAsync(design, _folder.Sub("pulled"), cancellationToken: Stop));
        Assert.Contains(large.Digest.Value, error.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(_folder.Path, "pulled", "large.bin")));

        // A blob of another length is missing again, so publishing repairs it.
        if (isCutOff)
        {
            await server.Client.Publisher.PublishAsync(imported, cancellationToken: Stop);
            await server.Client.Puller.PullAsync(design, _folder.Sub("pulled"), cancellationToken: Stop);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Local_changes_are_not_overwritten_by_a_pull()
    {
        await using var server = await CatalogueServer.StartAsync(Data);
        var design = await server.Client.Publisher.PublishAsync(await Import(), cancellationToken: Stop);
        var target = _folder.Sub("pulled");
        await server.Client.Puller.PullAsync(design, target, cancellationToken: Stop);
        await server.Client.Puller.PullAsync(design, target, cancellationToken: Stop);
        _folder.Add("pulled/okh.toml", "mine");
        await Assert.ThrowsAsync<IOException>(() => server.Client.Puller.PullAsync(design, target, cancellationToken: Stop));
        Assert.Equal("mine", await File.ReadAllTextAsync(Path.Combine(target, "okh.toml"), Stop));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_wrong_digest_is_refused_and_what_was_sent_is_thrown_away()
    {
        await using var server = await CatalogueServer.StartAsync(Data);
        var digest = Digest.Of("right"u8);
        Assert.Equal(StatusCode.InvalidArgument, await Put(server, digest, 5, 0, "wrong"u8.ToArray()));
        Assert.Equal(StatusCode.InvalidArgument, await Put(server, digest, 5, 0, "right and more"u8.ToArray()));
        var missing = await server.Raw.FindMissingBlobsAsync(new FindMissingBlobsRequest { Blobs = { new BlobDescriptor { Digest = digest.Value, Size = 5 } } }, cancellationToken: Stop);
        Assert.Equal(0, Assert.Single(missing.Missing).Received);
        Assert.Equal(StatusCode.OK, await Put(server, digest, 5, 0, "rig"u8.ToArray()));
        Assert.Equal(StatusCode.OutOfRange, await Put(server, digest, 5, 4, "t"u8.ToArray()));
        Assert.Equal(StatusCode.OK, await Put(server, digest, 5, 3, "ht"u8.ToArray()));
        Assert.Empty((await server.Raw.FindMissingBlobsAsync(new FindMissingBlobsRequest { Blobs = { new BlobDescriptor { Digest = digest.Value, Size = 5 } } }, cancellationToken: Stop)).Missing);
    }

    [Fact(Timeout = 60_000)]
    public async Task Uploads_that_break_the_rules_are_refused_with_their_reason()
    {
        await using var server = await CatalogueServer.StartAsync(Data, change: o => o with { MaxBlobBytes = 1_000_000 });
        Assert.Equal(StatusCode.InvalidArgument, await Put(server, new Digest("sha256:../../x"), 5, 0, []));
        Assert.Equal(StatusCode.InvalidArgument, await Put(server, Digest.Of("x"u8), -1, 0, []));
        Assert.Equal(StatusCode.InvalidArgument, await Put(server, Digest.Of("x"u8), 10L << 30, 0, []));
        Assert.Equal(StatusCode.InvalidArgument, await Put(server, Digest.Of("x"u8), 900_000, 0, new byte[300_000]));
        Assert.Equal(StatusCode.OutOfRange, await Put(server, Digest.Of("x"u8), 1, -1, []));

        using var call = server.Raw.PutBlob(cancellationToken: Stop);
        await call.RequestStream.WriteAsync(new PutBlobRequest { Chunk = ByteString.CopyFromUtf8("x") }, Stop);
        await call.RequestStream.CompleteAsync();
        Assert.Equal(StatusCode.InvalidArgument, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync)).StatusCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_full_disk_is_refused_in_clear_words()
    {
        await using var server = await CatalogueServer.StartAsync(Data, change: o => o with { MinFreeBytes = long.MaxValue / 2 });
        var imported = await Import();
        var error = await Assert.ThrowsAsync<RpcException>(() => server.Client.Publisher.PublishAsync(imported, cancellationToken: Stop));
        Assert.Equal(StatusCode.ResourceExhausted, error.StatusCode);
        Assert.Contains("free some space", error.Status.Detail, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Two_who_upload_the_same_blob_do_not_mix_their_bytes()
    {
        await using var server = await CatalogueServer.StartAsync(Data);
        var digest = Digest.Of("right"u8);
        var store = BlobStore.Open(Path.Combine(Data, "blobs"), new() { DataFolder = Data, MinFreeBytes = 0 }, TimeProvider.System);
        await using (await store.BeginUploadAsync(digest, 5, 0, Stop))
        {
            Assert.Equal(StatusCode.Unavailable, await Put(server, digest, 5, 0, "right"u8.ToArray()));
        }

        Assert.Equal(StatusCode.OK, await Put(server, digest, 5, 0, "right"u8.ToArray()));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_manifest_is_refused_without_its_blobs_or_with_a_size_that_is_not_theirs()
    {
        await using var server = await CatalogueServer.StartAsync(Data);
        var imported = await Import();
        var missing = await Assert.ThrowsAsync<RpcException>(() => Publish(server, imported.Manifest));
        Assert.Equal(StatusCode.FailedPrecondition, missing.StatusCode);
        Assert.Contains("Upload them first", missing.Status.Detail, StringComparison.Ordinal);

        await server.Client.Publisher.PublishAsync(imported, cancellationToken: Stop);
        var design = imported.Design;
        var lie = design with
        {
            Ref = design.Ref with { Version = "2.0.0" },
            Files = [.. design.Files.Select(f => f with { Size = f.Size + 1 })],
        };
        Assert.Equal(StatusCode.FailedPrecondition, (await Assert.ThrowsAsync<RpcException>(() => Publish(server, DesignManifest.Write(lie)))).StatusCode);
        Assert.Equal(StatusCode.InvalidArgument, (await Assert.ThrowsAsync<RpcException>(() => Publish(server, "{}"u8.ToArray()))).StatusCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task What_is_not_there_is_said_to_be_not_there()
    {
        await using var server = await CatalogueServer.StartAsync(Data);
        await server.Client.Publisher.PublishAsync(await Import(), cancellationToken: Stop);
        var name = await Assert.ThrowsAsync<RpcException>(() => server.Client.GetAsync("no-such", null, Stop));
        var version = await Assert.ThrowsAsync<RpcException>(() => server.Client.GetAsync("test-box", "9.9", Stop));
        var digest = await Assert.ThrowsAsync<RpcException>(() => server.Client.GetAsync(Digest.Of("x"u8), Stop));
        Assert.All([name, version, digest], e => Assert.Equal(StatusCode.NotFound, e.StatusCode));
        Assert.Contains("It has 1.0.0", version.Status.Detail, StringComparison.Ordinal);
        Assert.Equal(StatusCode.NotFound, (await Assert.ThrowsAsync<RpcException>(() => server.Client.ListVersionsAsync("no-such", Stop))).StatusCode);
        using var call = server.Raw.GetBlob(new GetBlobRequest { Digest = Digest.Of("x"u8).Value }, cancellationToken: Stop);
        Assert.Equal(StatusCode.NotFound, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(Stop))).StatusCode);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(LyingCatalogue.Lie.OtherDesign)]
    [InlineData(LyingCatalogue.Lie.OtherManifest)]
    [InlineData(LyingCatalogue.Lie.OtherBytes)]
    [InlineData(LyingCatalogue.Lie.EndlessBlob)]
    public async Task A_catalogue_that_lies_is_found_out(LyingCatalogue.Lie lie)
    {
        var imported = await Import();
        await using var server = await CatalogueServer.StartAsync(new LyingCatalogue(lie, imported));
        await Assert.ThrowsAsync<TamperedException>(async () =>
            await server.Client.Puller.PullAsync(await server.Client.GetAsync("test-box", "1.0.0", Stop), _folder.Sub("pulled"), cancellationToken: Stop));
        Assert.False(File.Exists(Path.Combine(_folder.Path, "pulled", "box.stl")));
    }

    private Task<ImportedDesign> Import(int extraBytes = 0) => SampleDesign.InAsync(_folder.Sub("design"), Stop, extraBytes: extraBytes);

    // Signs whatever bytes there are, as no honest client would.
    private static async Task<PutStatementReply> Publish(CatalogueServer server, byte[] manifest)
    {
        var publisher = new TestPublisher("liar");
        await server.Client.Statements.PutAsync(publisher.Chain[0], Stop);
        var envelope = FabNet.Protocol.Statements.Envelope.Sign(DesignManifest.MediaType, manifest, publisher.Key);
        return await server.Raw.PutStatementAsync(new PutStatementRequest { Envelope = envelope.ToWire() }, cancellationToken: Stop);
    }

    private static async Task<StatusCode> Put(CatalogueServer server, Digest digest, long size, long offset, byte[] bytes)
    {
        using var call = server.Raw.PutBlob(cancellationToken: Stop);
        try
        {
            await call.RequestStream.WriteAsync(new PutBlobRequest { Header = new() { Blob = new BlobDescriptor { Digest = digest.Value, Size = size }, Offset = offset } }, Stop);
            await call.RequestStream.WriteAsync(new PutBlobRequest { Chunk = ByteString.CopyFrom(bytes) }, Stop);
            await call.RequestStream.CompleteAsync();
        }
        catch (Exception e) when (e is RpcException or InvalidOperationException)
        {
            Assert.False(Stop.IsCancellationRequested);
        }

        return await Record.ExceptionAsync(() => call.ResponseAsync) switch
        {
            null => StatusCode.OK,
            RpcException e => e.StatusCode,
            var e => throw e,
        };
    }

    private static SortedDictionary<string, Digest> Files(string folder) => new(
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).ToDictionary(f => Path.GetRelativePath(folder, f), f => Digest.Of(File.ReadAllBytes(f))), StringComparer.Ordinal);

    /// <summary>Takes reports where they happen, not on some other thread as <see cref="Progress{T}"/> does.</summary>
    private sealed class Reports(Action<TransferProgress>? then = null) : IProgress<TransferProgress>
    {
        public List<TransferProgress> All { get; } = [];

        public void Report(TransferProgress value)
        {
            All.Add(value);
            then?.Invoke(value);
        }
    }
}
