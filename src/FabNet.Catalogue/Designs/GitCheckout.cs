// Where a checkout came from, read from its .git folder without running git.

using System.Text.RegularExpressions;

namespace FabNet.Catalogue.Designs;

/// <summary>The repository and the revision of a checkout.</summary>
/// <param name="Repository">The address of <c>origin</c> as people browse it, without credentials; null if it has none on the web.</param>
/// <param name="Commit">The revision that is checked out: 40 or 64 hexadecimal digits; null if there is none yet.</param>
internal sealed partial record GitCheckout(string? Repository, string? Commit)
{
    /// <summary>More is not read of any file: a real HEAD or configuration has a few hundred bytes.</summary>
    private const int MaxBytes = 1024 * 1024;

    /// <summary>
    /// Reads a folder's <c>.git</c>; null if it has none. Formats: gitrepository-layout(5), git-config(1). A <c>.git</c> that points
    /// elsewhere (a work tree, a submodule) and links are not followed: they lead out of the folder.
    /// </summary>
    public static GitCheckout? Find(string root)
    {
        var git = new DirectoryInfo(Path.Combine(root, ".git"));
        return git.Exists && git.LinkTarget is null
            ? new GitCheckout(RepositoryIn(Read(git, "config") ?? ""), CommitOf(git))
            : null;
    }

    private static string? CommitOf(DirectoryInfo git)
    {
        var head = Read(git, "HEAD")?.Trim();
        if (head is null || !head.StartsWith("ref: ", StringComparison.Ordinal))
        {
            return AsCommit(head);
        }

        var name = head[5..].Trim();
        if (!ReferencePattern().IsMatch(name) || name.Contains("..", StringComparison.Ordinal))
        {
            return null;
        }

        return AsCommit(Read(git, name)?.Trim())
            ?? AsCommit(Read(git, "packed-refs")?.Split('\n').FirstOrDefault(line => line.TrimEnd().EndsWith(' ' + name, StringComparison.Ordinal))?.Split(' ')[0]);
    }

    private static string? RepositoryIn(string config)
    {
        var isOrigin = false;
        foreach (var line in config.Split('\n').Select(l => l.Trim()))
        {
            if (line.StartsWith('['))
            {
                isOrigin = line.Replace(" ", "", StringComparison.Ordinal).Equals("[remote\"origin\"]", StringComparison.OrdinalIgnoreCase);
            }
            else if (isOrigin && UrlPattern().Match(line) is { Success: true } match)
            {
                return ToWebAddress(match.Groups["url"].Value.Trim());
            }
        }

        return null;
    }

    // git@host:path and ssh://git@host/path are the same place as https://host/path. Names and passwords in an address are nobody else's.
    internal static string? ToWebAddress(string url)
    {
        if (ScpPattern().Match(url) is { Success: true } scp)
        {
            url = $"https://{scp.Groups["host"].Value}/{scp.Groups["path"].Value}";
        }

        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Host.Length == 0 || uri.Scheme is not ("http" or "https" or "ssh" or "git"))
        {
            return null;
        }

        var host = uri.IsDefaultPort || uri.Scheme is "ssh" or "git" ? uri.Host : $"{uri.Host}:{uri.Port}";
        var path = uri.AbsolutePath.TrimEnd('/');
        return $"{(uri.Scheme == "http" ? "http" : "https")}://{host}{(path.EndsWith(".git", StringComparison.Ordinal) ? path[..^4] : path)}";
    }

    private static string? AsCommit(string? text) => text is { Length: 40 or 64 } && text.All(char.IsAsciiHexDigitLower) ? text : null;

    private static string? Read(DirectoryInfo git, string name)
    {
        var file = new FileInfo(Path.Combine(git.FullName, name));
        for (FileSystemInfo? step = file; step is not null && step.FullName != git.FullName; step = Directory.GetParent(step.FullName))
        {
            if (step.LinkTarget is not null)
            {
                return null;
            }
        }

        return file.Exists && file.Length is > 0 and <= MaxBytes ? File.ReadAllText(file.FullName) : null;
    }

    [GeneratedRegex(@"\Arefs/[A-Za-z0-9._/+@-]{1,250}\z", RegexOptions.CultureInvariant)]
    private static partial Regex ReferencePattern();

    [GeneratedRegex(@"\Aurl\s*=\s*(?<url>.+)\z", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex UrlPattern();

    [GeneratedRegex(@"\A([^@/:]+@)?(?<host>[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+):(?!//)(?<path>[^\\]+)\z", RegexOptions.CultureInvariant)]
    private static partial Regex ScpPattern();
}
