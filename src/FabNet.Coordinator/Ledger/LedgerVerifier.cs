// Checks a ledger from its lines alone: the chain, the signatures, and every number that can be computed again.

using FabNet.Model;
using FabNet.Model.Ledger;
using FabNet.Protocol.Ledger;

namespace FabNet.Coordinator.Ledger;

/// <summary>Something that is not as it must be.</summary>
/// <param name="Line">The line, counted from 1 with the head.</param>
/// <param name="Entry">The entry's name; null for a line that is none.</param>
/// <param name="What">What differs, in a sentence.</param>
public sealed record LedgerFinding(int Line, string? Entry, string What);

/// <summary>
/// Verifies. Each line is taken in its sequence; <see cref="Finish"/> says what is left open. A ledger without findings was not changed since the holder of its key signed it, and all of
/// its amounts, shares, measures of scope and payments follow from its events. Whether the key is the node's is for the reader to know. Not thread safe.
/// </summary>
public sealed partial class LedgerVerifier
{
    /// <summary>No more findings than these are kept: a file that is something else has one in every line.</summary>
    public const int MostFindings = 1000;

    private readonly List<LedgerFinding> _findings = [];
    private readonly List<(int Line, string? Entry)> _brokenLinks = [];
    private readonly Digest? _expectedKey;
    private LedgerHead? _head;
    private int _line;
    private Digest _last;
    private string? _lastName;
    private long _fact;
    private long _sealed;

    /// <summary>Begins.</summary>
    /// <param name="expectedKey">The id of the key that must have signed; null takes the one that the head names.</param>
    public LedgerVerifier(Digest? expectedKey = null) => _expectedKey = expectedKey;

    /// <summary>What was found so far; complete after <see cref="Finish"/>.</summary>
    public IReadOnlyList<LedgerFinding> Findings => _findings;

    /// <summary>How many entries were read.</summary>
    public long Entries { get; private set; }

    /// <summary>How many checkpoints were read and are signed by the key.</summary>
    public int Checkpoints { get; private set; }

    /// <summary>The key that the head names; null if there is no head.</summary>
    public Digest? Key => _head?.Key.Id;

    /// <summary>The books that follow from what was read.</summary>
    public LedgerBooks Books { get; } = new();

    /// <summary>Takes the next line.</summary>
    /// <returns>The entry; null for a head, a checkpoint, or a line that can't be read.</returns>
    public LedgerEntry? Take(byte[] line)
    {
        ArgumentNullException.ThrowIfNull(line);
        _line++;
        try
        {
            if (_line == 1)
            {
                TakeHead(line);
                return null;
            }

            if (LedgerCheckpoint.Is(line))
            {
                TakeCheckpoint(LedgerCheckpoint.Read(line));
                return null;
            }

            var read = LedgerFormat.Read(line);
            TakeEntry(read);
            (_last, _lastName) = (Digest.Of(line), read.Entry.Id);
            return read.Entry;
        }
        catch (FormatException e)
        {
            Find(null, e.Message);
            if (_line == 1 || !LedgerCheckpoint.Is(line))
            {
                // The chain goes on over what stands here, so that one changed line is one finding.
                (_last, _lastName) = (Digest.Of(line), null);
                Entries += _line == 1 ? 0 : 1;
            }

            return null;
        }
    }

    /// <summary>Says what only the end can tell.</summary>
    /// <returns>True if nothing was found.</returns>
    public bool Finish()
    {
        NameBrokenLinks();
        if (_line == 0)
        {
            Find(null, "There is nothing in it. Export the ledger again.");
        }

        if (_head is not null && _sealed < Entries)
        {
            Find(null, $"The last {Entries - _sealed} entries are not sealed by a checkpoint: the file was cut, or changed at its end. Export it again.");
        }

        FinishCitations();
        foreach (var imbalance in _findings.Count == 0 ? Books.Imbalances() : [])
        {
            Find(null, imbalance);
        }

        _findings.Sort((x, y) => x.Line.CompareTo(y.Line));
        return _findings.Count == 0;
    }

    private void TakeHead(byte[] line)
    {
        _last = Digest.Of(line);
        _head = LedgerHead.Read(line);
        if (_expectedKey is { } expected && expected != _head.Key.Id)
        {
            Find(null, $"It is signed by the key {_head.Key.Id}, not by {expected}.");
        }
    }

    private void TakeCheckpoint(LedgerCheckpoint checkpoint)
    {
        if (_head is not null && !checkpoint.IsSignedBy(_head.Key))
        {
            Find(null, "The checkpoint's signature is wrong: it, or the key in the head line, was changed.");
        }
        else if (checkpoint.Entries != Entries)
        {
            Find(null, $"The node signed {checkpoint.Entries} entries here, and there are {Entries}: entries are missing or doubled before it.");
        }
        else if (checkpoint.Last != _last)
        {
            Find(_lastName, $"It was changed: the node signed {checkpoint.Last.Short}, and its digest is {_last.Short}.");
        }
        else
        {
            Checkpoints++;
        }

        _sealed = Entries;
    }

    private void TakeEntry(LedgerLine read)
    {
        var entry = read.Entry;
        Entries++;
        if (read.Sequence != Entries)
        {
            Find(entry.Id, $"It has the sequence {read.Sequence} where {Entries} is due: an entry is missing, doubled or moved.");
            Entries = read.Sequence;
        }

        if (read.Previous != _last)
        {
            _brokenLinks.Add((_line, _lastName));
        }

        if (entry.Fact < _fact)
        {
            Find(entry.Id, $"It follows from fact {entry.Fact}, and one before it from {_fact}.");
        }

        _fact = Math.Max(_fact, entry.Fact);
        Check(entry);
        Books.Take(entry);
    }

    // A changed entry breaks the link of the one after it; if it was its own link that was changed, both that and the next.
    private void NameBrokenLinks()
    {
        for (var i = 0; i < _brokenLinks.Count; i++)
        {
            var (line, before) = _brokenLinks[i];
            var isOwn = i + 1 < _brokenLinks.Count && _brokenLinks[i + 1].Line == line + 1;
            Add(isOwn
                ? new LedgerFinding(line, _brokenLinks[i + 1].Entry, "It was changed: what it names as the digest of the entry before is another, and the entry after names another digest for it.")
                : new LedgerFinding(line - 1, before, $"It was changed: the entry after it (line {line}) names another digest for it."));
            i += isOwn ? 1 : 0;
        }
    }

    private void Find(string? entry, string what) => Add(new LedgerFinding(_line, entry, what));

    private void Add(LedgerFinding finding)
    {
        if (_findings.Count < MostFindings)
        {
            _findings.Add(finding);
        }
    }
}
