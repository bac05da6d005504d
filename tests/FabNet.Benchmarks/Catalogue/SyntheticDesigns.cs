// A million designs that nobody made: names and sentences as makers write them, frequent words frequent and rare ones many.

using System.Globalization;
using System.Text;
using FabNet.Model;
using FabNet.Model.Designs;
using FabNet.Model.Machines;
using FabNet.Protocol;

namespace FabNet.Benchmarks.Catalogue;

/// <summary>Design number n is always the same. Words follow Zipf's law: a few hundred that everybody uses, and a long tail of product names, people and part numbers.</summary>
internal static class SyntheticDesigns
{
    private const int TailWords = 150_000;

    private static readonly string[] Things =
        ("bracket holder clip box case mount stand hook hanger spacer adapter knob handle cover lid tray organizer rack shelf clamp jig fixture gauge gear pulley bearing hinge latch lock spring coupler nozzle duct fan shroud enclosure "
        + "lamp shade planter vase bowl cup spoon opener cutter tool wrench driver bit drawer divider cable chain guide rail plate panel frame base foot leg wheel caster tire rim hub axle shaft motor servo sensor camera phone tablet "
        + "laptop keyboard mouse headphone speaker microphone battery charger plug socket switch button dial lever pump valve filter hose pipe elbow tee cap bung funnel scoop sieve press mould stamp stencil template ruler protractor compass").Split(' ');

    private static readonly string[] Qualities =
        "adjustable folding magnetic modular stackable parametric compact heavy light small large mini wall desk bench bike garden kitchen workshop lab school toy quick simple strong flexible silent rotating sliding hanging corner round square".Split(' ');

    private static readonly string[] Verbs = "Holds Mounts Protects Guides Carries Cuts Measures Organises Connects Replaces Supports Lifts Turns Seals Stores".Split(' ');

    private static readonly string[] Fillers = "for the a with of and to on your in it any all every most old new spare broken two three".Split(' ');

    private static readonly string[] Licenses = ["CERN-OHL-S-2.0", "CERN-OHL-W-2.0", "CERN-OHL-P-2.0", "CC-BY-SA-4.0", "CC-BY-4.0", "GPL-3.0-or-later", "MIT", "NOASSERTION"];

    private static readonly string[] Plastics = ["PLA", "PETG", "ABS", "TPU", "ASA", "NYLON"];

    private static readonly string[] Stocks = ["PLYWOOD", "MDF", "ALUMINIUM", "ACRYLIC", "OAK", "BRASS"];

    private static readonly string[] Machines = ["prusa-mk3s", "shapeoko-3", "ender-3"];

    private static readonly string[] Syllables = "ba be bi bo bra ca ce co cra da de di do dre el fa fi fo ga ge go gra ha he ka ko la le li lo lu ma me mi mo na ne no pa pe po pra ra re ri ro sa se si so sta ta te ti to tra va ve vi vo wa za".Split(' ');

    /// <summary>The manifest of a design.</summary>
    public static byte[] Manifest(int number) => DesignManifest.Write(Design(number));

    /// <summary>The manifest of a design whose files are left out: it can be published without uploading any.</summary>
    public static byte[] ManifestWithoutFiles(int number)
    {
        var design = Design(number);
        return DesignManifest.Write(design with { Parts = [.. design.Parts.Select(static p => p with { Artefacts = [] })] });
    }

    /// <summary>A search as a person types it: one to three words of some design, some begun, some misspelt.</summary>
    public static string Query(Random random, int designs)
    {
        var words = (Design(random.Next(designs)) is var design && random.Next(3) > 0 ? design.Ref.Name.Replace('-', ' ') : design.Function.TrimEnd('.')).Split(' ');
        var start = random.Next(words.Length);
        var taken = words.Skip(start).Take(1 + random.Next(3)).ToArray();
        var last = taken[^1];
        taken[^1] = random.Next(10) switch
        {
            < 2 when last.Length > 3 => last[..^(1 + random.Next(2))],
            < 4 when last.Length > 4 => Misspell(last, random),
            _ => last,
        };
        return string.Join(' ', taken);
    }

