// Whether a work under one licence may be published as a fork under another: a fork cannot shed what its origin's licence asks.

namespace FabNet.Model.Licensing;

/// <summary>
/// Judges forks by what the licences themselves allow. It errs to the strict side: where a licence's terms are not known here, only the same licence will do.
/// </summary>
public static class ForkCompatibility
{
    private const LicenseDuties Restrictions = LicenseDuties.NonCommercial | LicenseDuties.NoDerivatives | LicenseDuties.Reciprocity;

    // One-way doors that the licences name themselves: CERN-OHL-W-2.0 §8.3 ff.; LGPL 2.x §3; LGPL 3 (GPL 3 plus permissions); MPL 2.0 §3.3; the lists of compatible licences at
    // the end of EUPL 1.1 and 1.2; Creative Commons' declarations for BY-SA 4.0 and the Free Art Licence.
    private static readonly (string Family, string Version, string[] To)[] Doors =
    [
        ("CERN-OHL-W", "2.0", ["CERN-OHL-S-2.0"]),
        ("LGPL", "2.0", ["GPL-2.0-only", "GPL-2.0-or-later", "GPL-3.0-only", "GPL-3.0-or-later"]),
        ("LGPL", "2.1", ["GPL-2.0-only", "GPL-2.0-or-later", "GPL-3.0-only", "GPL-3.0-or-later"]),
        ("LGPL", "3.0", ["GPL-3.0-only"]),
        ("MPL", "2.0", ["GPL-2.0-only", "GPL-2.0-or-later", "GPL-3.0-only", "GPL-3.0-or-later", "LGPL-2.1-only", "LGPL-2.1-or-later", "LGPL-3.0-only", "LGPL-3.0-or-later", "AGPL-3.0-only", "AGPL-3.0-or-later"]),
        ("EUPL", "1.1", ["GPL-2.0-only", "OSL-2.1", "OSL-3.0", "CPL-1.0", "EPL-1.0", "CECILL-2.0"]),
        ("EUPL", "1.2", ["GPL-2.0-only", "GPL-3.0-only", "AGPL-3.0-only", "OSL-2.1", "OSL-3.0", "EPL-1.0", "CECILL-2.0", "CECILL-2.1", "MPL-2.0", "LGPL-2.1-only", "LGPL-3.0-only", "CC-BY-SA-3.0", "LiLiQ-R-1.1", "LiLiQ-Rplus-1.1"]),
        ("CC-BY-SA", "4.0", ["GPL-3.0-only", "LAL-1.3"]),
        ("LAL", "1.3", ["CC-BY-SA-4.0"]),
    ];

    /// <summary>Why a work under one licence may not be published as a fork under another; null if it may.</summary>
    /// <param name="origin">The licence of what is forked.</param>
    /// <param name="fork">The licence that the fork is to have.</param>
    public static string? FindObstacle(LicenseExpression origin, LicenseExpression fork)
    {
        // The fork's recipients may take any way that it offers, so each must keep to some way in which its maker took the origin.
        string? first = null;
        foreach (var offered in fork.Alternatives())
        {
            string? obstacle = null;
            foreach (var taken in origin.Alternatives())
            {
                obstacle = Judge(taken, offered);
                if (obstacle is null)
                {
                    break;
                }

                first ??= obstacle;
            }

            if (obstacle is not null)
            {
                return first;
            }
        }

        return null;
    }

    private static string? Judge(IReadOnlyList<SimpleLicense> taken, IReadOnlyList<SimpleLicense> offered)
    {
        foreach (var asked in taken)
        {
            string? obstacle = null;
            foreach (var given in offered)
            {
                obstacle = Judge(asked, given);
                if (obstacle is null)
                {
                    break;
                }
            }

            if (obstacle is not null)
            {
                return obstacle;
            }

            if (LicenseTerms.Of(asked) is { Kind: LicenseKind.Copyleft } && offered.FirstOrDefault(g => AddsCondition(g, taken)) is { } added)
            {
                return $"{asked} allows no further condition, and {added} adds one. Publish the fork under {asked} without it.";
            }
        }

        return null;
    }

    private static bool AddsCondition(SimpleLicense given, IReadOnlyList<SimpleLicense> taken) => (LicenseTerms.Of(given).Duties & Restrictions) != LicenseDuties.None && !taken.Contains(given);

