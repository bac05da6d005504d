// The one form of a ledger's entries: canonical JSON in ValueFlows' names.

using System.Text.Json;
using FabNet.Model;
using FabNet.Model.Ledger;

namespace FabNet.Protocol.Ledger;

/// <summary>An entry in its place.</summary>
/// <param name="Sequence">Counted from 1 without gaps.</param>
/// <param name="Previous">The digest of the entry before it; for the first, of the ledger's head line.</param>
/// <param name="Entry">What it says.</param>
public sealed record LedgerLine(long Sequence, Digest Previous, LedgerEntry Entry);

/// <summary>
/// Writes and reads lines of a ledger. An entry's digest is the SHA-256 of its line without the line's end; each names the digest of the one before. Readers refuse whatever is not
/// exactly what they would write themselves.
/// </summary>
public static partial class LedgerFormat
{
    /// <summary>The most bytes of a line: a shared cost of some thousand items.</summary>
    public const int MaxLineBytes = 1 << 20;

    /// <summary>The bytes of a line, without its end.</summary>
    public static byte[] Write(LedgerLine line)
    {
        ArgumentNullException.ThrowIfNull(line);
        var members = MembersOf(line.Entry)
            .Text("@id", line.Entry.Id)
            .Whole("fabnet:fact", line.Entry.Fact)
            .Text("fabnet:corrects", line.Entry.Corrects)
            .Text("fabnet:previous", line.Previous.Value)
            .Whole("fabnet:sequence", line.Sequence);
        return members.ToBytes();
    }

    /// <summary>Reads a line.</summary>
    /// <exception cref="FormatException">It is not exactly what <see cref="Write"/> writes; the message names the member.</exception>
    public static LedgerLine Read(ReadOnlyMemory<byte> line)
    {
        var (type, root) = Open(line);
        LedgerEntry entry = type switch
        {
            "Agreement" => ReadAgreement(root),
            "Commitment" => ReadCommitment(root),
            "EconomicEvent" => ReadEvent(root),
            "Claim" => ReadClaim(root),
            "fabnet:SharedCost" => ReadSharedCost(root),
            _ => throw new FormatException($"entry.@type is '{Statements.StatementText.Printable(type)}', which no entry is."),
        };
        var read = new LedgerLine(root["fabnet:sequence"].Integer(long.MaxValue), root["fabnet:previous"].Digest(), entry);
        RequireCanonical(line.Span, Write(read), root);
        return read;
    }

    internal static (string Type, ManifestElement Root) Open(ReadOnlyMemory<byte> line)
    {
        if (line.Length > MaxLineBytes)
        {
            throw new FormatException($"The line has {line.Length} bytes; at most {MaxLineBytes} are read.");
        }

        try
        {
            var root = new ManifestElement(JsonDocument.Parse(line, new JsonDocumentOptions { MaxDepth = 8 }).RootElement, "entry");
            return (root["@type"].String(), root);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new FormatException($"The line is not JSON: {Statements.StatementText.Printable(e.Message)}", e);
        }
    }

    /// <summary>Names the first member at which a line is not what was read from it.</summary>
    internal static void RequireCanonical(ReadOnlySpan<byte> line, ReadOnlySpan<byte> written, ManifestElement root)
    {
        if (line.SequenceEqual(written))
        {
            return;
        }

        var expected = JsonDocument.Parse(written.ToArray()).RootElement;
        foreach (var member in root.Json.EnumerateObject())
        {
            if (!expected.TryGetProperty(member.Name, out var same) || same.GetRawText() != member.Value.GetRawText())
            {
                throw new FormatException($"entry.{Statements.StatementText.Printable(member.Name)} is not one that this ledger writes, or not in its one form.");
            }
        }

        throw new FormatException("The line is not canonical: its members are not sorted, doubled, or written with blanks or escapes that are not needed.");
    }
}
