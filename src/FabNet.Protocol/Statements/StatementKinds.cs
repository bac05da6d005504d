// The kinds of statements, their media types and how long each may be.

namespace FabNet.Protocol.Statements;

/// <summary>The kinds of statements.</summary>
public static class StatementKinds
{
    /// <summary>A version of a design.</summary>
    public const string Design = "design";

    /// <summary>A publisher and its keys.</summary>
    public const string Publisher = "publisher";

    /// <summary>A collection and its maintainers.</summary>
    public const string Collection = "collection";

    /// <summary>A maintainer's verdict.</summary>
    public const string Attestation = "attestation";

    /// <summary>A version taken out of sight.</summary>
    public const string Yank = "yank";

    /// <summary>A fork's version offered upstream.</summary>
    public const string Proposal = "proposal";

    /// <summary>The answer to an offer.</summary>
    public const string ProposalAnswer = "proposal-answer";

    /// <summary>What a production taught.</summary>
    public const string Run = "run";

    /// <summary>What a for-profit organisation owes.</summary>
    public const string Claim = "claim";

    /// <summary>The most bytes of a payload that is not a design's manifest: 64 KiB.</summary>
    public const int MaxBytes = 64 * 1024;

    private const string Before = "application/vnd.fabnet.";

    private const string After = ".v1+json";

    private static readonly string[] Known = [Design, Publisher, Collection, Attestation, Yank, Proposal, ProposalAnswer, Run, Claim];

    /// <summary>Every kind that this version knows.</summary>
    public static IReadOnlyList<string> All => Known;

    /// <summary>The media type of a kind.</summary>
    public static string MediaTypeOf(string kind) => Before + kind + After;

    /// <summary>The kind of a media type.</summary>
    /// <exception cref="FormatException">This version knows no such kind.</exception>
    public static string Of(string mediaType)
    {
        var kind = mediaType.StartsWith(Before, StringComparison.Ordinal) && mediaType.EndsWith(After, StringComparison.Ordinal) && mediaType.Length > Before.Length + After.Length
            ? mediaType[Before.Length..^After.Length] : "";
        return Known.Contains(kind, StringComparer.Ordinal) ? kind
            : throw new FormatException($"envelope.payloadType is '{StatementText.Printable(mediaType)}', which this version does not know. It knows {Before}*{After} for {string.Join(", ", Known)}.");
    }

    /// <summary>Refuses a payload that is longer than its kind may be.</summary>
    internal static void RequireSize(string mediaType, int bytes)
    {
        var most = Of(mediaType) == Design ? DesignManifest.MaxBytes : MaxBytes;
        if (bytes == 0 || bytes > most)
        {
            throw new FormatException($"envelope.payload has {bytes} bytes; a {Of(mediaType)} has 1 to {most}.");
        }
    }
}