    private static Design Design(int number)
    {
        var random = new Random(number);
        var name = new List<string>();
        if (random.Next(2) == 0)
            name.Add(Pick(Qualities, random));
        name.Add(random.Next(3) == 0 ? Tail(random) : Pick(Things, random));
        name.Add(Pick(Things, random));
        var sentence = new StringBuilder(Pick(Verbs, random));
        for (var word = 6 + random.Next(14); word > 0; word--)
            sentence.Append(' ').Append(random.Next(10) switch { < 4 => Pick(Fillers, random), < 7 => Pick(Things, random), < 8 => Pick(Qualities, random), _ => Tail(random) });
        var isPrinted = random.Next(10) < 7;
        return new Design
        {
            Ref = new DesignRef(string.Create(CultureInfo.InvariantCulture, $"{string.Join('-', name)}-{number}"), "1.0.0", default),
            Title = string.Join(' ', name.Prepend(random.Next(4) == 0 ? Tail(random) : Pick(Qualities, random))),
            Function = sentence.Append('.').ToString(),
            License = Pick(Licenses, random),
            Licensor = Tail(random),
            PublishedAt = DateTimeOffset.UnixEpoch,
            Parts = [.. Enumerable.Range(0, 1 + random.Next(3)).Select(part => Part(part, isPrinted, number, random))],
        };
    }

    private static DesignPart Part(int part, bool isPrinted, int number, Random random)
    {
        var size = Math.Round(Math.Exp(random.NextDouble() * 4 + 2), 1);
        var material = Pick(isPrinted ? Plastics : Stocks, random);
        var mesh = new Artefact { Path = string.Create(CultureInfo.InvariantCulture, $"part-{part}.stl"), Kind = ArtefactKind.Mesh, MediaType = "model/stl", Digest = Digest.Of([(byte)part, .. BitConverter.GetBytes(number)]), Size = 5 };
        var toolpath = new Artefact { Path = string.Create(CultureInfo.InvariantCulture, $"part-{part}.gcode"), Kind = ArtefactKind.Toolpath, MediaType = "text/x-gcode", Digest = Digest.Of("G28"u8), Size = 3, MachineClass = Pick(Machines, random), Material = material };
        return new DesignPart
        {
            Name = string.Create(CultureInfo.InvariantCulture, $"{Pick(Things, random)} {part}"),
            Process = isPrinted ? FabricationProcess.Printing : random.Next(3) == 0 ? FabricationProcess.LaserCutting : FabricationProcess.Milling,
            Material = material,
            OuterDimensionsMm = new Size3(size, Math.Round(size * (0.2 + random.NextDouble() * 0.8), 1), Math.Round(size * (0.1 + random.NextDouble() * 0.9), 1)),
            Artefacts = random.Next(10) < 2 ? [mesh, toolpath] : [mesh],
        };
    }

    // Rank r with a frequency of about 1/r.
    private static int Zipf(int count, Random random) => Math.Min(count - 1, (int)Math.Exp(random.NextDouble() * Math.Log(count)) - 1);

    private static string Pick(string[] words, Random random) => words[Zipf(words.Length, random)];

    private static string Tail(Random random)
    {
        var rank = 40 + Zipf(TailWords, random);
        var own = new Random(rank);
        var word = new StringBuilder();
        for (var syllable = 2 + own.Next(3); syllable > 0; syllable--)
            word.Append(Syllables[own.Next(Syllables.Length)]);
        return rank % 5 == 0 ? word.Append(CultureInfo.InvariantCulture, $"{rank % 100}").ToString() : word.ToString();
    }

    private static string Misspell(string word, Random random)
    {
        var at = 1 + random.Next(word.Length - 2);
        return random.Next(3) switch
        {
            0 => word.Remove(at, 1),
            1 => word.Insert(at, "e"),
            _ => $"{word[..at]}{word[at + 1]}{word[at]}{word[(at + 2)..]}",
        };
    }
}
