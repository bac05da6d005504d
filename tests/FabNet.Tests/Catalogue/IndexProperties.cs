// The index against a naive scan: the same designs in the same order, whatever was published, judged and searched.

using System.Globalization;
using FabNet.Catalogue.Search;
using FabNet.Journal;
using FabNet.Model;
using FabNet.Model.Designs;
using FabNet.Model.Machines;
using FabNet.Protocol;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace FabNet.Tests.Catalogue;

public sealed class IndexProperties
{
    private static readonly string[] Words =
        ["cable", "cables", "clip", "clips", "clamp", "holder", "holders", "bracket", "brackets", "braket", "lamp", "lampshade", "box", "m3", "m4", "spool", "spools", "wall", "mount", "mounting"];

    private static readonly string[] Queries = [.. Words, "cab", "hol", "la", "l", "cabel", "holdr", "brakcet", "lampshde", "mountign", "m5", "the", "nothing"];

    private static readonly Gen<Design> Designs =
        from name in Gen.Choose(1, 2).SelectMany(n => Gen.ArrayOf(Gen.Elements(Words), n))
        from version in Gen.Elements("1.0.0", "1.1.0", "2.0.0-beta", "2.0.0")
        from title in Gen.ArrayOf(Gen.Elements(Words), 2)
        from function in Gen.ArrayOf(Gen.Elements([.. Words, "the", "for"]), 3)
        from process in Gen.Elements(FabricationProcess.Printing, FabricationProcess.Milling, FabricationProcess.Unknown)
        from material in Gen.Elements("PLA", "PETG-CF", null)
        from license in Gen.Elements("MIT", "CERN-OHL-S-2.0", "MIT OR CERN-OHL-S-2.0")
        from size in Gen.Elements<double?>(null, 3, 20, 33, 200)
        from isProven in Gen.Elements(true, false)
        select Make(string.Join('-', name), version, string.Join(' ', title), string.Join(' ', function), process, material, license, size, isProven);

    private static readonly Gen<SearchFilter> Filters =
        from process in Gen.Elements(null, null, "3DP", "CNC")
        from material in Gen.Elements(null, null, "PLA", "petg-cf")
        from license in Gen.Elements(null, null, "MIT", "cern-ohl-s-2.0")
        from isValidatedOnly in Gen.Elements(false, false, true)
        from fits in Gen.Elements<Size3[]>([], [], [new(20, 40, 20)], [new(5, 5, 5), new(100, 33, 33)])
        select new SearchFilter { Process = process, Material = material, License = license, IsValidatedOnly = isValidatedOnly, Fits = fits };

    private static readonly Gen<Case> Cases =
        from designs in Gen.Choose(1, 25).SelectMany(n => Gen.ArrayOf(Designs, n))
        from judged in Gen.ArrayOf(Gen.Choose(0, 99), designs.Length / 2)
        from searches in Gen.ArrayOf(Gen.Zip(Gen.Choose(0, 3).SelectMany(n => Gen.ArrayOf(Gen.Elements(Queries), n)), Filters), 12)
        from pageSize in Gen.Choose(1, 5)
        select new Case(designs, judged, [.. searches.Select(s => (string.Join(' ', s.Item1), s.Item2))], pageSize);

