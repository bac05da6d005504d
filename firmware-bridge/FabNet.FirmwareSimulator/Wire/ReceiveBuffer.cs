// The firmware's serial receive ring: what does not fit is dropped without a word, as on the real boards.

namespace FabNet.FirmwareSimulator.Wire;

/// <summary>
/// A ring of fixed size. An array of 128 bytes with head and tail indices holds 127 (Marlin's HAL/AVR serial, grbl's <c>serial.c</c> allocates one more, so 128 fit there).
/// </summary>
internal sealed class ReceiveBuffer(int usableBytes)
{
    private readonly byte[] _bytes = new byte[usableBytes];
    private int _head;

    /// <summary>Bytes waiting.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes that fit in all.</summary>
    public int Capacity => _bytes.Length;

    /// <summary>Bytes that still fit.</summary>
    public int Free => _bytes.Length - Count;

    /// <summary>Bytes lost to a full ring since power-up.</summary>
    public long Dropped { get; private set; }

    /// <summary>The most bytes that ever waited.</summary>
    public int HighWater { get; private set; }

    /// <summary>Stores a received byte, or drops it if the ring is full.</summary>
    public void Add(byte value)
    {
        if (Count == _bytes.Length)
        {
            Dropped++;
            return;
        }

        _bytes[(_head + Count) % _bytes.Length] = value;
        Count++;
        HighWater = Math.Max(HighWater, Count);
    }

    /// <summary>Counts a byte that the processor had no time to take in.</summary>
    public void Lose() => Dropped++;

    /// <summary>Takes the oldest byte.</summary>
    public bool TryTake(out byte value)
    {
        if (Count == 0)
        {
            value = 0;
            return false;
        }

        value = _bytes[_head];
        _head = (_head + 1) % _bytes.Length;
        Count--;
        return true;
    }

    /// <summary>Forgets all waiting bytes.</summary>
    public void Clear() => Count = 0;
}
