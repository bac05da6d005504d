// Verdicts as statements, messages and commands write them.

namespace FabNet.Protocol.Statements;

/// <summary>The words for verdicts.</summary>
public static class VerdictWords
{
    /// <summary><c>validated</c>, <c>needs-work</c> or <c>unsafe</c>.</summary>
    public static string ToText(this Verdict verdict) => verdict switch
    {
        Verdict.Validated => "validated",
        Verdict.NeedsWork => "needs-work",
        _ => "unsafe",
    };

    /// <summary>Reads one of the three words.</summary>
    /// <exception cref="FormatException">It is another.</exception>
    public static Verdict Parse(string text) => Enum.GetValues<Verdict>().Where(v => v.ToText() == text).Cast<Verdict?>().FirstOrDefault()
        ?? throw new FormatException($"'{text}' is no verdict. Write validated, needs-work or unsafe.");
}
