// Uploads files by implicit FTPS, as these printers take them. Sources: RFC 959, RFC 2228 and RFC 4217 (PBSZ, PROT), RFC 2428 (EPSV), RFC 3659 (SIZE); OpenBambuAPI ftp.md.

using System.Buffers;

namespace FabNet.FirmwareBridge.Ftps;

/// <summary>
/// A logged-in control connection, good for one upload. Used by one caller at a time. The data connection resumes the control connection's TLS session, since many servers (vsftpd by default)
/// take no other: on Linux, .NET keeps the session that the control connection got under its <see cref="FtpsOptions.TlsName"/> and hands it to the next handshake under that name. Under TLS
/// 1.3 it does so once (seen against vsftpd 3.0.3 with OpenSSL 3.0: the second data connection does a full handshake and gets 522), hence one upload for each connection.
/// </summary>
internal sealed class FtpsClient : IAsyncDisposable
{
    private const int BufferBytes = 64 * 1024;

    private readonly FtpsOptions _options;
    private readonly FtpControl _control;
    private bool _isBroken;
    private bool _isUsed;

    private FtpsClient(FtpsOptions options, FtpControl control)
    {
        _options = options;
        _control = control;
    }

    /// <summary>Connects and logs in.</summary>
    /// <exception cref="FtpsException">The server is away, is not trusted, or does not take the login.</exception>
    public static async Task<FtpsClient> ConnectAsync(FtpsOptions options, CancellationToken cancellationToken)
    {
        var line = await FtpsLine.ConnectAsync(options, options.Port, cancellationToken);
        var client = new FtpsClient(options, new FtpControl(line, $"{options.Host}:{options.Port}"));
        try
        {
            await line.SecureAsync(cancellationToken);
            await client.LogInAsync(cancellationToken);
            return client;
        }
        catch
        {
            client._isBroken = true;
            await client.DisposeAsync();
            throw;
        }
    }

    /// <summary>Uploads a file from its present position to its end, and asks for its size afterwards.</summary>
    /// <param name="file">What to send.</param>
    /// <param name="name">Its name on the server.</param>
    /// <param name="onSent">Called with the bytes sent so far, after each buffer.</param>
    /// <param name="cancellationToken">Ends it; the server keeps an incomplete file.</param>
    /// <exception cref="FtpsException">It did not arrive whole; the message says why.</exception>
    /// <exception cref="InvalidOperationException">This connection has had its upload.</exception>
    public async Task UploadAsync(Stream file, string name, Action<long> onSent, CancellationToken cancellationToken)
    {
        if (_isUsed)
            throw new InvalidOperationException($"One connection uploads one file, and this one to {_options.Host} has. Connect again.");
        _isUsed = true;
        _isBroken = true; // Until the last reply is in, there is nothing orderly to say to the server.
        var sent = await StoreAsync(file, name, onSent, cancellationToken);
        var size = await _control.AskAsync("SIZE " + name, cancellationToken);
        if (size.Size() is { } arrived && arrived != sent)
            throw new FtpsException($"{_options.Host} has {arrived} of the {sent} bytes of {name}: its storage is full or damaged. Check its SD card.", 552);
        if (size.Size() is null && !size.IsUnknownCommand)
            throw Refused(size, name);
        _isBroken = false;
    }

    /// <summary>Deletes a file.</summary>
    /// <exception cref="FtpsException">It could not.</exception>
    public async Task DeleteAsync(string name, CancellationToken cancellationToken)
    {
        var reply = await _control.AskAsync("DELE " + name, cancellationToken);
        if (!reply.IsDone)
            throw Refused(reply, name);
    }

    /// <summary>Says goodbye, unless the connection broke, and closes it.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_isBroken)
        {
            try
            {
                await _control.AskAsync("QUIT", CancellationToken.None);
            }
            catch (FtpsException)
            {
                // The work is done, and the connection is closed in any case.
            }
        }

