// What one licence asks for, as facts: its kind, its family and version, and the duties that come with it.

namespace FabNet.Model.Licensing;

/// <summary>How far a licence reaches into what is made of the work.</summary>
public enum LicenseKind
{
    /// <summary>Nothing is known here about its terms; only the same licence is sure to keep to them.</summary>
    Unknown,

    /// <summary>Everything is waived.</summary>
    PublicDomain,

    /// <summary>Notices are kept; a fork may take another licence.</summary>
    Permissive,

    /// <summary>Changed files or designs keep the licence; what they are built into need not.</summary>
    WeakCopyleft,

    /// <summary>Everything made of the work keeps the licence.</summary>
    Copyleft,

    /// <summary>Some uses or changes are forbidden to everybody: non-commercial, no derivatives.</summary>
    Restricted,

    /// <summary>Free for commoners; a for-profit organisation owes reciprocity (CopyFair).</summary>
    Reciprocal,
}

/// <summary>What a licence asks of who makes, gives away or changes the work.</summary>
[Flags]
public enum LicenseDuties
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Name the authors.</summary>
    Attribution = 1,

    /// <summary>Keep notices and the licence's text with copies.</summary>
    Notice = 2,

    /// <summary>Publish changed versions under the same licence.</summary>
    ShareAlike = 4,

    /// <summary>Give the sources to who gets the product, or say where they are.</summary>
    SourceOffer = 8,

    /// <summary>No commercial use.</summary>
    NonCommercial = 16,

    /// <summary>No changed versions are to be published.</summary>
    NoDerivatives = 32,

    /// <summary>A for-profit organisation owes the published rate for each production.</summary>
    Reciprocity = 64,
}

/// <summary>The terms of one licence.</summary>
/// <param name="Kind">How far it reaches.</param>
/// <param name="Family">Licences that differ in their version only, such as <c>GPL</c> or <c>CC-BY-SA</c>; the identifier itself where there is one version.</param>
/// <param name="Version">Its version; 0.0 where there is none.</param>
/// <param name="OrLater">True if a later version of the family may be chosen by who receives the work.</param>
/// <param name="MayGoLater">True if a fork may take a later version: who receives the work may choose one, or the licence itself allows adaptations that (Creative Commons since 2.0).</param>
/// <param name="Duties">What it asks.</param>
public sealed record LicenseTerms(LicenseKind Kind, string Family, Version Version, bool OrLater, bool MayGoLater, LicenseDuties Duties)
{
    private const LicenseDuties Kept = LicenseDuties.Attribution | LicenseDuties.Notice;
    private const LicenseDuties Shared = Kept | LicenseDuties.ShareAlike;
    private const LicenseDuties Sourced = Shared | LicenseDuties.SourceOffer;

    private static readonly string[] Waivers = ["CC0-1.0", "CC-PDDC", "CC-PDM-1.0", "Unlicense", "0BSD", "MIT-0", "PDDL-1.0", "WTFPL", "SAX-PD", "blessing"];

    private static readonly string[] Permissive =
        ["Apache-", "BSL-1.0", "CERN-OHL-P-", "ECL-", "ISC", "NCSA", "ODC-By-", "SHL-", "UPL-1.0", "Zlib", "X11", "zlib-acknowledgement", "Unicode-", "PSF-2.0", "Python-2.0", "AFL-"];

    // Families whose copyleft stays with the changed design or file; then those whose copyleft takes in the whole. A family's identifier ends with its version.
    private static readonly string[] Weak = ["CERN-OHL-W-", "LGPL-", "MPL-", "EPL-", "CDDL-", "CPL-", "Artistic-2", "MS-RL", "OFL-"];

    private static readonly string[] Strong =
        ["CERN-OHL-S-", "CERN-OHL-1", "TAPR-OHL-", "GPL-", "AGPL-", "EUPL-", "OSL-", "CECILL-2", "GFDL-", "LAL-", "ODbL-", "RPL-", "SSPL-", "CAL-1", "Parity-", "CC-SA-", "LiLiQ-R", "NGPL", "Sleepycat", "QPL-1.0"];

