// How much may be on its way to the firmware: receive bytes and command slots, narrowed upon trouble and widened by success.

namespace FabNet.FirmwareBridge.Streaming;

/// <summary>
/// Starts at one line in flight and widens by one with each run of clean answers, up to the slots known; trouble halves it, and each trouble makes the next widening
/// twice as slow, so that a firmware that can only do ping-pong soon gets ping-pong.
/// </summary>
internal sealed class SendWindow(int receiveBytes, int slots)
{
    private const int MaxPatience = 8192;

    private int _slots = slots;
    private int _width = 1;
    private int _clean;
    private int _patience = 1;

    /// <summary>Bytes that may be in flight.</summary>
    public int ReceiveBytes { get; set; } = receiveBytes;

    /// <summary>Commands that the firmware takes ahead, as far as is known.</summary>
    public int Slots => _slots;

    /// <summary>Lines that may be in flight now.</summary>
    public int Width => _width;

    /// <summary>True if a line of this length may follow what is in flight. One line may always go when nothing is.</summary>
    public bool Admits(int linesInFlight, int bytesInFlight, int length) =>
        linesInFlight == 0 || (linesInFlight < _width && bytesInFlight + length <= ReceiveBytes);

    /// <summary>The firmware told how many command slots it has (ADVANCED_OK): at least so many.</summary>
    public void LearnSlots(int atLeast, bool isFirst)
    {
        if (isFirst)
            _slots = atLeast;
        else if (atLeast > _slots)
            _slots = atLeast;
        _width = Math.Min(_width, _slots);
    }

    /// <summary>A line was acknowledged as it should be.</summary>
    public void Clean()
    {
        if (_width >= _slots || ++_clean < _patience)
            return;
        _clean = 0;
        _width++;
    }

    /// <summary>A line was lost or refused.</summary>
    public void Trouble()
    {
        _clean = 0;
        _width = Math.Max(1, _width / 2);
        _patience = Math.Min(MaxPatience, Math.Max(16, _patience * 2));
    }

    /// <summary>A long time went without trouble: forget half of it.</summary>
    public void Forgive() => _patience = Math.Max(1, _patience / 2);
}
