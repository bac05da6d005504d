// CopyFair: which licences ask reciprocity of for-profit organisations, and who owes it. economics.md's rule as a function.

using System.Text.Json.Serialization;

namespace FabNet.Model.Licensing;

/// <summary>What an organisation is, as it says of itself.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<OrganisationKind>))]
public enum OrganisationKind
{
    /// <summary>A person.</summary>
    Person,

    /// <summary>A co-operative.</summary>
    Cooperative,

    /// <summary>A non-profit organisation.</summary>
    Nonprofit,

    /// <summary>A company that works for profit.</summary>
    Company,
}

/// <summary>
/// Reciprocal licences are free for commoners (persons, co-operatives, non-profits, contributors to the commons). A for-profit organisation may use them
/// too, and each production is a claim at the published rate. Nothing here blocks anybody, and an open licence never gets a condition.
/// </summary>
public static class Reciprocity
{
    // The Peer Production Licence and its kin. SPDX lists it as PPL; before, it was written as a reference.
    private static readonly Dictionary<string, string> Families = new(StringComparer.OrdinalIgnoreCase)
    {
        ["PPL"] = "PPL",
        ["LicenseRef-PPL"] = "PPL",
        ["LicenseRef-Peer-Production"] = "PPL",
        ["LicenseRef-CopyFair"] = "CopyFair",
        ["LicenseRef-Coopyleft"] = "Coopyleft",
        ["LicenseRef-CBRL"] = "CBRL",
    };

    /// <summary>True for the Peer Production Licence and its kin, and for nothing else.</summary>
    public static bool IsReciprocal(SimpleLicense license) => Families.ContainsKey(license.Id);

    /// <summary>True if production under a licence is a claim for this organisation: no alternative is free for it. A choice that has an open licence in it is open.</summary>
    /// <param name="license">The design's licence.</param>
    /// <param name="organisation">Who makes it.</param>
    /// <param name="isContributor">True if it contributes to the commons: designs, attestations or runs of its own that count.</param>
    public static bool OwesClaim(LicenseExpression license, OrganisationKind organisation, bool isContributor) =>
        organisation is OrganisationKind.Company && !isContributor && license.Alternatives().All(way => way.Any(IsReciprocal));

    internal static string FamilyOf(string id) => Families[id];
}
