// A licence as SPDX writes it: one licence, several that all hold, or several to choose from.

namespace FabNet.Model.Licensing;

/// <summary>
/// An SPDX licence expression (specification 2.3, annex D). Its written form is canonical: the list's spelling, parts sorted and each once, no needless
/// brackets, out-of-use GNU identifiers in today's form. Equal meaning as far as that goes, equal text; compare <see cref="ToString"/>.
/// </summary>
public abstract record LicenseExpression
{
    /// <summary>The most characters that an expression may have.</summary>
    public const int MaxLength = 1_000;

    /// <summary>What a manifest says that names no licence.</summary>
    public const string NoAssertion = "NOASSERTION";

    /// <summary>Reads an expression.</summary>
    /// <exception cref="LicenseSyntaxException">It is none; the message says where and why.</exception>
    public static LicenseExpression Parse(string text) => LicenseExpressionParser.Parse(text);

    /// <summary>The canonical text.</summary>
    public abstract override string ToString();

    /// <summary>
    /// The ways in which a recipient may take the work: each is a set of licences that all hold. <c>A AND (B OR C)</c> has two.
    /// </summary>
    /// <exception cref="LicenseSyntaxException">There are more than <see cref="MaxAlternatives"/>.</exception>
    public abstract IReadOnlyList<IReadOnlyList<SimpleLicense>> Alternatives();

    /// <summary>The most ways to take a work that an expression may leave open.</summary>
    public const int MaxAlternatives = 256;

    /// <summary>Refuses an expression that nobody could read.</summary>
    protected static T Bounded<T>(T alternatives)
        where T : IReadOnlyCollection<IReadOnlyList<SimpleLicense>> => alternatives.Count <= MaxAlternatives ? alternatives
            : throw new LicenseSyntaxException($"The licence leaves more than {MaxAlternatives} ways to take the work. Write it more simply.", 1);
}

/// <summary>One licence, or <c>NOASSERTION</c>.</summary>
/// <param name="Id">An identifier of the SPDX list in its spelling, <c>LicenseRef-…</c>, <c>DocumentRef-…:LicenseRef-…</c>, or <c>NOASSERTION</c>.</param>
/// <param name="OrLater">True for a plus sign: this version or a later one. GNU licences say so in their identifier instead.</param>
/// <param name="Exception">The exception after <c>WITH</c>; null if there is none.</param>
public sealed record SimpleLicense(string Id, bool OrLater = false, string? Exception = null) : LicenseExpression
{
    /// <summary>True if no licence is asserted.</summary>
    public bool IsNoAssertion => Id == NoAssertion;

    /// <inheritdoc />
    public override string ToString() => Id + (OrLater ? "+" : "") + (Exception is null ? "" : $" WITH {Exception}");

    /// <inheritdoc />
    public override IReadOnlyList<IReadOnlyList<SimpleLicense>> Alternatives() => [[this]];
}

/// <summary>Licences that all hold.</summary>
/// <param name="Parts">Two or more, sorted, none of them an <see cref="AllOf"/>.</param>
public sealed record AllOf(IReadOnlyList<LicenseExpression> Parts) : LicenseExpression
{
    /// <inheritdoc />
    public override string ToString() => string.Join(" AND ", Parts.Select(p => p is AnyOf ? $"({p})" : p.ToString()));

    /// <inheritdoc />
    public override IReadOnlyList<IReadOnlyList<SimpleLicense>> Alternatives()
    {
        List<IReadOnlyList<SimpleLicense>> ways = [[]];
        foreach (var part in Parts)
        {
            var further = part.Alternatives();
            ways = Bounded(ways.SelectMany(w => further.Select(f => (IReadOnlyList<SimpleLicense>)[.. w.Concat(f).Distinct()])).Take(MaxAlternatives + 1).ToList());
        }

        return ways;
    }
}

/// <summary>Licences of which the recipient chooses one.</summary>
/// <param name="Parts">Two or more, sorted, none of them an <see cref="AnyOf"/>.</param>
public sealed record AnyOf(IReadOnlyList<LicenseExpression> Parts) : LicenseExpression
{
    /// <inheritdoc />
    public override string ToString() => string.Join(" OR ", Parts);

    /// <inheritdoc />
    public override IReadOnlyList<IReadOnlyList<SimpleLicense>> Alternatives() => Bounded(Parts.SelectMany(p => p.Alternatives()).Take(MaxAlternatives + 1).ToList());
}
