// The one form of a ledger's entries: canonical JSON in ValueFlows' names.

using System.Text.Json;
using System.Text.Unicode;
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
    public static LedgerLine Read(ReadOnlyMemory<byte> line) => Open(line, (type, root) =>
    {
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
    });

    /// <summary>Opens a line and reads it; whatever is wrong with it is a <see cref="FormatException"/>.</summary>
    internal static T Open<T>(ReadOnlyMemory<byte> line, Func<string, ManifestElement, T> read)
    {
        if (line.Length > MaxLineBytes)
        {
            throw new FormatException($"The line has {line.Length} bytes; at most {MaxLineBytes} are read.");
        }

        if (!Utf8.IsValid(line.Span))
        {
            throw new FormatException("The line is not UTF-8.");
        }

        try
        {
            using var document = JsonDocument.Parse(line, new JsonDocumentOptions { MaxDepth = 8 });
            var root = new ManifestElement(document.RootElement, "entry");
            return read(root["@type"].String(), root);
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

        using var expected = JsonDocument.Parse(written.ToArray());
        foreach (var member in root.Json.EnumerateObject())
        {
            if (!expected.RootElement.TryGetProperty(member.Name, out var same) || same.GetRawText() != member.Value.GetRawText())
            {
                throw new FormatException($"entry.{Statements.StatementText.Printable(member.Name)} is not one that this ledger writes, or not in its one form.");
            }
        }

        throw new FormatException("The line is not canonical: its members are not sorted, doubled, or written with blanks or escapes that are not needed.");
    }
}
