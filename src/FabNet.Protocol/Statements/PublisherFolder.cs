// A publisher on its owner's disk: its chain of statements, and the private keys that speak for it.

using System.Globalization;
using FabNet.Model;
using FabNet.Model.Licensing;

namespace FabNet.Protocol.Statements;

/// <summary>
/// The folder <c>publishers/&lt;namespace&gt;</c> of a user's configuration: <c>0001.json</c> and so on are the envelopes of the chain, <c>&lt;key&gt;.pem</c> the private keys (PKCS#8, mode 600). Losing
/// the last private key ends the publisher: nobody can speak for it any more. Not thread safe.
/// </summary>
public sealed class PublisherFolder
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly string _folder;
    private readonly List<Envelope> _chain;

    private PublisherFolder(string folder, List<Envelope> chain)
    {
        (_folder, _chain) = (folder, chain);
        Current = (PublisherStatement)StatementFormat.Read(chain[^1]);
    }

    /// <summary>The publisher's identity: the id of its first statement.</summary>
    public Digest Identity => _chain[0].Id;

    /// <summary>The newest statement of its chain.</summary>
    public PublisherStatement Current { get; private set; }

    /// <summary>The chain, from its beginning: what a catalogue must have before it takes anything else of this publisher.</summary>
    public IReadOnlyList<Envelope> Chain => _chain;

    /// <summary>Where it is kept.</summary>
    public string Folder => _folder;

    /// <summary>Keys that spoke for it once, were rotated out and not revoked; in the order of the chain.</summary>
    public IReadOnlyList<Digest> EarlierKeys =>
    [
        .. _chain.SelectMany(e => ((PublisherStatement)StatementFormat.Read(e)).Keys).Select(k => k.Id).Distinct()
            .Where(k => Current.Keys.All(c => c.Id != k) && Current.Revoked.All(r => r.Key != k)),
    ];

    /// <summary>Who says what is signed now.</summary>
    public Author Author => new(Identity, Current.Sequence);

    /// <summary>The short form of the identity, such as <c>alice~1a2b3c4d</c>.</summary>
    public PublisherName Name => new(Current.Namespace, Identity.Hex[..PublisherName.PrefixLength]);

    /// <summary>Where a user's publishers are, if nobody says otherwise: <c>FABNET_CONFIG</c>, or <c>fabnet</c> in the user's configuration folder.</summary>
    public static string DefaultConfiguration => Environment.GetEnvironmentVariable("FABNET_CONFIG") is { Length: > 0 } folder ? Path.GetFullPath(folder)
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData, Environment.SpecialFolderOption.DoNotVerify), "fabnet");

    /// <summary>The namespaces of the publishers in a configuration.</summary>
    public static IReadOnlyList<string> Names(string configuration) => Directory.Exists(Root(configuration))
        ? [.. Directory.GetDirectories(Root(configuration)).Where(d => File.Exists(Path.Combine(d, FileOf(1)))).Select(d => Path.GetFileName(d)!).Order(StringComparer.Ordinal)] : [];

    /// <summary>Makes a publisher with one new key.</summary>
    /// <param name="configuration">The configuration folder; created where there is none.</param>
    /// <param name="name">Its namespace.</param>
    /// <param name="displayName">The name that people read.</param>
    /// <param name="organisation">What it is.</param>
    /// <param name="rate">What a for-profit organisation owes it under a reciprocal licence; null where that is to be agreed on.</param>
    /// <exception cref="IOException">It is there already, or can't be written.</exception>
    /// <exception cref="FormatException">A name breaks a rule.</exception>
    public static PublisherFolder Create(string configuration, string name, string displayName, OrganisationKind organisation, ReciprocityRate? rate = null)
    {
        StatementText.RequireName(name, "namespace");
        var folder = Path.Combine(Root(configuration), name);
        if (File.Exists(Path.Combine(folder, FileOf(1))))
        {
            throw new IOException($"There is a publisher '{name}' already, in {folder}. Show it with: fabnet key show {name}");
        }

        CreateFolder(folder);
        using var key = SigningKey.Create();
        var first = new PublisherStatement { Namespace = name, DisplayName = displayName, Organisation = organisation, Keys = [key.Public], Sequence = 1, Rate = rate };
        var envelope = StatementFormat.Sign(first, key);
        key.WriteFile(KeyFile(folder, key.Public.Id));
        Write(folder, 1, envelope);
        return new PublisherFolder(folder, [envelope]);
    }

    /// <summary>Opens a publisher.</summary>
    /// <exception cref="IOException">There is none of this name, or its files are damaged; the message says which.</exception>
    public static PublisherFolder Open(string configuration, string name)
    {
        var folder = Path.Combine(Root(configuration), name);
        if (!Model.Names.IsValid(name) || !File.Exists(Path.Combine(folder, FileOf(1))))
        {
            throw new IOException($"There is no publisher '{StatementText.Printable(name)}' in {Root(configuration)}. Make it with: fabnet key create {(Model.Names.IsValid(name) ? name : "NAME")}");
        }

        List<Envelope> chain = [];
        for (var file = Path.Combine(folder, FileOf(1)); File.Exists(file); file = Path.Combine(folder, FileOf(chain.Count + 1)))
        {
            try
            {
                var envelope = Envelope.Read(File.ReadAllBytes(file));
                var expected = chain.Count == 0 ? (Digest?)null : chain[^1].Id;
                chain.Add(StatementFormat.Read(envelope) is PublisherStatement s && s.Previous == expected ? envelope
                    : throw new FormatException("it is not the next statement of this publisher's chain."));
            }
            catch (FormatException e)
            {
                throw new IOException($"{file} is damaged: {e.Message} Put it back from a copy; a catalogue that has this publisher has it too.", e);
            }
        }

        return new PublisherFolder(folder, chain);
    }

    /// <summary>True if the private half of a key is here.</summary>
    public bool Has(Digest key) => File.Exists(KeyFile(_folder, key));

    /// <summary>The file of a key's private half.</summary>
    public string KeyFileOf(Digest key) => KeyFile(_folder, key);

    /// <summary>Signs a statement with a current key.</summary>
    /// <exception cref="IOException">The private half of no current key is here.</exception>
    /// <exception cref="FormatException">The statement breaks a rule.</exception>
    public Envelope Sign(Statement statement)
    {
        using var key = CurrentKey();
        return StatementFormat.Sign(statement, key);
    }

    /// <summary>Makes a new key current in place of those of before, which stay believed for what they signed.</summary>
    /// <exception cref="IOException">The private half of no current key is here, or the folder can't be written.</exception>
    public void Rotate()
    {
        using var key = SigningKey.Create();
        key.WriteFile(KeyFile(_folder, key.Public.Id));
        Append(Next() with { Keys = [key.Public] }, key);
    }

    /// <summary>Revokes a key; where no other would be left, a new one takes its place.</summary>
    /// <param name="key">The key's id: current, or an earlier one.</param>
    /// <param name="reason">Why, for people.</param>
    /// <param name="since">The first sequence under which its signatures do not count, at most the next one; null for the next one.</param>
    /// <exception cref="IOException">The private half of no current key is here, or the folder can't be written.</exception>
    /// <exception cref="FormatException">The publisher never had this key, it is revoked already, or <paramref name="since"/> is out of range.</exception>
    public void Revoke(Digest key, string reason, int? since = null)
    {
        if (Current.Revoked.Any(r => r.Key == key) || !_chain.Any(e => ((PublisherStatement)StatementFormat.Read(e)).Keys.Any(k => k.Id == key)))
        {
            throw new FormatException($"{key} is {(Current.Revoked.Any(r => r.Key == key) ? "revoked already" : $"no key of {Name}")}. Its keys: {string.Join(", ", Current.Keys)}");
        }

        var next = Next();
        var revoked = new RevokedKey(key, reason, since ?? next.Sequence);
        var left = next.Keys.Where(k => k.Id != key).ToList();
        next = next with { Revoked = [.. next.Revoked.Append(revoked).OrderBy(r => r.Key.Value, StringComparer.Ordinal)], Keys = left.Count > 0 ? left : next.Keys };
        if (left.Count > 0)
        {
            Append(next);
            return;
        }

        using var replacement = SigningKey.Create();
        next = next with { Keys = [replacement.Public] };
        _ = StatementFormat.Write(next); // Refuses what is wrong before a key lies about.
        replacement.WriteFile(KeyFile(_folder, replacement.Public.Id));
        Append(next, replacement);
    }

    private PublisherStatement Next() => Current with { Sequence = Current.Sequence + 1, Previous = _chain[^1].Id, Publisher = Identity };

    private void Append(PublisherStatement next, params IReadOnlyList<SigningKey> newKeys)
    {
        using var current = CurrentKey();
        var envelope = StatementFormat.Sign(next, [current, .. newKeys]);
        Write(_folder, next.Sequence, envelope);
        _chain.Add(envelope);
        Current = next;
    }

    private SigningKey CurrentKey()
    {
        var key = Current.Keys.FirstOrDefault(k => Has(k.Id)) ?? throw new IOException(
            $"No private key of {Name} is in {_folder}: nobody can sign for it here. Put back {string.Join(" or ", Current.Keys.Select(k => Path.GetFileName(KeyFile(_folder, k.Id))))} from a copy. Without one nobody ever can: make another publisher with 'fabnet key create', and say in your designs that it is you.");
        try
        {
            return SigningKey.ReadFile(KeyFile(_folder, key.Id));
        }
        catch (FormatException e)
        {
            throw new IOException($"{e.Message} Put it back from a copy.", e);
        }
    }

    // It appears by a rename, so that no half statement ever stands under the name.
    private static void Write(string folder, int sequence, Envelope envelope)
    {
        var path = Path.Combine(folder, FileOf(sequence));
        using (var file = new FileStream(path + ".new", FileMode.Create, FileAccess.Write, FileShare.None))
        {
            file.Write(envelope.Write());
            file.Flush(flushToDisk: true);
        }

        File.Move(path + ".new", path);
    }

    private static void CreateFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, OwnerOnly);
        }
    }

    private static string Root(string configuration) => Path.Combine(configuration, "publishers");

    private static string KeyFile(string folder, Digest key) => Path.Combine(folder, key.Hex[..16] + ".pem");

    private static string FileOf(int sequence) => string.Create(CultureInfo.InvariantCulture, $"{sequence:0000}.json");
}
