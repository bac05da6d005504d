// Bytes to lines: LF, CRLF or CR, a byte order mark skipped, memory flat however long a line is.

using System.Buffers;

namespace FabNet.GCode.Reading;

/// <summary>Reads a stream's lines once, in order. Memory: one buffer of at least 256 KiB, rented.</summary>
internal sealed class LineSource : IDisposable
{
    /// <summary>A line longer than this many bytes is cut and marked <see cref="IsCut"/>.</summary>
    public const int MaxLineBytes = 64 * 1024;

    private static readonly SearchValues<byte> LineEnds = SearchValues.Create("\r\n"u8);

    private readonly Stream _stream;
    private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent((4 * MaxLineBytes) + PlainMove.ReadSlack);
    private readonly int _capacity;
    private int _start;
    private int _end;

    // Behind the last line end in the buffer: lines before it are whole.
    private int _wholeEnd;
    private bool _atEnd;
    private bool _skipLineFeed;
    private bool _isFirst = true;

    public LineSource(Stream stream)
    {
        _stream = stream;
        _capacity = _buffer.Length - PlainMove.ReadSlack;
    }

    /// <summary>The number of the line last read, from 1.</summary>
    public int LineNumber { get; private set; }

    /// <summary>Bytes taken from the stream so far.</summary>
    public long ByteCount { get; private set; }

    /// <summary>True if the line last read was longer than <see cref="MaxLineBytes"/>; its rest was skipped.</summary>
    public bool IsCut { get; private set; }

    /// <summary>The whole lines at hand and <see cref="PlainMove.ReadSlack"/> bytes more; empty if there are none.</summary>
    public ReadOnlySpan<byte> WholeLines => _start < _wholeEnd && !_skipLineFeed ? _buffer.AsSpan(_start, _wholeEnd - _start + PlainMove.ReadSlack) : default;

    /// <summary>Passes the first of <see cref="WholeLines"/>, whose length with their ends the caller found.</summary>
    public void Pass(int length, int lines)
    {
        _start += length;
        LineNumber = checked(LineNumber + lines);
    }

    /// <summary>Reads the next line, without its end. The span is valid until the next call.</summary>
    public bool TryRead(out ReadOnlySpan<byte> line)
    {
        IsCut = false;
        while (true)
        {
            if (_skipLineFeed && _start < _end)
            {
                _skipLineFeed = false;
                if (_buffer[_start] == (byte)'\n')
                    _start++;
            }

            var pending = _buffer.AsSpan(_start, _end - _start);
            var length = pending.IndexOfAny(LineEnds);
            if (length >= 0 && length <= MaxLineBytes)
            {
                _skipLineFeed = pending[length] == (byte)'\r';
                _start += length + 1;
                line = Count(pending[..length]);
                return true;
            }

            if (pending.Length > MaxLineBytes)
            {
                line = Count(CutLongLine(pending));
                return true;
            }

            if (_atEnd)
            {
                _start = _end;
                line = pending;
                if (pending.IsEmpty)
                    return false;
                line = Count(pending);
                return true;
            }

            Fill();
        }
    }

    /// <inheritdoc />
    public void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);

    private ReadOnlySpan<byte> Count(ReadOnlySpan<byte> line)
    {
        LineNumber = checked(LineNumber + 1);
        return line;
    }

    /// <summary>Keeps the head of an endless line at the buffer's start and skips to its end.</summary>
    private ReadOnlySpan<byte> CutLongLine(ReadOnlySpan<byte> pending)
    {
        IsCut = true;
        pending[..MaxLineBytes].CopyTo(_buffer);
        var rest = pending[MaxLineBytes..];
        rest.CopyTo(_buffer.AsSpan(MaxLineBytes));
        _start = MaxLineBytes;
        _end = MaxLineBytes + rest.Length;
        while (true)
        {
            var tail = _buffer.AsSpan(_start, _end - _start);
            var length = tail.IndexOfAny(LineEnds);
            if (length >= 0)
            {
                _skipLineFeed = tail[length] == (byte)'\r';
                _start += length + 1;
                break;
            }

            _start = _end = MaxLineBytes;
            if (_atEnd)
                break;
            FillFrom(MaxLineBytes);
        }

        return _buffer.AsSpan(0, MaxLineBytes);
    }

    private void Fill()
    {
        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        _end -= _start;
        _start = 0;
        FillFrom(_end);
        if (_isFirst && (_end >= 3 || _atEnd))
        {
            _isFirst = false;
            if (_buffer.AsSpan(0, _end).StartsWith("\uFEFF"u8))
                _start = 3;
        }
    }

    private void FillFrom(int offset)
    {
        var read = _stream.Read(_buffer, offset, _capacity - offset);
        ByteCount += read;
        _end = offset + read;
        _atEnd = read == 0;
        var lastLineEnd = _buffer.AsSpan(offset, read).LastIndexOf((byte)'\n');
        _wholeEnd = lastLineEnd < 0 ? 0 : offset + lastLineEnd + 1;
    }
}
