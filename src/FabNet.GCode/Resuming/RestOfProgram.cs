// The preamble and the rest of a program as one stream, without a copy of either.

using System.Text;

namespace FabNet.GCode.Resuming;

/// <summary>Reads the lines of a preamble, then an admitted program's from a line on.</summary>
internal sealed class RestOfProgram(AdmittedProgram program, int firstLine, IReadOnlyList<string> preamble) : Stream
{
    private readonly ProgramReader _reader = program.OpenReader(firstLine);
    private byte[] _pending = Encoding.ASCII.GetBytes(string.Concat(preamble.Select(static line => line + "\n")));
    private int _taken;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        var count = 0;
        while (count < buffer.Length)
        {
            if (_taken == _pending.Length && !Next())
                break;
            var part = _pending.AsSpan(_taken, Math.Min(_pending.Length - _taken, buffer.Length - count));
            part.CopyTo(buffer[count..]);
            _taken += part.Length;
            count += part.Length;
        }

        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _reader.Dispose();
        base.Dispose(disposing);
    }

    private bool Next()
    {
        if (!_reader.TryRead(out var line))
            return false;
        _pending = [.. line, (byte)'\n'];
        _taken = 0;
        return true;
    }
}
