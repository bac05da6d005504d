// Real open designs, as others published them: into a catalogue and out of it again, byte for byte.

using FabNet.SystemTests.Running;

namespace FabNet.SystemTests;

[Collection(nameof(WholeMachine))]
public sealed class SharedDesignTests
{
    private const int TimeoutMs = 180_000;

    [Fact(Timeout = TimeoutMs)]
    public async Task Designs_of_the_world_are_published_and_pulled_back_unchanged()
    {
        var stop = TestContext.Current.CancellationToken;
        var designs = Directory.GetDirectories(Repository.Data("designs"));
        Assert.NotEmpty(designs);
        await using var network = await TestNetwork.StartAsync(stop);
        foreach (var design in designs)
        {
            var published = (await network.CatalogueAsync(stop, "publish", design, "--json")).Expect(0);
            var name = System.Text.Json.JsonDocument.Parse(published.Output).RootElement.GetProperty("name").GetString()!;
            var target = Path.Combine(network.Folder, "pulled", name);

            (await network.CatalogueAsync(stop, "pull", name, "--to", target)).Expect(0);

            var pulled = Directory.GetFiles(target, "*", SearchOption.AllDirectories);
            Assert.NotEmpty(pulled);
            // The Open Know-How manifest is written anew from the design.
            Assert.All(pulled.Where(file => Path.GetRelativePath(target, file) != "okh.toml"), file =>
            {
                var original = Path.Combine(design, Path.GetRelativePath(target, file));
                Assert.True(File.Exists(original), $"{file} was not in {design}.");
                Assert.Equal(File.ReadAllBytes(original), File.ReadAllBytes(file));
            });
        }
    }
}
