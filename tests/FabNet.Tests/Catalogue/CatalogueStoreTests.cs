// The store, on each journal: what was published stays, what a kill leaves behind is taken up again.

using System.Diagnostics;
using FabNet.Catalogue;
using FabNet.Catalogue.Blobs;
using FabNet.Catalogue.Search;
using FabNet.Journal;
using FabNet.Model;
using FabNet.Protocol;
using FabNet.Tests.Journal;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace FabNet.Tests.Catalogue;

public sealed class SqliteCatalogueTests : CatalogueStoreTests
{
    [Fact]
    public void A_second_process_on_the_same_folder_is_refused()
    {
        using var store = Open("data");
        Assert.Contains("another fabnet process", Assert.Throws<JournalException>(() => Open("data")).Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_catalogue_killed_while_it_runs_goes_on_with_what_it_has()
    {
        using var store = Open("data");
        await store.PublishAsync(Manifest("before-the-kill"), Stop);

        // A copy of the folder, taken while everything is open, is what a kill would leave.
        await CopyAllAsync(Path.Combine(Folder, "data"), Path.Combine(Folder, "left"));
        using var after = Open("left");
        Assert.Equal("before-the-kill", after.Get("before-the-kill", null).Design.Ref.Name);
        await after.PublishAsync(Manifest("after-it"), Stop);
        Assert.Equal(["before-the-kill"], after.Search(SearchRequest.Parse("kill"), 10, "").Designs.Select(d => d.Ref.Name));
        Assert.Single(after.Versions("after-it"));
    }

    [Fact(Timeout = 60_000)]
    public async Task An_index_whose_pages_are_damaged_while_it_runs_is_made_anew()
    {
        using var store = Open("data");
        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => store.PublishAsync(Manifest($"thing-{i}", function: string.Join(' ', Enumerable.Range(i, 40).Select(n => $"word{n}"))), Stop)));
        store.Ask(index => index.Designs.Find(SearchRequest.Parse("thing"), 1, ""));
        Damage(Path.Combine(Folder, "data", "index.db"));
        Damage(Path.Combine(Folder, "data", "index.db-wal"));

        // What still lies in caches is found right; the first page that does not shows the damage, and one turn of the loop mends it.
        for (var i = 0; i < 200; i++)
        {
            try
            {
                Assert.Single(store.Search(SearchRequest.Parse($"word{i} thing {i}"), 1, "").Designs);
                await store.PublishAsync(Manifest($"later-{i}"), Stop);
            }
            catch (Exception e) when (e is CatalogueException { Fault: CatalogueFault.Busy } or JournalException)
            {
                await store.CatchUpAsync(Stop);
                Assert.Single(store.Search(SearchRequest.Parse($"word{i} thing {i}"), 1, "").Designs);
            }
        }

        Assert.Equal("thing-199", store.Get("thing-199", "1.0.0").Design.Ref.Name);
    }

    private protected override CatalogueOptions Options(string folder) => new() { DataFolder = Path.Combine(Folder, folder), MinFreeBytes = 0 };

    // All but the first page, so that opening it does not show yet.
    private static void Damage(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        if (file.Length > 4096)
        {
            file.Position = 4096;
            file.Write(new byte[file.Length - 4096]);
        }
    }

    // With cp, for .NET keeps to the locks that a kill would have dropped.
    private static async Task CopyAllAsync(string from, string to)
    {
        using var copy = Process.Start("cp", ["-r", from, to]);
        await copy.WaitForExitAsync(Stop);
        Assert.Equal(0, copy.ExitCode);
    }
}

public sealed class PostgresCatalogueTests(PostgresServer server) : CatalogueStoreTests, IAsyncLifetime
{
    private PostgresAddress? _database;

    public async ValueTask InitializeAsync() => _database = await server.CreateDatabaseAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact(Timeout = 60_000)]
    public async Task Another_machine_with_an_empty_folder_finds_everything_in_the_database()
    {
        using (var store = Open("data"))
        {
            await store.PublishAsync(Manifest("thing"), Stop);
        }

        using var elsewhere = Open("elsewhere");
        Assert.Equal("thing", elsewhere.Get("thing", null).Design.Ref.Name);
        Assert.False(File.Exists(Path.Combine(Folder, "elsewhere", "journal.db")));
    }

    private protected override CatalogueOptions Options(string folder) => new() { DataFolder = Path.Combine(Folder, folder), MinFreeBytes = 0, Store = _database };
}

/// <summary>What a catalogue does, whatever keeps its journal.</summary>
public abstract class CatalogueStoreTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private protected string Folder => _folder.Path;

    private protected static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact(Timeout = 60_000)]
    public async Task What_is_published_is_found_by_digest_by_name_and_by_words_also_after_a_restart()
    {
        PublishedManifest published;
        using (var store = Open("data"))
        {
            published = await store.PublishAsync(Manifest("cable-clip", "1.2.0"), Stop);
            await store.PublishAsync(Manifest("cable-clip", "1.1.0"), Stop);
            Same(store);
        }

        using var again = Open("data");
        Same(again);

        void Same(CatalogueStore store)
        {
            Assert.Equal(published.Manifest, store.Get(published.Design.Ref.Manifest).Manifest);
            Assert.Equal((published.Design.Ref, published.Design.PublishedAt, published.Cursor), (store.Get("cable-clip", null).Design.Ref, store.Get("cable-clip", "1.2.0").Design.PublishedAt, 2));
            Assert.Equal(["1.2.0", "1.1.0"], store.Versions("cable-clip").Select(v => v.Ref.Version));
            Assert.Equal("1.2.0", Assert.Single(store.Search(SearchRequest.Parse("clip"), 10, "").Designs).Ref.Version);
            Assert.Equal(CatalogueFault.NotFound, Assert.Throws<CatalogueException>(() => store.Get("cable-clip", "9.9.9")).Fault);
            Assert.Equal(CatalogueFault.NotFound, Assert.Throws<CatalogueException>(() => store.Get("nothing", null)).Fault);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_version_that_many_publish_at_once_is_there_once_and_with_the_contents_of_one()
    {
        using var store = Open("data");
        var results = await Task.WhenAll(Enumerable.Range(0, 40).Select(async i =>
        {
            try
            {
                return (await store.PublishAsync(Manifest("thing", function: $"Does {i % 4}"), Stop)).Design.Function;
            }
            catch (CatalogueException e) when (e.Fault == CatalogueFault.AlreadyExists)
            {
                return null;
            }
        }));
        Assert.Equal(10, results.Count(r => r is not null));
        Assert.Equal(store.Get("thing", null).Design.Function, Assert.Single(results.OfType<string>().Distinct()));
        Assert.Single(store.Versions("thing"));
    }

    [Fact(Timeout = 60_000)]
    public async Task Versions_published_at_the_same_time_are_all_kept_once()
    {
        using var store = Open("data");
        await Task.WhenAll(Enumerable.Range(0, 40).Select(i => store.PublishAsync(Manifest("thing", $"1.{i / 4}.0"), Stop)));
        Assert.Equal(Enumerable.Range(0, 10).Reverse().Select(i => $"1.{i}.0"), store.Versions("thing").Select(d => d.Ref.Version));
        Assert.Equal(10, store.Ask(index => index.Statements.ByKind(JournalRules.Design)).Count);
    }

    private protected abstract CatalogueOptions Options(string folder);

    private protected CatalogueStore Open(string folder) => CatalogueStore.Open(Options(folder), TimeProvider.System, NullLogger.Instance);

    private protected static byte[] Manifest(string name, string version = "1.0.0", string function = "") => DesignManifest.Write(SampleDesign.Of(name, version, function: function));
}
