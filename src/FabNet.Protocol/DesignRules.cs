// What every published design keeps to, checked by whoever writes or reads a manifest.

using System.Buffers;
using System.Globalization;
using FabNet.Model;
using FabNet.Model.Designs;

namespace FabNet.Protocol;

/// <summary>The rules of a manifest beyond its form: names, lengths, paths, digests, and that nothing contradicts itself.</summary>
internal static class DesignRules
{
    private const int MaxTitle = 200;

    private const int MaxText = 8_000;

    private const int MaxWord = 64;

    private static readonly SearchValues<char> VersionCharacters =
        SearchValues.Create("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz.+-_");

    /// <summary>Refuses a design that breaks a rule.</summary>
    /// <exception cref="FormatException">The message says which field, what is wrong, and what is right.</exception>
    public static void Check(Design design)
    {
        Names.Require(design.Ref.Name, "design name");
        var version = design.Ref.Version;
        if (version is not { Length: > 0 and <= MaxWord } || version.AsSpan().IndexOfAnyExcept(VersionCharacters) >= 0 || !char.IsAsciiLetterOrDigit(version[0]))
        {
            throw new FormatException($"version is '{version}'. Use 1 to {MaxWord} letters, digits, dots, dashes, plus signs and underscores, such as 1.2.0.");
        }

        RequireText(design.Title, "title", MaxTitle, isRequired: true);
        RequireText(design.Function, "function", MaxText, isRequired: false);
        RequireText(design.License, "license", MaxTitle, isRequired: true);
        RequireText(design.Licensor, "licensor", MaxTitle, isRequired: false);
        RequireText(design.Repository, "repo", MaxText, isRequired: false);
        if (design.Parts.Count > DesignManifest.MaxParts)
        {
            throw new FormatException($"parts: there are {design.Parts.Count}; at most {DesignManifest.MaxParts} are allowed.");
        }

        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var part in design.Parts)
        {
            CheckPart(part);
            if (!seen.Add(part.Name))
            {
                throw new FormatException($"parts: the name '{part.Name}' stands there twice (case does not matter). Give each part a name of its own.");
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
    }

    private static void CheckArtefacts(IReadOnlyList<Artefact> artefacts)
    {
        if (artefacts.Count > DesignManifest.MaxArtefacts)
        {
            throw new FormatException($"The design names {artefacts.Count} files; at most {DesignManifest.MaxArtefacts} are allowed.");
        }

        var byPath = new Dictionary<string, Artefact>(StringComparer.OrdinalIgnoreCase);
        foreach (var artefact in artefacts)
        {
            CheckArtefact(artefact);
            if (!byPath.TryAdd(artefact.Path, artefact))
            {
                var other = byPath[artefact.Path];
                if ((other.Path, other.Digest, other.Size, other.MediaType) != (artefact.Path, artefact.Digest, artefact.Size, artefact.MediaType))
                {
                    throw new FormatException($"The path '{artefact.Path}' stands for two different files (case does not matter).");
                }
            }
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

        if (!Digest.TryParse(artefact.Digest.Value, out _))
        {
            throw new FormatException($"The digest of '{artefact.Path}' is '{Printable(artefact.Digest.Value)}', not sha256: and 64 hexadecimal digits.");
        }

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
