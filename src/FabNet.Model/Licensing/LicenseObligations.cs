// What a licence asks of somebody who orders or makes a design, in sentences.

using System.Globalization;

namespace FabNet.Model.Licensing;

/// <summary>One duty.</summary>
/// <param name="Duty">Which.</param>
/// <param name="License">The licence that asks for it.</param>
/// <param name="Text">One sentence for the person who has to do it.</param>
public sealed record LicenseObligation(LicenseDuties Duty, string License, string Text);

/// <summary>The duties of a licence expression.</summary>
public static class LicenseObligations
{
    private static readonly (LicenseDuties Duty, string Text)[] Sentences =
    [
        (LicenseDuties.Attribution, "Name the authors where you show or sell what you make: {0}."),
        (LicenseDuties.Notice, "Keep the design's notices and the text of {1} with every copy of its files."),
        (LicenseDuties.ShareAlike, "Publish a changed version under {1} too."),
        (LicenseDuties.SourceOffer, "Give the design's sources to who gets the product, or say where they are{2}."),
        (LicenseDuties.NonCommercial, "Don't sell it, and don't make it for money."),
        (LicenseDuties.NoDerivatives, "Make it as it is: changed versions may not be published."),
        (LicenseDuties.Reciprocity, "Free for persons, co-operatives, non-profits and contributors to the commons; for a for-profit organisation each production is a claim at the published rate."),
    ];

    /// <summary>
    /// The duties, for each way in which the recipient may take the work (<see cref="LicenseExpression.Alternatives"/>): one list for a licence without OR. An empty list
    /// asks nothing.
    /// </summary>
    /// <param name="license">The design's licence.</param>
    /// <param name="licensor">Who is to be named; may be empty.</param>
    /// <param name="source">Where the sources are; null if not stated.</param>
    public static IReadOnlyList<IReadOnlyList<LicenseObligation>> Of(LicenseExpression license, string licensor, string? source) =>
        [.. license.Alternatives().Select(way => way.SelectMany(l => OfOne(l, licensor, source)).DistinctBy(o => o.Text).ToList())];

    /// <summary>What a licence asks as lines for a person, whatever its text; where there is a choice, each line begins with its way.</summary>
    /// <param name="license">The licence as a manifest states it.</param>
    /// <param name="licensor">Who is to be named; may be empty.</param>
    /// <param name="source">Where the sources are; null if not stated.</param>
    public static IReadOnlyList<string> Tell(string license, string licensor, string? source)
    {
        try
        {
            var ways = Of(LicenseExpression.Parse(license), licensor, source);
            return ways.Count == 1 ? [.. ways[0].Select(o => o.Text)]
                : [.. ways.SelectMany((way, i) => way.Count == 0 ? [$"{Way(i)}: Nothing."] : way.Select(o => $"{Way(i)}: {o.Text}"))];
        }
        catch (LicenseSyntaxException e)
        {
            return [$"{e.Message}. Read it before you make anything for others."];
        }
    }

    private static string Way(int index) => string.Create(CultureInfo.InvariantCulture, $"way {index + 1}");

    private static IEnumerable<LicenseObligation> OfOne(SimpleLicense license, string licensor, string? source)
    {
        var terms = LicenseTerms.Of(license);
        if (terms.Kind is LicenseKind.Unknown)
        {
            yield return new LicenseObligation(LicenseDuties.None, license.ToString(), license.IsNoAssertion
                ? "The design names no licence: ask its publisher before you make it for anybody else."
                : $"Read {license} before you make it: its terms are not known here.");
        }

        foreach (var (duty, text) in Sentences.Where(s => terms.Duties.HasFlag(s.Duty)))
        {
            yield return new LicenseObligation(duty, license.ToString(), string.Format(
                CultureInfo.InvariantCulture, text, licensor.Length > 0 ? licensor : "as the design names them", license, source is null ? "" : $": {source}"));
        }
    }
}