        await _control.DisposeAsync();
    }

    private async Task LogInAsync(CancellationToken cancellationToken)
    {
        var greeting = await _control.ReadAsync(cancellationToken);
        if (!greeting.IsDone)
            throw new FtpsException($"{_options.Host} takes no files now: {greeting}", greeting.Code);
        var login = await _control.AskAsync("USER " + _options.User, cancellationToken);
        if (login.Code == 331)
            login = await _control.AskAsync("PASS " + _options.Password, cancellationToken);
        if (login.Code == 530)
            throw new FtpsException($"{_options.Host} does not accept the access code for files (530). Copy it again from the machine's screen: it changes when LAN mode is switched.", 530);
        if (!login.IsDone)
            throw new FtpsException($"{_options.Host} does not accept the login for files: {login}", login.Code);
        foreach (var command in (string[])["PBSZ 0", "PROT P", "TYPE I"])
        {
            var reply = await _control.AskAsync(command, cancellationToken);
            if (!reply.IsDone)
                throw new FtpsException($"{_options.Host} refused {command}: {reply}", reply.Code);
        }
    }

    private async Task<long> StoreAsync(Stream file, string name, Action<long> onSent, CancellationToken cancellationToken)
    {
        await using var data = await OpenDataAsync(cancellationToken);
        var reply = await _control.AskAsync("STOR " + name, cancellationToken);
        if (!reply.IsPreliminary)
            throw Refused(reply, name);
        long sent = 0;
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            await data.SecureAsync(cancellationToken);
            for (int count; (count = await file.ReadAsync(buffer.AsMemory(0, BufferBytes), cancellationToken)) > 0;)
            {
                await SendAsync(data, buffer.AsMemory(0, count), cancellationToken);
                sent += count;
                onSent(sent);
            }

            await data.FinishAsync(cancellationToken);
        }
        catch (Exception error) when (error is FtpsException or LineBrokenException)
        {
            throw await ReasonAsync(error, name, cancellationToken);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        reply = await _control.ReadAsync(cancellationToken);
        return reply.IsDone ? sent : throw Refused(reply, name);
    }

    /// <summary>The file's own read errors must not pass for the line's.</summary>
    private static async Task SendAsync(FtpsLine data, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        try
        {
            await data.WriteAsync(bytes, cancellationToken);
        }
        catch (IOException error)
        {
            throw new LineBrokenException(error);
        }
    }

    private async Task<FtpsLine> OpenDataAsync(CancellationToken cancellationToken)
    {
        var reply = await _control.AskAsync("EPSV", cancellationToken);
        if (!reply.IsDone)
            reply = await _control.AskAsync("PASV", cancellationToken);
        var port = reply.IsDone ? reply.PassivePort() : 0;
        return port > 0
            ? await FtpsLine.ConnectAsync(_options, port, cancellationToken)
            : throw new FtpsException($"{_options.Host} opens no data connection: {reply}", reply.Code >= 400 ? reply.Code : 501);
    }

    /// <summary>A data connection that breaks usually has a reason, and the control connection tells it.</summary>
    private async Task<FtpsException> ReasonAsync(Exception broken, string name, CancellationToken cancellationToken)
    {
        try
        {
            var reply = await _control.ReadAsync(cancellationToken);
            if (!reply.IsDone)
                return Refused(reply, name);
        }
        catch (FtpsException)
        {
            // The server is gone altogether: what broke first says more.
        }

        return broken as FtpsException ?? new FtpsException($"The transfer of {name} to {_options.Host} broke: {broken.InnerException!.Message}", innerException: broken);
    }

    private FtpsException Refused(FtpReply reply, string name) => new(
        reply.Code switch
        {
            452 or 552 => $"{_options.Host} has no room for {name} ({reply}): delete files from its SD card.",
            522 => $"{_options.Host} wants data connections to resume the TLS session of the control connection, and this one did not ({reply}).",
            530 => $"{_options.Host} does not let {_options.User} store files ({reply}): check the access code.",
            550 or 553 => $"{_options.Host} can't store {name} ({reply}): check that an SD card is in it, formatted and not write-protected.",
            _ => $"{_options.Host} did not take {name}: {reply}",
        },
        reply.Code);

    /// <summary>The data connection broke under a write.</summary>
    private sealed class LineBrokenException(IOException error) : Exception(error.Message, error);
}
