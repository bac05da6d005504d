// A file on Klipper's virtual SD card, read line by line with its byte positions.

using System.Text;

namespace FabNet.FirmwareSimulator.Moonraker;

/// <summary>An open file.</summary>
internal sealed class SdCardFile : IDisposable
{
    private readonly BufferedStream _stream;
    private readonly StringBuilder _line = new();

    /// <summary>Opens a file.</summary>
    /// <exception cref="IOException">There is none.</exception>
    public SdCardFile(string path)
    {
        _stream = new BufferedStream(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        Size = _stream.Length;
    }

    /// <summary>Bytes in all.</summary>
    public long Size { get; }

    /// <summary>Bytes whose commands are done.</summary>
    public long Position { get; private set; }

    /// <summary>Lines read so far.</summary>
    public int Lines { get; private set; }

    /// <summary>Where the line read last ends.</summary>
    public long LineEnd { get; private set; }

    /// <summary>Reads the next line, without its end.</summary>
    public string? Read()
    {
        _line.Clear();
        int value;
        while ((value = _stream.ReadByte()) >= 0 && value != '\n')
        {
            _line.Append((char)value);
            LineEnd++;
        }

        if (value < 0 && _line.Length == 0)
        {
            return null;
        }

        LineEnd += value < 0 ? 0 : 1;
        Lines++;
        return _line.ToString();
    }

    /// <summary>The line read last is done.</summary>
    public void Done() => Position = LineEnd;

    /// <inheritdoc />
    public void Dispose() => _stream.Dispose();
}
