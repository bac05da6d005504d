// A plain host on a serial port: opens the device raw, writes lines, reads lines.

using System.Text;
using System.Threading.Channels;
using FabNet.FirmwareSimulator.Wire;

namespace FabNet.Tests.Simulator;

internal sealed class PortHost : IAsyncDisposable
{
    private readonly int _descriptor;
    private readonly int _stop;
    private readonly Thread _reader;
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();

    public unsafe PortHost(string path, int baud = 115200)
    {
        _descriptor = Libc.Open(path, Libc.ReadWrite | Libc.NoControllingTerminal | Libc.NonBlocking | Libc.CloseOnExec);
        if (_descriptor < 0)
        {
            throw Libc.Failure($"Cannot open {path}");
        }

        Libc.Termios2 settings;
        _ = Libc.Control(_descriptor, Libc.GetTermios2, &settings);
        settings.InputBaud = settings.OutputBaud = (uint)baud;
        _ = Libc.Control(_descriptor, Libc.SetTermios2, &settings);
        _stop = Libc.EventDescriptor(0, Libc.CloseOnExec);
        _reader = new Thread(ReadLines) { IsBackground = true };
        _reader.Start();
    }

    public unsafe void Write(string text)
    {
        var bytes = Encoding.Latin1.GetBytes(text);
        fixed (byte* start = bytes)
        {
            for (nint done = 0; done < bytes.Length;)
            {
                var count = Libc.Write(_descriptor, start + done, (nuint)(bytes.Length - done));
                if (count < 0)
                {
                    throw Libc.Failure("Cannot write");
                }

                done += count;
            }
        }
    }

    /// <summary>The next line, without its end.</summary>
    /// <exception cref="IOException">The port hung up.</exception>
    public async Task<string> ReadLineAsync(CancellationToken cancellation)
    {
        try
        {
            return await _lines.Reader.ReadAsync(cancellation);
        }
        catch (ChannelClosedException closed)
        {
            throw new IOException("The port hung up.", closed);
        }
    }

    /// <summary>Whatever comes first: a line, or a piece of at least 16 characters without an end.</summary>
    public Task<string> ReadSomeAsync(CancellationToken cancellation) => ReadLineAsync(cancellation);

    /// <summary>Sends a line and reads up to the ok.</summary>
    public async Task<string> AskUntilOkAsync(string line, CancellationToken cancellation)
    {
        Write(line + "\n");
        while (true)
        {
            var reply = await ReadLineAsync(cancellation);
            if (reply.StartsWith("ok", StringComparison.Ordinal))
            {
                return reply;
            }
        }
    }

    public unsafe ValueTask DisposeAsync()
    {
        ulong one = 1;
        _ = Libc.Write(_stop, (byte*)&one, sizeof(ulong));
        _reader.Join();
        _ = Libc.Close(_descriptor);
        _ = Libc.Close(_stop);
        return ValueTask.CompletedTask;
    }

    private unsafe void ReadLines()
    {
        var line = new StringBuilder();
        var buffer = stackalloc byte[4096];
        var entries = stackalloc Libc.PollEntry[2];
        while (true)
        {
            entries[0] = new Libc.PollEntry { Descriptor = _descriptor, Events = Libc.PollIn };
            entries[1] = new Libc.PollEntry { Descriptor = _stop, Events = Libc.PollIn };
            _ = Libc.Poll(entries, 2, null, null);
            var count = Libc.Read(_descriptor, buffer, 4096);
            for (nint i = 0; i < count; i++)
            {
                if (buffer[i] == (byte)'\n')
                {
                    _lines.Writer.TryWrite(line.ToString().TrimEnd('\r'));
                    line.Clear();
                }
                else
                {
                    line.Append((char)buffer[i]);
                }
            }

            if (line.Length >= 16 && line.ToString().Any(c => c is < ' ' or > '~'))
            {
                _lines.Writer.TryWrite(line.ToString());
                line.Clear();
            }

            if (entries[1].Returned != 0 || (count <= 0 && (entries[0].Returned & (Libc.PollHangUp | Libc.PollError)) != 0))
            {
                _lines.Writer.TryComplete();
                return;
            }
        }
    }
}