    private static string? Judge(SimpleLicense asked, SimpleLicense given)
    {
        var (from, to) = (LicenseTerms.Of(asked), LicenseTerms.Of(given));
        return (asked, given) switch
        {
            ({ IsNoAssertion: true }, _) => "The origin names no licence, and without one nobody but its authors may publish a changed version. Ask its publisher to name one.",
            (_, { IsNoAssertion: true }) => $"A fork names its licence. Take the origin's: {asked}.",
            _ when from.Duties.HasFlag(LicenseDuties.NoDerivatives) => $"{asked} forbids publishing changed versions. Ask its licensor for another licence, or pull it and keep your changes.",
            _ when asked == given => null,
            _ when from.Kind is LicenseKind.PublicDomain => null,
            _ when to.Kind is LicenseKind.PublicDomain => $"{asked} asks that {DutyOf(from)}, and {given} waives that. Publish the fork under {asked}.",
            _ when from.Kind is LicenseKind.Permissive => JudgePermissive(asked, given, to),
            _ when from.Kind is LicenseKind.Unknown => $"What {asked} allows is not known here, so a fork of it keeps {asked}.",
            _ when from.Duties.HasFlag(LicenseDuties.NonCommercial) && !from.Duties.HasFlag(LicenseDuties.ShareAlike) => to.Duties.HasFlag(LicenseDuties.NonCommercial) ? null
                : $"{asked} keeps the work from commercial use, and {given} would allow it. Publish the fork under {asked} or another non-commercial licence.",
            _ => JudgeCopyleft(asked, given, from, to),
        };
    }

    // Their notices stay with the fork. Two kinds contradict the GNU licences: an advertising clause, and Apache's patent terms before version 3 (GNU's list of licences).
    private static string? JudgePermissive(SimpleLicense asked, SimpleLicense given, LicenseTerms to)
    {
        if (to.Family is not ("GPL" or "LGPL" or "AGPL"))
        {
            return null;
        }

        return asked.Id switch
        {
            "BSD-4-Clause" or "BSD-4-Clause-UC" or "Apache-1.0" or "Apache-1.1" => $"{asked} asks to be named in advertising or not to be named, which {given} does not allow to ask. Publish the fork under {asked}.",
            "Apache-2.0" when to is { Version.Major: < 3, OrLater: false } => $"{asked} has patent terms that {given} does not allow to ask. Publish the fork under {asked}, or under {to.Family}-3.0-only.",
            _ => null,
        };
    }

    private static string? JudgeCopyleft(SimpleLicense asked, SimpleLicense given, LicenseTerms from, LicenseTerms to)
    {
        if (given.Exception is not null && given.Exception != asked.Exception)
        {
            return $"{given} gives a permission that {asked} does not give. Publish the fork under {asked}.";
        }

        if (from.Family == to.Family && IsSameOrLater(from, to))
        {
            return null;
        }

        if (Doors.Any(d => d.Family == from.Family && d.Version == from.Version.ToString()
            && (d.To.Contains(given.Id, StringComparer.Ordinal) || (from.OrLater && d.To.Any(t => IsLaterOf(t, to))))) && !(given.OrLater && !from.OrLater))
        {
            return null;
        }

        if (from.Family == to.Family)
        {
            return to.OrLater && !from.OrLater && from.Version == to.Version
                ? $"{asked} is this version only, and {given} would allow later ones. Publish the fork under {asked}."
                : $"{asked} allows no other version of itself such as {given}. Publish the fork under {asked}.";
        }

        var shed = from.Kind is LicenseKind.Reciprocal ? "reciprocity" : from.Family.StartsWith("CC-", StringComparison.Ordinal) ? "share-alike" : "copyleft";
        return $"A fork cannot shed {shed}: {asked} asks that changed versions stay under it, and {given} is another licence. Publish the fork under {asked}.";
    }

    private static bool IsSameOrLater(LicenseTerms from, LicenseTerms to) => from.Version == to.Version
        ? from.OrLater || !to.OrLater
        : from.MayGoLater && to.Version > from.Version;

    // "or later" of the origin goes through a door into a later version than the door's own.
    private static bool IsLaterOf(string door, LicenseTerms to)
    {
        var terms = LicenseTerms.Of(new SimpleLicense(door));
        return terms.Family == to.Family && to.Version >= terms.Version;
    }

    private static string DutyOf(LicenseTerms terms) => terms.Duties.HasFlag(LicenseDuties.ShareAlike) ? "changed versions stay under it" : "its authors be named and its notices kept";
}