    private static readonly string[] SharedWithoutSources = ["CC-SA-", "LAL-", "ODbL-"];

    /// <summary>The terms of a licence.</summary>
    public static LicenseTerms Of(SimpleLicense license)
    {
        var id = license.Id;
        if (Reciprocity.IsReciprocal(license))
        {
            return new LicenseTerms(LicenseKind.Reciprocal, Reciprocity.FamilyOf(id), NoVersion, OrLater: false, MayGoLater: false, Shared | LicenseDuties.Reciprocity);
        }

        if (id.StartsWith("CC-BY", StringComparison.Ordinal))
        {
            return OfCreativeCommons(id);
        }

        var (kind, duties) =
            Waivers.Contains(id, StringComparer.Ordinal) ? (LicenseKind.PublicDomain, LicenseDuties.None)
            : id is "MIT" || id.StartsWith("MIT-", StringComparison.Ordinal) || id.StartsWith("BSD-", StringComparison.Ordinal) || Begins(id, Permissive) ? (LicenseKind.Permissive, Kept)
            : Begins(id, Weak) ? (LicenseKind.WeakCopyleft, id.StartsWith("OFL-", StringComparison.Ordinal) ? Shared : Sourced)
            : Begins(id, Strong) ? (LicenseKind.Copyleft, Begins(id, SharedWithoutSources) ? Shared : Sourced)
            : id.StartsWith("PolyForm-", StringComparison.Ordinal) || id.StartsWith("NCGL-", StringComparison.Ordinal) ? (LicenseKind.Restricted, Kept | LicenseDuties.NonCommercial)
            : (LicenseKind.Unknown, LicenseDuties.None);
        var (family, version, orLater) = Split(id);
        orLater |= license.OrLater;
        return new LicenseTerms(kind, family, version, orLater, orLater || IsLaterByItself(family), duties);
    }

    private static Version NoVersion { get; } = new(0, 0);

    // MPL 2.0 §10.2, EPL 2.0 §7, EUPL 1.2 §13, OSL 3.0 none: only those that say so in their own text.
    private static bool IsLaterByItself(string family) => family is "MPL" or "EPL" or "EUPL" or "CDDL";

    private static LicenseTerms OfCreativeCommons(string id)
    {
        var words = id.Split('-');
        var at = Array.FindIndex(words, w => char.IsAsciiDigit(w[0]));
        var elements = words[..at];
        var version = Version.Parse(words[at]);
        var duties = Kept | (elements.Contains("SA") ? LicenseDuties.ShareAlike : LicenseDuties.None) | (elements.Contains("NC") ? LicenseDuties.NonCommercial : LicenseDuties.None)
            | (elements.Contains("ND") ? LicenseDuties.NoDerivatives : LicenseDuties.None);
        var kind = (duties & (LicenseDuties.NonCommercial | LicenseDuties.NoDerivatives)) != LicenseDuties.None ? LicenseKind.Restricted
            : elements.Contains("SA") ? LicenseKind.Copyleft : LicenseKind.Permissive;

        // Versions for a country count as their version: since 2.0 an adaptation may take any of them, or a later one with the same elements.
        return new LicenseTerms(kind, string.Join('-', elements), version, OrLater: false, MayGoLater: version.Major >= 2, duties);
    }

    private static (string Family, Version Version, bool OrLater) Split(string id)
    {
        var orLater = id.EndsWith("-or-later", StringComparison.Ordinal);
        var bare = orLater ? id[..^"-or-later".Length] : id.EndsWith("-only", StringComparison.Ordinal) ? id[..^"-only".Length] : id;
        var dash = bare.LastIndexOf('-');
        return dash > 0 && Version.TryParse(bare.AsSpan(dash + 1), out var version)
            ? (bare[..dash], version, orLater)
            : (bare, NoVersion, orLater);
    }

    private static bool Begins(string id, string[] beginnings) => Array.Exists(beginnings, b => id.StartsWith(b, StringComparison.Ordinal));
}
