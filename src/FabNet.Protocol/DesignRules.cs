// What every published design keeps to, checked by whoever writes or reads a manifest.

using System.Buffers;
using System.Globalization;
using FabNet.Model;
using FabNet.Model.Designs;

namespace FabNet.Protocol;

/// <summary>The rules of a manifest beyond its form: names, lengths, paths, digests, and that nothing contradicts itself.</summary>
internal static class DesignRules
{
    public const int MaxAttribution = 200;

    public const int MaxBought = 2_000;

    public const int MaxOkhFields = 200;

    public const int MaxSettings = 200;

    public const int MaxRuns = 1_000;

    private const int MaxTitle = 200;

    private const int MaxText = 8_000;

    private const int MaxWord = 64;

    private const int MaxSetting = 1_000;

    private const int MaxOkhValue = 32_000;

    private static readonly SearchValues<char> VersionCharacters =
        SearchValues.Create("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz.+-_");

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    /// <summary>Refuses a design that breaks a rule.</summary>
    /// <exception cref="FormatException">The message says which field, what is wrong, and what is right.</exception>
    public static void Check(Design design)
    {
        CheckName(design.Ref, "");
        RequireText(design.Title, "title", MaxTitle, isRequired: true);
        RequireText(design.Function, "function", MaxText, isRequired: false);
        RequireText(design.License, "license", MaxTitle, isRequired: true);
        RequireText(design.Licensor, "licensor", MaxTitle, isRequired: false);
        RequireText(design.Repository, "repo", MaxText, isRequired: false);
        CheckOrigin(design);
        RequireCount(design.Attribution.Count, MaxAttribution, "attribution");
        foreach (var credit in design.Attribution)
        {
            RequireText(credit, "a line of attribution", MaxTitle, isRequired: true);
        }

        RequireCount(design.BillOfMaterials.Count, MaxBought, "billOfMaterials");
        foreach (var bought in design.BillOfMaterials)
        {
            CheckBought(bought);
        }

        RequireTexts(design.OkhFields, "okh", MaxOkhFields, MaxOkhValue);
        RequireCount(design.Parts.Count, DesignManifest.MaxParts, "parts");
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var part in design.Parts)
        {
            CheckPart(part);
            if (!seen.Add(ComposedText.Of(part.Name)))
            {
                throw new FormatException($"parts: the name '{part.Name}' stands there twice (neither case matters, nor how an accent is written). Give each part a name of its own.");
            }
        }

