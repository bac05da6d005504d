// The framed lines that are in flight or may be asked for again: fixed memory, addressed by sequence number.

namespace FabNet.FirmwareBridge.Streaming;

/// <summary>What a line asks of the streamer beyond its bytes.</summary>
[Flags]
internal enum LineTraits : byte
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Its answer tells itself from all others, so it proves how far the firmware is.</summary>
    Marker = 1,

    /// <summary>Nothing may be in flight with it (GRBL's EEPROM commands).</summary>
    Alone = 2,

    /// <summary>It may take minutes before it is answered (homing, heating, dwelling, waiting for a person).</summary>
    Long = 4,
}

/// <summary>A ring of framed lines. A line stays until <see cref="Capacity"/> newer ones have come.</summary>
internal sealed class LineRing(int maxLineBytes)
{
    /// <summary>How many lines are kept; a power of two.</summary>
    public const int Capacity = 256;

    private readonly byte[] _bytes = new byte[Capacity * maxLineBytes];
    private readonly short[] _lengths = new short[Capacity];
    private readonly int[] _programLines = new int[Capacity];
    private readonly LineTraits[] _traits = new LineTraits[Capacity];

    /// <summary>The whole space of a line, to be framed into.</summary>
    public Span<byte> SpaceOf(int sequence) => _bytes.AsSpan(Slot(sequence) * maxLineBytes, maxLineBytes);

    /// <summary>The line's bytes.</summary>
    public ReadOnlySpan<byte> this[int sequence] => _bytes.AsSpan(Slot(sequence) * maxLineBytes, _lengths[Slot(sequence)]);

    /// <summary>The line's length in bytes.</summary>
    public int LengthOf(int sequence) => _lengths[Slot(sequence)];

    /// <summary>The program line that it is, from 1; 0 if it is not of the program.</summary>
    public int ProgramLineOf(int sequence) => _programLines[Slot(sequence)];

    /// <summary>The line's traits.</summary>
    public LineTraits TraitsOf(int sequence) => _traits[Slot(sequence)];

    /// <summary>Takes the line that was framed into its space.</summary>
    public void Set(int sequence, int length, int programLine, LineTraits traits)
    {
        _lengths[Slot(sequence)] = checked((short)length);
        _programLines[Slot(sequence)] = programLine;
        _traits[Slot(sequence)] = traits;
    }

    private static int Slot(int sequence) => sequence & (Capacity - 1);
}