    [Fact]
    public void The_index_finds_what_a_naive_scan_finds_in_the_same_order_however_it_was_built() =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(40), Prop.ForAll(Cases.ToArbitrary(), Holds));

    private static void Holds(Case test)
    {
        using var folder = new TempFolder();
        using var bench = new IndexBench(folder.Path);
        foreach (var record in RecordsOf(test))
        {
            bench.Add(record);
        }

        var naive = new NaiveScan([.. bench.Journal.Read()]);
        List<List<string>> Ask() => [.. test.Searches.Select(s => bench.Find(s.Text, s.Filter, test.PageSize))];
        var incremental = Ask();
        Assert.Equal(test.Searches.Select(s => naive.Find(SearchRequest.Parse(s.Text, s.Filter))), incremental);

        bench.Reopen(() => DesignIndex.Delete(bench.IndexPath));
        Assert.Equal(incremental, Ask());
    }

    private static IEnumerable<JournalRecord> RecordsOf(Case test)
    {
        var published = new List<Design>();
        foreach (var (design, number) in test.Designs.Select((d, i) => (d, i)))
        {
            // A version is published once; the store sees to it.
            if (!published.Exists(p => (p.Ref.Name, p.Ref.Version) == (design.Ref.Name, design.Ref.Version)))
            {
                published.Add(design);
                yield return IndexBench.Published(design);
            }

            // Now and then something is held of a design, one that is to come too.
            if (number < test.Judged.Length)
            {
                var judged = test.Judged[number];
                yield return IndexBench.Stands(test.Designs[judged % test.Designs.Length].Ref.Manifest, judged % 2 == 0, judged % 5 == 0);
            }
        }
    }

    private static Design Make(string name, string version, string title, string function, FabricationProcess process, string? material, string license, double? size, bool isProven)
    {
        var toolpath = new Artefact { Path = "a.gcode", Kind = ArtefactKind.Toolpath, MediaType = "text/x-gcode", Digest = Digest.Of([1]), Size = 1, MachineClass = "mk3", Material = "ABS" };
        var design = SampleDesign.Of(name, version, title, function);
        return (design with
        {
            License = license,
            Parts = [new DesignPart
            {
                Name = "Spool part",
                Process = process,
                Material = material,
                OuterDimensionsMm = size is { } mm ? new Size3(mm, mm / 2, mm / 3) : null,
                Artefacts = isProven ? [toolpath] : [],
            }],
        }).Sealed();
    }

    private sealed record Case(Design[] Designs, int[] Judged, (string Text, SearchFilter Filter)[] Searches, int PageSize)
    {
        public override string ToString() => string.Join('\n', [
            .. Designs.Select(d => $"{d.Ref} {d.Title} | {d.Function}"),
            string.Join(' ', Judged.Select(j => j.ToString(CultureInfo.InvariantCulture))),
            .. Searches.Select(s => $"'{s.Text}' {s.Filter}")]);
    }

    /// <summary>The same answers from the definitions alone: every design is looked at for every search.</summary>
    private sealed class NaiveScan
    {
        private readonly List<Seen> _found = [];

        public NaiveScan(IReadOnlyList<JournalEntry> entries)
        {
            var designs = new List<Design>();
            var standings = new Dictionary<string, (bool IsValidated, bool IsHidden)>(StringComparer.Ordinal);
            foreach (var entry in entries)
            {
                if (entry.Kind == IndexBench.Standing)
                {
                    var words = System.Text.Encoding.UTF8.GetString(entry.Payload).Split(' ');
                    standings[words[0]] = (bool.Parse(words[1]), bool.Parse(words[2]));
                }
                else
                {
                    designs.Add(DesignManifest.Read(entry.Payload, entry.At));
                }
            }

            foreach (var line in designs.Where(d => !standings.GetValueOrDefault(d.Ref.Manifest.Value).IsHidden).GroupBy(d => d.Ref.Name))
            {
                var newest = line.Aggregate((a, b) => DesignVersions.Compare(a.Ref.Version, b.Ref.Version) > 0 ? a : b);
                _found.Add(new Seen(newest, standings.GetValueOrDefault(newest.Ref.Manifest.Value).IsValidated));
            }
        }

        public List<string> Find(SearchRequest request)
        {
            var meanings = request.Words.Select(Meaning).ToList();
            return request.Words.Count == 0 && request.Filter.IsEmpty
                ? [.. _found.OrderBy(d => d.Design.Ref.Name, StringComparer.Ordinal).Select(Text)]
                : [.. _found.Where(d => Passes(d, request.Filter))
                    .Select(d => (Seen: d, Tier: TierOf(d, request.Words, meanings)))
                    .Where(d => d.Tier is not null)
                    .OrderBy(d => d.Tier).ThenBy(d => !d.Seen.IsValidated).ThenBy(d => !d.Seen.IsProven)
                    .ThenBy(d => d.Seen.Design.Ref.Manifest.Hex[6..16], StringComparer.Ordinal)
                    .Select(d => Text(d.Seen))];
        }

        private static string Text(Seen seen) => seen.Design.Ref.ToString();

        private static int? TierOf(Seen design, IReadOnlyList<string> words, List<HashSet<string>> meanings)
        {
            if (design.Name.SequenceEqual(words))
            {
                return 0;
            }

            var (name, title, body) = (design.Name.ToHashSet(), design.Name.Concat(design.Title).ToHashSet(), design.All);
            return words.All(name.Contains) ? 1
                : words.All(title.Contains) ? 2
                : words.All(body.Contains) ? 3
                : meanings.TrueForAll(m => m.Overlaps(title)) ? 4
                : meanings.TrueForAll(m => m.Overlaps(body)) ? 5
                : null;
        }

        private static bool Passes(Seen seen, SearchFilter filter)
        {
            var parts = seen.Design.Parts;
            bool IsOf(DesignPart part, string material) => part.Artefacts.Select(a => a.Material).Append(part.Material).Contains(material, StringComparer.OrdinalIgnoreCase);
            return (!filter.IsValidatedOnly || seen.IsValidated)
                && (filter.License is not { } license || seen.Design.License.Split(' ').Contains(license, StringComparer.OrdinalIgnoreCase))
                && ((filter.Process ?? filter.Material) is null || parts.Any(p => (filter.Process is null || p.Process.ToTsdc() == filter.Process) && (filter.Material is not { } m || IsOf(p, m))))
                && (filter.Fits.Count == 0 || (parts.Any(p => p.OuterDimensionsMm is not null)
                    && filter.Fits.Any(f => parts.All(p => p.OuterDimensionsMm is not { } size || new Box3(new(0, f.Width), new(0, f.Depth), new(0, f.Height)).Fits(size)))));
        }

        private HashSet<string> Meaning(string word)
        {
            var counts = _found.SelectMany(d => d.All).GroupBy(w => w).ToDictionary(g => g.Key, g => g.Count(), StringComparer.Ordinal);
            var begun = counts.Where(c => c.Key != word && word.Length >= Lexicon.MinCompleted && c.Key.StartsWith(word, StringComparison.Ordinal))
                .OrderByDescending(c => c.Value).ThenBy(c => c.Key, StringComparer.Ordinal).Take(counts.ContainsKey(word) ? Lexicon.MaxCompletionsOfWord : Lexicon.MaxCompletions).Select(c => c.Key).ToHashSet();
            if (counts.ContainsKey(word) || begun.Count > 0)
            {
                return [.. begun, word];
            }

            return [.. counts.Where(c => Spelling.IsOffered(c.Key)).Select(c => (Word: c.Key, Count: c.Value, Distance: Spelling.Distance(word, c.Key)))
                .Where(c => c.Distance <= Spelling.MistakesIn(word))
                .OrderBy(c => c.Distance).ThenByDescending(c => c.Count).ThenBy(c => c.Word, StringComparer.Ordinal)
                .Take(Lexicon.MaxCorrections).Select(c => c.Word)];
        }

        private sealed record Seen(Design Design, bool IsValidated)
        {
            public List<string> Name { get; } = [.. SearchText.Split(Design.Ref.Name)];

            public List<string> Title { get; } = [.. SearchText.Split(Design.Title)];

            public bool IsProven { get; } = Design.Parts.Any(p => p.Artefacts.Any(a => a.MachineClass is not null));

            public HashSet<string> All { get; } = [.. SearchText.Split(Design.Ref.Name), .. SearchText.Split(Design.Title),
                .. Design.Parts.SelectMany(p => (string?[])[p.Name, p.Material, p.Process.ToTsdc(), .. p.Artefacts.SelectMany(a => (string?[])[a.MachineClass, a.Material])])
                    .Append(Design.Function).SelectMany(SearchText.Split).Where(w => !SearchText.IsStopWord(w))];
        }
    }
}
