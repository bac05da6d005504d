// What an entry of the journal means to the index.

using FabNet.Journal;
using FabNet.Model;
using FabNet.Model.Designs;
using FabNet.Protocol;

namespace FabNet.Catalogue.Search;

/// <summary>What is held of a design, by whoever this node listens to.</summary>
/// <param name="IsValidated">Maintainers have validated it: it is found before others.</param>
/// <param name="IsHidden">Searches leave it out (yanked, or unsafe); by name and digest it stays.</param>
internal readonly record struct DesignStanding(bool IsValidated, bool IsHidden);

/// <summary>What one entry changes.</summary>
internal sealed record StatementEffect
{
    /// <summary>The statement that the entry holds.</summary>
    public required StatementEntry Statement { get; init; }

    /// <summary>The design that it publishes; null if it publishes none.</summary>
    public Design? Design { get; init; }

    /// <summary>The keys that signed it, as far as they are known.</summary>
    public IReadOnlyCollection<Digest> SignedBy { get; init; } = [];

    /// <summary>The keys that it names for a publisher: key, publisher's identity, SubjectPublicKeyInfo.</summary>
    public IReadOnlyList<(Digest Key, Digest Publisher, byte[] Info)> Keys { get; init; } = [];

    /// <summary>How designs stand after it, by manifest; only those that may have changed.</summary>
    public IReadOnlyList<(Digest Manifest, DesignStanding Standing)> Standings { get; init; } = [];

    /// <summary>Finds <see cref="Standings"/> once the statement itself can be looked up; null where they are known.</summary>
    public Func<StatementIndex, IReadOnlyList<(Digest Manifest, DesignStanding Standing)>>? Judge { get; init; }
}

/// <summary>
/// Reads an entry; null for one that says nothing. It may look up statements that came before. The same set of statements must lead to
/// the same standings, whichever order they came in.
/// </summary>
/// <exception cref="FormatException">The entry is not of a form that this version knows.</exception>
internal delegate StatementEffect? ReadStatement(JournalEntry entry, StatementIndex statements);

/// <summary>The rules for journals from before designs were signed.</summary>
internal static class JournalRules
{
    /// <summary>The journal's kind of a published design. The payload is its canonical manifest.</summary>
    public const string DesignPublished = "design.published";

    /// <summary>The statement's kind of a published design.</summary>
    public const string Design = "design";

    /// <inheritdoc cref="ReadStatement" />
    public static StatementEffect? Read(JournalEntry entry, StatementIndex statements)
    {
        if (entry.Kind != DesignPublished)
        {
            return null;
        }

        var design = DesignManifest.Read(entry.Payload, entry.At);
        return new StatementEffect { Statement = new StatementEntry(design.Ref.Manifest, Design, "", design.Ref.Manifest.Value, entry.Cursor), Design = design };
    }
}
