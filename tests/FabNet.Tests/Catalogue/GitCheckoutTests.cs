// Checkouts: where a design came from is read from .git as git writes it, and nothing in there is believed or published.

using FabNet.Catalogue.Designs;
using Xunit;

namespace FabNet.Tests.Catalogue;

public sealed class GitCheckoutTests : IDisposable
{
    private const string Commit = "0123456789abcdef0123456789abcdef01234567";

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("https://user:s3cret@example.org/me/clip.git", "https://example.org/me/clip")]
    [InlineData("git@example.org:me/clip.git", "https://example.org/me/clip")]
    [InlineData("ssh://git@example.org:2222/me/clip", "https://example.org/me/clip")]
    [InlineData("http://example.org:8080/clip/", "http://example.org:8080/clip")]
    [InlineData("/home/me/clip", null)]
    [InlineData("file:///home/me/clip", null)]
    [InlineData("C:/clip", null)]
    [InlineData("../clip", null)]
    public void An_address_is_the_one_that_people_browse_without_credentials(string url, string? expected) => Assert.Equal(expected, GitCheckout.ToWebAddress(url));

    [Fact]
    public async Task A_checkout_tells_its_repository_and_revision_and_its_git_folder_is_not_published()
    {
        Add("ref: refs/heads/main\n");
        _folder.Add(".git/refs/heads/main", Commit + "\n");
        using var imported = await Import();
        Assert.Equal(("https://example.org/me/clip", Commit), (imported.Design.Repository, imported.Design.Commit));
        Assert.Equal(["README.md"], imported.Design.Files.Select(f => f.Path));
        Assert.DoesNotContain(imported.Findings, f => f.Message.Contains("repo is missing", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_the_manifest_says_of_its_repository_counts()
    {
        Add(Commit + "\n");
        _folder.Add("okh.toml", "name = \"x\"\nrepo = \"https://example.org/home\"");
        using var imported = await Import();
        Assert.Equal(("https://example.org/home", Commit), (imported.Design.Repository, imported.Design.Commit));
    }

    [Fact]
    public void A_packed_reference_is_found()
    {
        Add("ref: refs/heads/main\n");
        _folder.Add(".git/packed-refs", $"# pack-refs with: peeled\n{new string('f', 40)} refs/heads/mai\n{Commit} refs/heads/main\n^{new string('e', 40)}\n");
        Assert.Equal(Commit, GitCheckout.Find(_folder.Path)!.Commit);
    }

    [Theory]
    [InlineData("ref: ../../secret\n")]
    [InlineData("ref: refs/../../secret\n")]
    [InlineData("ref: refs/heads/gone\n")]
    [InlineData("not a revision\n")]
    [InlineData("")]
    public void A_head_that_leads_nowhere_good_is_no_revision(string head)
    {
        Add(head);
        _folder.Add("secret", Commit);
        Assert.Null(GitCheckout.Find(_folder.Path)!.Commit);
    }

    [Fact]
    public void Links_and_pointers_out_of_the_folder_are_not_followed()
    {
        _folder.Add("elsewhere/HEAD", Commit);
        _folder.Add("a/.git", $"gitdir: {_folder.Path}/elsewhere\n");
        Directory.CreateSymbolicLink(Path.Combine(_folder.Sub("b"), ".git"), Path.Combine(_folder.Path, "elsewhere"));
        File.CreateSymbolicLink(Path.Combine(_folder.Sub("c/.git"), "HEAD"), Path.Combine(_folder.Path, "elsewhere/HEAD"));
        Assert.Null(GitCheckout.Find(Path.Combine(_folder.Path, "a")));
        Assert.Null(GitCheckout.Find(Path.Combine(_folder.Path, "b")));
        Assert.Null(GitCheckout.Find(Path.Combine(_folder.Path, "c"))!.Commit);
    }

    private void Add(string head)
    {
        _folder.Add("okh.toml", "name = \"x\"");
        _folder.Add("README.md", "x");
        _folder.Add(".git/HEAD", head);
        _folder.Add(".git/config", "[core]\n\tbare = false\n[remote \"fork\"]\n\turl = https://example.org/fork\n[remote \"origin\"]\n\turl = https://me:token@example.org/me/clip.git\n\tfetch = +refs\n");
    }

    private Task<ImportedDesign> Import() => DesignImporter.ImportAsync(_folder.Path, cancellationToken: TestContext.Current.CancellationToken);
}
