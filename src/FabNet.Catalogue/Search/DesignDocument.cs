// What a design is found by, and where it stands among others.

using System.Buffers.Binary;
using FabNet.Model;
using FabNet.Model.Designs;
using FabNet.Protocol;

namespace FabNet.Catalogue.Search;

/// <summary>One design as the index sees it. The same manifest gives the same document on every node.</summary>
internal sealed class DesignDocument
{
    /// <summary>The most distinct words of one design that are searched; name and title come first, then parts, then what it does.</summary>
    public const int MaxWords = 512;

    /// <summary>Bits of a rank below the quality: an order among equals that nobody chooses.</summary>
    private const int TieBits = 40;

    private readonly HashSet<string> _words = new(StringComparer.Ordinal);
    private readonly HashSet<string> _terms = new(StringComparer.Ordinal) { IndexTerm.Any };

    private DesignDocument(Design design) => Design = design;

    public Design Design { get; }

    /// <summary>Every word that it is found by.</summary>
    public IReadOnlyCollection<string> Words => _words;

    /// <summary>Every term that it is found by.</summary>
    public IReadOnlyCollection<string> Terms => _terms;

    /// <summary>True if a toolpath of it is proven on a class of machine.</summary>
    public bool IsProven { get; private init; }

    /// <summary>What all of its parts fit into one by one, each turned about Z so that the footprint's longer side is the width; null if no part's size is known.</summary>
    public Size3? Extent { get; private init; }

    /// <summary>The document of a design.</summary>
    /// <param name="design">The design.</param>
    /// <param name="publisher">Whoever published it; empty where nobody is named.</param>
    public static DesignDocument Of(Design design, string publisher)
    {
        var sizes = design.Parts.Select(p => p.OuterDimensionsMm).OfType<Size3>().ToList();
        var document = new DesignDocument(design)
        {
            IsProven = design.Parts.Any(p => p.Artefacts.Any(a => a is { Kind: ArtefactKind.Toolpath, MachineClass: not null })),
            Extent = sizes.Count == 0 ? null : new Size3(sizes.Max(s => Math.Max(s.Width, s.Depth)), sizes.Max(s => Math.Min(s.Width, s.Depth)), sizes.Max(s => s.Height)),
        };
        document.AddWords();
        document.AddAttributes(publisher);
        return document;
    }

    /// <summary>The first of all places of a quality; designs of a better one stand before it.</summary>
    public static long FirstRank(bool isValidated, bool isProven) => ((isValidated ? 0L : 2L) + (isProven ? 0L : 1L)) << TieBits;

    /// <summary>True if a place is one of this quality.</summary>
    public static bool IsOfQuality(long rank, bool isValidated, bool isProven) => rank >> TieBits == FirstRank(isValidated, isProven) >> TieBits;

    /// <summary>The place that the design takes if it is free, else the next free one: validated first, then proven, then by the manifest's digest.</summary>
    public long Rank(bool isValidated)
    {
        Span<byte> hash = stackalloc byte[32];
        _ = Convert.FromHexString(Design.Ref.Manifest.Hex, hash, out _, out _);
        return FirstRank(isValidated, IsProven) | (BinaryPrimitives.ReadInt64BigEndian(hash) & ((1L << TieBits) - 1));
    }

    private void AddWords()
    {
        var name = SearchText.Split(Design.Ref.Name).ToList();
        _terms.Add(IndexTerm.WholeName(name));
        foreach (var word in name.Where(Take))
        {
            _terms.Add(IndexTerm.InName(word));
            _terms.Add(IndexTerm.InTitle(word));
        }

        foreach (var word in SearchText.Split(Design.Title).Where(Take))
        {
            _terms.Add(IndexTerm.InTitle(word));
        }

        foreach (var text in Design.Parts.SelectMany(TextsOf).Append(Design.Function))
        {
            foreach (var word in SearchText.Split(text).Where(w => !SearchText.IsStopWord(w)))
            {
                Take(word);
            }
        }

        foreach (var word in _words)
        {
            _terms.Add(IndexTerm.InBody(word));
        }
    }

    private static IEnumerable<string?> TextsOf(DesignPart part) =>
        [part.Name, part.Material, part.Process.ToTsdc(), .. part.Artefacts.SelectMany(a => (IEnumerable<string?>)[a.MachineClass, a.Material])];

    private bool Take(string word) => _words.Contains(word) || (_words.Count < MaxWords && _words.Add(word));

    private void AddAttributes(string publisher)
    {
        if (publisher.Length > 0)
        {
            // alice~1a2b3c4d is found as that, and as alice.
            _terms.Add(IndexTerm.Publisher(publisher));
            _terms.Add(IndexTerm.Publisher(publisher.Split('~')[0]));
        }

        foreach (var part in Design.Parts)
        {
            var process = part.Process.ToTsdc();
            var materials = part.Artefacts.Select(a => a.Material).Append(part.Material).OfType<string>().ToHashSet(StringComparer.Ordinal);
            _terms.UnionWith(materials.Select(IndexTerm.Material));
            if (process is not null)
            {
                _terms.Add(IndexTerm.Process(process));
                _terms.UnionWith(materials.Select(m => IndexTerm.ProcessAndMaterial(process, m)));
            }
        }

        _terms.Add(IndexTerm.License(Design.License));
        _terms.UnionWith(Design.License.Split([' ', '(', ')'], StringSplitOptions.RemoveEmptyEntries).Where(l => l is not ("AND" or "OR" or "WITH")).Select(IndexTerm.License));
        if (Extent is { } extent)
        {
            _terms.UnionWith(IndexTerm.HeightsOf(extent.Height));
            _terms.UnionWith(IndexTerm.LengthsOf(extent.Width));
        }
    }
}
