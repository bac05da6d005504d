// A firmware that answers every line the moment it is complete, and does nothing else: what remains is the host's own speed.

using System.Diagnostics;
using FabNet.Model.Machines;

namespace FabNet.Benchmarks.Streaming;

/// <summary>
/// Takes bytes and collects answers, without allocating. It answers what a host asks before it streams (M115, M105, <c>$I</c>, <c>$G</c>, <c>?</c>) and <c>ok</c> to all else.
/// It keeps the wire's manners (128 bytes of receive buffer, plain <c>ok</c>), so a host may have no more in flight than with a common 8-bit board.
/// </summary>
internal sealed class InstantFirmware(FirmwareDialect dialect)
{
    private readonly byte[] _answers = new byte[64 * 1024];
    private readonly byte[] _begun = new byte[256];
    private int _answerLength;
    private int _answerTaken;
    private int _begunLength;

    /// <summary>Lines answered since the last <see cref="Restart"/>.</summary>
    public long Lines { get; private set; }

    /// <summary>When the first and the last of them came, in <see cref="Stopwatch"/> ticks.</summary>
    public (long First, long Last) At { get; private set; }

    /// <summary>Batches that they came in: each cost the host a write and a wait.</summary>
    public long Batches { get; private set; }

    public bool HasAnswers => _answerTaken < _answerLength;

    /// <summary>Counts from zero.</summary>
    public void Restart()
    {
        Lines = 0;
        Batches = 0;
        At = default;
    }

    public void Take(ReadOnlySpan<byte> bytes)
    {
        var before = Lines;
        while (!bytes.IsEmpty)
        {
            if (dialect == FirmwareDialect.Grbl && _begunLength == 0 && bytes[0] == (byte)'?')
            {
                Answer("<Idle|MPos:0.000,0.000,0.000|FS:0,0>\r\n"u8);
                bytes = bytes[1..];
                continue;
            }

            var end = bytes.IndexOf((byte)'\n');
            var part = end < 0 ? bytes : bytes[..end];
            if (end < 0 || _begunLength > 0)
            {
                part.CopyTo(_begun.AsSpan(_begunLength));
                _begunLength += part.Length;
                part = _begun.AsSpan(0, _begunLength);
            }

            if (end < 0)
                break;
            bytes = bytes[(end + 1)..];
            _begunLength = 0;
            if (dialect == FirmwareDialect.Grbl)
                TakeGrbl(part);
            else
                TakeMarlin(part);
        }

        if (Lines == before)
            return;
        Batches++;
        var now = Stopwatch.GetTimestamp();
        At = (before == 0 ? now : At.First, now);
    }

    /// <summary>Takes answers off.</summary>
    public int Read(Span<byte> destination)
    {
        var count = Math.Min(destination.Length, _answerLength - _answerTaken);
        _answers.AsSpan(_answerTaken, count).CopyTo(destination);
        _answerTaken += count;
        return count;
    }

    private void TakeMarlin(ReadOnlySpan<byte> line)
    {
        if (line.IsEmpty)
            return;
        var at = line[0] == (byte)'N' ? line.IndexOf((byte)' ') + 1 : 0;
        var command = line[at..];
        if (command.StartsWith("M115"u8))
        {
            Answer("FIRMWARE_NAME:Instant responder\nok\n"u8);
        }
        else if (command.StartsWith("M105"u8))
        {
            Answer("ok T:21.00 /0.00 B:21.00 /0.00 @:0 B@:0\n"u8);
        }
        else
        {
            Answer("ok\n"u8);
            Lines++;
        }
    }

    private void TakeGrbl(ReadOnlySpan<byte> line)
    {
        if (line.StartsWith("$I"u8))
        {
            Answer("[VER:1.1h.20190830:]\r\n[OPT:V,15,128]\r\nok\r\n"u8);
        }
        else if (line.StartsWith("$G"u8))
        {
            Answer("[GC:G0 G54 G17 G21 G90 G94 M5 M9 T0 F0 S0]\r\nok\r\n"u8);
        }
        else if (line.StartsWith("M115"u8))
        {
            Answer("error:20\r\n"u8);
        }
        else
        {
            Answer("ok\r\n"u8);
            Lines++;
        }
    }

    private void Answer(ReadOnlySpan<byte> text)
    {
        if (_answerTaken == _answerLength)
            _answerTaken = _answerLength = 0;
        text.CopyTo(_answers.AsSpan(_answerLength));
        _answerLength += text.Length;
    }
}
