// The control connection of a file server: one command, one reply.

using System.Text;

namespace FabNet.FirmwareBridge.Ftps;

/// <summary>Sends commands and reads replies. Used by one caller at a time.</summary>
internal sealed class FtpControl(FtpsLine line, string host) : IAsyncDisposable
{
    /// <summary>A reply's lines are held to this, so that a hostile server can't fill the memory.</summary>
    private const int LineLimit = 4096;

    private readonly byte[] _buffer = new byte[LineLimit];
    private int _begin;
    private int _end;

    /// <summary>Sends a command and reads its reply.</summary>
    /// <exception cref="FtpsException">The connection broke, or the reply is none.</exception>
    public async Task<FtpReply> AskAsync(string command, CancellationToken cancellationToken)
    {
        if (command.AsSpan().ContainsAnyInRange('\0', '\x1f'))
            throw new FtpsException($"A {command[..4].TrimEnd()} command to {host} has control characters and is not sent.", 501); // Its words stay untold: it may hold the password.
        try
        {
            await line.WriteAsync(Encoding.UTF8.GetBytes(command + "\r\n"), cancellationToken);
        }
        catch (IOException error)
        {
            throw Broken(error);
        }

        return await ReadAsync(cancellationToken);
    }

    /// <summary>Reads a reply.</summary>
    /// <exception cref="FtpsException">The connection broke, or the reply is none.</exception>
    public async Task<FtpReply> ReadAsync(CancellationToken cancellationToken)
    {
        var first = 0;
        for (var lines = 0; lines < 100; lines++)
        {
            var text = await ReadLineAsync(cancellationToken);
            var code = FtpReply.ParseCode(text, out var isLast);
            if (code == 0 && first == 0)
                throw new FtpsException($"{host} does not speak FTP: '{text}'.");
            if (first == 0)
                first = code;
            if (isLast && code == first)
                return new FtpReply(code, text.Length > 4 ? text[4..] : "");
        }

        throw new FtpsException($"{host} does not end its reply {first}.");
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => line.DisposeAsync();

    private async Task<string> ReadLineAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var length = _buffer.AsSpan(_begin, _end - _begin).IndexOf((byte)'\n');
            if (length >= 0)
            {
                var text = Encoding.UTF8.GetString(_buffer, _begin, length).TrimEnd('\r');
                _begin += length + 1;
                return text;
            }

            if (_begin > 0)
            {
                _buffer.AsSpan(_begin, _end - _begin).CopyTo(_buffer);
                (_begin, _end) = (0, _end - _begin);
            }

            if (_end == LineLimit)
                throw new FtpsException($"{host} sends a line of more than {LineLimit} bytes.");
            int count;
            try
            {
                count = await line.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
            }
            catch (IOException error)
            {
                throw Broken(error);
            }

            if (count == 0)
                throw new FtpsException($"{host} closed the connection for files (FTPS).");
            _end += count;
        }
    }

    private FtpsException Broken(IOException error) => new($"The connection for files (FTPS) to {host} broke: {error.Message}", innerException: error);
}
