// Trust on first use: which publisher a namespace meant when it was first seen here, and how far its chain went.

using System.Globalization;
using FabNet.Model;
using FabNet.Protocol.Catalogue;
using FabNet.Protocol.Statements;

namespace FabNet.Catalogue.Client;

/// <summary>What a pin says about a publisher.</summary>
public enum PinState
{
    /// <summary>Its namespace was not seen before; it is pinned now.</summary>
    FirstSeen,

    /// <summary>It is the one that was seen before.</summary>
    Known,

    /// <summary>It is the one that was seen before, and it changed its keys or what it says of itself since: its chain proves that it did so itself.</summary>
    Changed,

    /// <summary>Another publisher was seen under this namespace first: this is somebody else.</summary>
    Other,
}

/// <summary>
/// The file <c>known-publishers</c> of a user's configuration: a line for each namespace with the identity that was seen first and the highest sequence of its chain. A person who wants another
/// one removes the line. Not thread safe.
/// </summary>
public sealed class PublisherPins
{
    private readonly string _path;
    private readonly SortedDictionary<string, (Digest Identity, int Sequence)> _pins = new(StringComparer.Ordinal);

    private PublisherPins(string path) => _path = path;

    /// <summary>Opens the pins of a configuration; there need not be any.</summary>
    /// <exception cref="IOException">The file can't be read, or has a line that is none.</exception>
    public static PublisherPins Open(string configuration)
    {
        var pins = new PublisherPins(Path.Combine(configuration, "known-publishers"));
        var lines = File.Exists(pins._path) ? File.ReadAllLines(pins._path) : [];
        for (var i = 0; i < lines.Length; i++)
        {
            var words = lines[i].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words is [var name, var digest, var sequence] && Digest.TryParse(digest, out var identity) && int.TryParse(sequence, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                pins._pins[name] = (identity, number);
            }
            else if (words.Length > 0)
            {
                throw new IOException($"{pins._path}, line {i + 1}, is no pin. Write: alice sha256:… 1, or remove the line.");
            }
        }

        return pins;
    }

    /// <summary>Compares a publisher with what was seen before, and pins it if nothing was.</summary>
    /// <param name="name">Its namespace.</param>
    /// <param name="identity">Its identity.</param>
    /// <param name="sequence">How far its chain goes where it was asked for.</param>
    /// <exception cref="TamperedException">The chain is shorter than it was: somebody hides a rotation or a revocation.</exception>
    /// <exception cref="IOException">The file can't be written.</exception>
    public PinState See(string name, Digest identity, int sequence)
    {
        if (!_pins.TryGetValue(name, out var pin))
        {
            Set(name, identity, sequence);
            return PinState.FirstSeen;
        }

        if (pin.Identity != identity)
        {
            return PinState.Other;
        }

        if (sequence < pin.Sequence)
        {
            throw new TamperedException(
                $"The catalogue shows {PublisherName.Of(name, identity)} only up to statement {sequence}, and {pin.Sequence} was seen before: it lacks or hides a change of keys. Ask another node; a node that catches up will do again.");
        }

        if (sequence > pin.Sequence)
        {
            Set(name, identity, sequence);
            return PinState.Changed;
        }

        return PinState.Known;
    }

    /// <summary>The namespace seen before that a person may take another for, such as <c>alice</c> for <c>a1ice</c>; null if there is none.</summary>
    public string? FindLookAlike(string name) => _pins.Keys.FirstOrDefault(k => k != name && PublisherName.LooksLike(k, name));

    private void Set(string name, Digest identity, int sequence)
    {
        _pins[name] = (identity, sequence);
        Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
        File.WriteAllLines(_path + ".new", _pins.Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.Key} {p.Value.Identity} {p.Value.Sequence}")));
        File.Move(_path + ".new", _path, overwrite: true);
    }
}