        CheckArtefacts([.. design.Files, .. design.Parts.SelectMany(p => p.Artefacts)]);
    }

    private static void CheckPart(DesignPart part)
    {
        RequireText(part.Name, "a part's name", MaxTitle, isRequired: true);
        RequireMaterial(part.Material, $"the material of part '{part.Name}'");
        if (part.Quantity is < 1 or > 100_000)
        {
            throw new FormatException($"The quantity of part '{part.Name}' is {part.Quantity}; it must be from 1 to 100000.");
        }

        if (part.Requirements is { } requirements)
        {
            CheckRequirements(requirements, $"that part '{part.Name}' requires");
        }

        RequireTexts(part.OkhFields, $"okh of part '{part.Name}'", MaxOkhFields, MaxOkhValue);
    }

    private static void CheckRequirements(PartRequirements requirements, string of)
    {
        RequireNumber(requirements.NozzleMm, $"The nozzle {of}", 1_000);
        RequireNumber(requirements.ToleranceMm, $"The tolerance {of}", 1_000);
        RequireNumber(requirements.LayerMm, $"The layer height {of}", 1_000);
        if (requirements.InfillPercent is < 0 or > 100 or double.NaN)
        {
            throw new FormatException($"The infill {of} is {requirements.InfillPercent} %; it must be from 0 to 100.");
        }

        RequireText(requirements.Tool, $"the tool {of}", MaxTitle, isRequired: false);
        if (requirements == new PartRequirements())
        {
            throw new FormatException($"What is there {of} is nothing; leave the requirements out.");
        }
    }

    private static void CheckName(DesignRef design, string of)
    {
        Names.Require(design.Name, $"design name{of}");
        var version = design.Version;
        if (version is not { Length: > 0 and <= MaxWord } || version.AsSpan().IndexOfAnyExcept(VersionCharacters) >= 0 || !char.IsAsciiLetterOrDigit(version[0]))
        {
            throw new FormatException($"version{of} is '{version}'. Use 1 to {MaxWord} letters, digits, dots, dashes, plus signs and underscores, such as 1.2.0.");
        }
    }

    private static void CheckOrigin(Design design)
    {
        if (design.Publisher is not null)
        {
            Names.Require(design.Publisher, "publisher's namespace");
        }

        if (design.Commit is { } commit && (commit.Length is not (40 or 64) || commit.AsSpan().IndexOfAnyExcept(HexDigits) >= 0))
        {
            throw new FormatException($"commit is '{Printable(commit)}', not 40 or 64 lower-case hexadecimal digits.");
        }

        if (design.ForkOf is { } origin)
        {
            CheckName(origin.Design, " in forkOf");
            RequireDigest(origin.Design.Manifest, "forkOf.manifest");
            if (origin.Publisher is { } publisher)
            {
                RequireDigest(publisher, "forkOf.publisher");
            }
        }
    }

    private static void CheckBought(BoughtPart bought)
    {
        RequireText(bought.Name, "a name in billOfMaterials", MaxTitle, isRequired: true);
        RequireNumber(bought.Quantity, $"The quantity of '{bought.Name}' in billOfMaterials", 1_000_000_000);
        RequireText(bought.Unit, $"the unit of '{bought.Name}'", MaxWord, isRequired: false);
        RequireText(bought.Reference, $"the reference of '{bought.Name}'", MaxTitle, isRequired: false);
        RequireText(bought.Link, $"the link of '{bought.Name}'", MaxText, isRequired: false);
    }

    private static void CheckArtefacts(IReadOnlyList<Artefact> artefacts)
    {
        RequireCount(artefacts.Count, DesignManifest.MaxArtefacts, "The design's files");
        var byPath = new Dictionary<string, Artefact>(StringComparer.OrdinalIgnoreCase);
        foreach (var artefact in artefacts)
        {
            CheckArtefact(artefact);
            if (!byPath.TryAdd(ComposedText.Of(artefact.Path), artefact))
            {
                var other = byPath[ComposedText.Of(artefact.Path)];
                if ((other.Path, other.Digest, other.Size, other.MediaType) != (artefact.Path, artefact.Digest, artefact.Size, artefact.MediaType))
                {
                    throw new FormatException($"The path '{artefact.Path}' stands for two different files (neither case matters, nor how an accent is written).");
                }
            }
        }

        if (artefacts.GroupBy(a => a.Digest).FirstOrDefault(g => g.DistinctBy(a => a.Size).Skip(1).Any()) is { } contradiction)
        {
            throw new FormatException($"The digest of '{contradiction.First().Path}' stands there with two sizes.");
        }

        foreach (var path in byPath.Keys)
        {
            for (var slash = path.IndexOf('/', StringComparison.Ordinal); slash >= 0; slash = path.IndexOf('/', slash + 1))
            {
                if (byPath.ContainsKey(path[..slash]))
                {
                    throw new FormatException($"The path '{path[..slash]}' is a file, and '{path}' needs it to be a folder.");
                }
            }
        }
    }

    private static void CheckArtefact(Artefact artefact)
    {
        if (DesignPath.FindFault(artefact.Path) is { } fault)
        {
            throw new FormatException($"The path '{Printable(artefact.Path)}' {fault}.");
        }

        RequireDigest(artefact.Digest, $"The digest of '{artefact.Path}'");
        if (artefact.Size < 0)
        {
            throw new FormatException($"The size of '{artefact.Path}' is {artefact.Size}; it can't be negative.");
        }

        RequireText(artefact.MediaType, $"the media type of '{artefact.Path}'", MaxTitle, isRequired: true);
        RequireMaterial(artefact.Material, $"the material of '{artefact.Path}'");
        if (artefact.MachineClass is { } machine && !IsMachineClass(machine))
        {
            throw new FormatException($"The machine class of '{artefact.Path}' is '{Printable(machine)}'. Write a machine profile's name, such as shapeoko-3.");
        }

        RequireTexts(artefact.Settings, $"settings of '{artefact.Path}'", MaxSettings, MaxSetting);
        RequireCount(artefact.Runs.Count, MaxRuns, $"runs of '{artefact.Path}'");
        foreach (var run in artefact.Runs)
        {
            RequireDigest(run, $"A run of '{artefact.Path}'");
        }
    }

    private static void RequireCount(int count, int max, string what)
    {
        if (count > max)
        {
            throw new FormatException($"{what}: there are {count}; at most {max} are allowed.");
        }
    }

    // A number that is written as 0 would say something else than it was.
    private static void RequireNumber(double? number, string what, double max)
    {
        if (number is { } value && !(value >= 0.0005 && value <= max))
        {
            throw new FormatException($"{what} is {value}; it must be from 0.001 to {max}.");
        }
    }

    private static void RequireDigest(Digest digest, string what)
    {
        if (!Digest.TryParse(digest.Value, out _))
        {
            throw new FormatException($"{what} is '{Printable(digest.Value ?? "")}', not sha256: and 64 hexadecimal digits.");
        }
    }

    private static void RequireTexts(IReadOnlyDictionary<string, string> texts, string what, int maxCount, int maxLength)
    {
        RequireCount(texts.Count, maxCount, what);
        foreach (var (name, text) in texts)
        {
            RequireText(name, $"a name in {what}", MaxWord, isRequired: true);
            RequireText(text, $"'{Printable(name)}' in {what}", maxLength, isRequired: false);
            if (name.AsSpan().IndexOfAny('\n', '\t') >= 0 || text.AsSpan().IndexOfAny('\n', '\t') >= 0)
            {
                throw new FormatException($"'{Printable(name)}' in {what} is more than one line.");
            }
        }
    }

    private static void RequireMaterial(string? material, string what)
    {
        RequireText(material, what, MaxWord, isRequired: false);
        if (material is not null && (material.Length == 0 || material.Any(char.IsLower)))
        {
            throw new FormatException($"{what} is '{material}'; write it in upper case, such as PLA.");
        }
    }

    private static void RequireText(string? text, string what, int maxLength, bool isRequired)
    {
        if (isRequired && string.IsNullOrWhiteSpace(text))
        {
            throw new FormatException($"{what} is empty.");
        }

        if (text?.Length > maxLength)
        {
            throw new FormatException($"{what} has {text.Length} characters; at most {maxLength} are allowed.");
        }

        if (text is not null && text.AsSpan().IndexOfAnyExceptInRange(' ', '~') >= 0 && text.Any(IsControl))
        {
            throw new FormatException($"{what} has control characters in it.");
        }
    }

    private static bool IsMachineClass(string name) =>
        name.Length is > 0 and <= MaxWord && char.IsAsciiLetterOrDigit(name[0]) && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '.' or '-');

    // A line feed and a tab are text; anything else of that kind could steer a reader's terminal, or show it in another order.
    private static bool IsControl(char c) => c is not ('\n' or '\t')
        && (char.GetUnicodeCategory(c) is UnicodeCategory.Control || c is (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069'));

    private static string Printable(string text) => string.Concat((text.Length > 100 ? text[..100] : text).Where(c => !IsControl(c)));
}
