using System.Text;
using FabNet.Edge.Configuration;
using FabNet.Edge.Designs;
using FabNet.Edge.Preparing;
using FabNet.Edge.Queue;
using FabNet.Edge.Slicing;
using FabNet.Model;
using FabNet.Model.Designs;
using FabNet.Model.Jobs;
using FabNet.Model.Machines;
using FabNet.Model.Sites;
using FabNet.Protocol.V1;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;
using Job = FabNet.Model.Jobs.Job;
using LoadedMaterial = FabNet.Model.Sites.LoadedMaterial;

namespace FabNet.Tests.Edge;

public sealed class PreparationTests
{
    [Fact(Timeout = 60_000)]
    public async Task A_proven_toolpath_of_the_machine_class_becomes_an_admitted_program_on_disk()
    {
        await using var bench = await PreparationBench.StartAsync();
        var design = bench.Catalogue.PublishToolpath("clip", Bench.Program(20));
        var prepared = Assert.IsType<Prepared>(await bench.PrepareAsync(Bench.Leased(design.Ref)));
        Assert.True(prepared.Program.LineCount > 20);
        Assert.Contains(prepared.Program.Digest.Hex, prepared.Path, StringComparison.Ordinal);
        Assert.True(File.Exists(prepared.Path));
        ProgramFolder.Remove(prepared);
        Assert.False(File.Exists(prepared.Path));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_hot_end_at_400_degrees_is_refused_with_its_line()
    {
        await using var bench = await PreparationBench.StartAsync();
        var design = bench.Catalogue.PublishToolpath("oven", Bench.Program(5, hotEndC: 400));
        var refused = Assert.IsType<Refused>(await bench.PrepareAsync(Bench.Leased(design.Ref)));
        Assert.Contains("line 5", refused.Reason, StringComparison.Ordinal);
        Assert.Contains("400", refused.Reason, StringComparison.Ordinal);
        Assert.False(refused.Everywhere);
        Assert.Empty(Directory.EnumerateFiles(bench.Folder.In("programs")));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_move_outside_the_envelope_is_refused_with_its_line()
    {
        await using var bench = await PreparationBench.StartAsync();
        var design = bench.Catalogue.PublishToolpath("far", "G21\nG90\nG28\nG1 X900 F3000\n");
        var refused = Assert.IsType<Refused>(await bench.PrepareAsync(Bench.Leased(design.Ref)));
        Assert.Contains("line 4", refused.Reason, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_toolpath_of_another_class_and_no_mesh_says_what_is_missing()
    {
        await using var bench = await PreparationBench.StartAsync();
        var design = bench.Catalogue.PublishToolpath("clip", Bench.Program(5), machineClass: "ender-3");
        var refused = Assert.IsType<Refused>(await bench.PrepareAsync(Bench.Leased(design.Ref)));
        Assert.Contains("clip@1.0.0, part clip, has no toolpath for 'prusa-mk3s' and no mesh", refused.Reason, StringComparison.Ordinal);
        Assert.Contains("ender-3", refused.Reason, StringComparison.Ordinal);
        Assert.False(refused.Everywhere);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_design_with_nothing_to_make_it_from_is_refused_everywhere()
    {
        await using var bench = await PreparationBench.StartAsync();
        var design = bench.Catalogue.Publish("words", ("readme.scad", ArtefactKind.Source, "cube(1);"u8.ToArray(), null, null));
        Assert.True(Assert.IsType<Refused>(await bench.PrepareAsync(Bench.Leased(design.Ref))).Everywhere);
        var noPart = Assert.IsType<Refused>(await bench.PrepareAsync(Bench.Leased(design.Ref, part: "lid")));
        Assert.True(noPart.Everywhere);
        Assert.Contains("It has: clip", noPart.Reason, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_material_that_the_machine_does_not_work_is_refused()
    {
        await using var bench = await PreparationBench.StartAsync();
        var design = bench.Catalogue.PublishToolpath("clip", Bench.Program(5));
        var refused = Assert.IsType<Refused>(await bench.PrepareAsync(Bench.Leased(design.Ref, material: "UNOBTAINIUM")));
        Assert.Contains("UNOBTAINIUM", refused.Reason, StringComparison.Ordinal);
        Assert.Contains("PETG", refused.Reason, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_catalogue_that_does_not_answer_postpones()
    {
        await using var bench = await PreparationBench.StartAsync();
        await bench.Catalogue.DisposeAsync();
        Assert.IsType<Postponed>(await bench.PrepareAsync(Bench.Leased(Bench.AnyDesign)));
    }

    [Fact(Timeout = 60_000)]
    public async Task What_was_made_once_is_prepared_again_without_a_network()
    {
        await using var bench = await PreparationBench.StartAsync();
        var design = bench.Catalogue.PublishToolpath("clip", Bench.Program(20));
        var first = Assert.IsType<Prepared>(await bench.PrepareAsync(Bench.Leased(design.Ref)));
        ProgramFolder.Remove(first);
        await bench.Catalogue.DisposeAsync();
        var again = Assert.IsType<Prepared>(await bench.PrepareAsync(Bench.Leased(design.Ref)));
        Assert.Equal(first.Program.Digest, again.Program.Digest);
        Assert.True(File.Exists(again.Path));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_tampered_blob_is_refused_everywhere_and_named()
    {
        await using var bench = await PreparationBench.StartAsync();
        var design = bench.Catalogue.PublishToolpath("clip", Bench.Program(5));
        await bench.Designs.GetAsync(design.Ref, Bench.Token);
        bench.Catalogue.Tampers = true;
        var refused = Assert.IsType<Refused>(await bench.PrepareAsync(Bench.Leased(design.Ref)));
        Assert.True(refused.Everywhere);
        Assert.Contains("clip.gcode of clip@1.0.0", refused.Reason, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Hostile_bytes_instead_of_gcode_are_refused_and_nothing_crashes()
    {
        await using var bench = await PreparationBench.StartAsync();
        var noise = new byte[50_000];
        new Random(5).NextBytes(noise);
        var design = bench.Catalogue.Publish("noise", ("clip.gcode", ArtefactKind.Toolpath, noise, "prusa-mk3s", null));
        Assert.IsType<Refused>(await bench.PrepareAsync(Bench.Leased(design.Ref)));
    }

    [Fact(Timeout = 120_000)]
    public async Task Without_a_toolpath_the_mesh_is_sliced_in_the_material_that_is_loaded()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/prusa-slicer"), "PrusaSlicer is not installed, so slicing was NOT tested: apt install prusa-slicer");
        await using var bench = await PreparationBench.StartAsync();
        var design = bench.Catalogue.PublishMesh("clip", Bench.Box(12, 12, 2));
        var prepared = Assert.IsType<Prepared>(await bench.PrepareAsync(Bench.Leased(design.Ref), new LoadedMaterial("PETG", "white")));
        Assert.Equal("PETG", prepared.Material);
        Assert.Equal(240, prepared.Program.Summary.MaxHotEndC);
        ProgramFolder.Remove(prepared);
    }

    private sealed class PreparationBench : IAsyncDisposable
    {
        private readonly GrpcChannel _channel;
        private readonly PrusaSlicer _slicer;
        private readonly Preparation _preparation;

        private PreparationBench(TestCatalogue catalogue)
        {
            Catalogue = catalogue;
            _channel = GrpcChannel.ForAddress(catalogue.Address);
            Designs = new DesignCache(
                new DesignCatalogue.DesignCatalogueClient(_channel),
                new DesignCacheOptions { Folder = Folder.In("designs"), CatalogueName = "The test catalogue", Retries = 1 },
                TimeProvider.System,
                NullLogger<DesignCache>.Instance);
            _slicer = new PrusaSlicer(new SlicerConfig(), Folder.In("sliced"), 100_000_000, TimeProvider.System, NullLogger<PrusaSlicer>.Instance);
            _preparation = new Preparation(Designs, _slicer, new ProgramFolder(Folder.In("programs"), []));
        }

        public TestFolder Folder { get; } = new();

        public TestCatalogue Catalogue { get; }

        public DesignCache Designs { get; }

        public static async Task<PreparationBench> StartAsync() => new(await TestCatalogue.StartAsync());

        public Task<PreparationOutcome> PrepareAsync(Job job, LoadedMaterial loaded = default) => _preparation.PrepareAsync(new Plate([job]), Bench.Mk3, loaded, Bench.Token);

        public async ValueTask DisposeAsync()
        {
            _channel.Dispose();
            _slicer.Dispose();
            await Catalogue.DisposeAsync();
            Folder.Dispose();
        }
    }
}
