// A pty whose slave plays the machine's serial port: raw from the start, reachable under a stable name, and pluggable.

using System.Runtime.InteropServices;
using System.Text;

namespace FabNet.FirmwareSimulator.Wire;

/// <summary>
/// The machine's end (master) of a pseudo-terminal. The slave is kept open here too, so that its raw mode survives a host that closes and comes back; the kernel would
/// otherwise go back to a cooked, echoing terminal. An inotify watch tells when a host opens or closes the port.
/// </summary>
internal sealed unsafe class PseudoTerminal : IDisposable
{
    private const int WatchEventBytes = 16;

    private readonly string? _link;
    private readonly int _slave;
    private readonly int _watch;
    private int _disposed;
    private bool _opened;

    private PseudoTerminal(int master, int slave, int watch, string slavePath, string? link)
    {
        Master = master;
        _slave = slave;
        _watch = watch;
        _link = link;
        SlavePath = slavePath;
    }

    /// <summary>The master's descriptor, non-blocking.</summary>
    public int Master { get; }

    /// <summary>The inotify descriptor that becomes readable when a host opens or closes the port; -1 where the kernel grants none.</summary>
    public int Watch => _watch;

    /// <summary>The slave device, such as <c>/dev/pts/5</c>.</summary>
    public string SlavePath { get; }

    /// <summary>How many times hosts hold the port open now. Without a watch, always 1.</summary>
    public int HostsOpen { get; private set; }

    /// <summary>The baud rate that the host chose for the port.</summary>
    public int HostBaud
    {
        get
        {
            Libc.Termios2 settings;
            return Libc.Control(Master, Libc.GetTermios2, &settings) < 0 ? 0 : (int)settings.OutputBaud;
        }
    }

    /// <summary>Makes a pty, raw, at <paramref name="baud"/>, and points <paramref name="link"/> (a symbolic link, replaced if it exists) at its slave.</summary>
    /// <exception cref="IOException">The system has no pseudo-terminal left, or the link cannot be made.</exception>
    public static PseudoTerminal Open(string? link, int baud)
    {
        var master = Libc.OpenPseudoTerminal(Libc.ReadWrite | Libc.NoControllingTerminal | Libc.CloseOnExec | Libc.NonBlocking);
        if (master < 0)
        {
            throw Libc.Failure("Cannot open a pseudo-terminal");
        }

        var slave = -1;
        var watch = -1;
        try
        {
            var name = stackalloc byte[128];
            if (Libc.GrantSlave(master) < 0 || Libc.UnlockSlave(master) < 0 || Libc.SlaveName(master, name, 128) != 0)
            {
                throw Libc.Failure("Cannot prepare a pseudo-terminal");
            }

            var path = Marshal.PtrToStringUTF8((nint)name)!;
            slave = Libc.Open(path, Libc.ReadWrite | Libc.NoControllingTerminal | Libc.CloseOnExec);
            if (slave < 0)
            {
                throw Libc.Failure($"Cannot open {path}");
            }

            MakeRaw(slave, baud);
            watch = Libc.StartWatch(Libc.NonBlocking | Libc.CloseOnExec);
            if (watch >= 0 && Libc.AddWatch(watch, path, Libc.WatchOpen | Libc.WatchClose) < 0)
            {
                _ = Libc.Close(watch);
                watch = -1;
            }

            if (link is not null)
            {
                PointLink(link, path);
            }

            return new PseudoTerminal(master, slave, watch, path, link) { HostsOpen = watch < 0 ? 1 : 0 };
        }
        catch
        {
            Close(master, slave, watch);
            throw;
        }
    }

    /// <summary>Whether a host opened the closed port since the last call.</summary>
    public bool TakeOpened()
    {
        TakeWatchEvents();
        var opened = _opened;
        _opened = false;
        return opened;
    }

    private void TakeWatchEvents()
    {
        if (_watch < 0)
        {
            return;
        }

        var buffer = stackalloc byte[1024];
        nint count;
        while ((count = Libc.Read(_watch, buffer, 1024)) > 0)
        {
            for (nint at = 0; at + WatchEventBytes <= count;)
            {
                var mask = *(uint*)(buffer + at + 4);
                var nameLength = *(uint*)(buffer + at + 12);
                if ((mask & Libc.WatchOpen) != 0)
                {
                    _opened |= HostsOpen == 0;
                    HostsOpen++;
                }
                else if ((mask & Libc.WatchClose) != 0 && HostsOpen > 0)
                {
                    HostsOpen--;
                    if (HostsOpen == 0)
                    {
                        // The kernel forgets a host's exclusive lock only when the last holder closes, and this object never does.
                        _ = Libc.Control(_slave, Libc.EndExclusiveMode, null);
                    }
                }

                at += WatchEventBytes + (nint)nameLength;
            }
        }
    }

    /// <summary>Reads what the host sent. Never blocks.</summary>
    /// <returns>The number of bytes read; 0 if there are none now.</returns>
    /// <exception cref="IOException">The pseudo-terminal failed.</exception>
    public int Read(Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            var count = Libc.Read(Master, start, (nuint)buffer.Length);
            if (count >= 0)
            {
                return (int)count;
            }

            return Marshal.GetLastPInvokeError() is Libc.TryAgain or Libc.Interrupted or Libc.InputOutput ? 0 : throw Libc.Failure($"Cannot read {SlavePath}");
        }
    }

    /// <summary>Writes to the host. What does not fit the kernel's buffer (4 KB), or comes while no host listens, is lost, as on a real port that nobody reads.</summary>
    /// <returns>The number of bytes that reached the port.</returns>
    /// <exception cref="IOException">The pseudo-terminal failed.</exception>
    public int Write(ReadOnlySpan<byte> bytes)
    {
        if (HostsOpen == 0)
        {
            // A host may have opened it since anybody looked.
            TakeWatchEvents();
            if (HostsOpen == 0)
            {
                return 0;
            }
        }

        fixed (byte* start = bytes)
        {
            var count = Libc.Write(Master, start, (nuint)bytes.Length);
            if (count >= 0)
            {
                return (int)count;
            }

            return Marshal.GetLastPInvokeError() is Libc.TryAgain or Libc.Interrupted or Libc.InputOutput ? 0 : throw Libc.Failure($"Cannot write {SlavePath}");
        }
    }

    /// <summary>Closes both ends (a host sees a hang-up) and removes the link.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        if (_link is not null && new FileInfo(_link).LinkTarget == SlavePath)
        {
            File.Delete(_link);
        }

        Close(Master, _slave, _watch);
    }

    private static void Close(int master, int slave, int watch)
    {
        foreach (var descriptor in (ReadOnlySpan<int>)[watch, slave, master])
        {
            if (descriptor >= 0)
            {
                _ = Libc.Close(descriptor);
            }
        }
    }

    private static void MakeRaw(int slave, int baud)
    {
        const uint eightBitsReceiveLocalAnyBaud = 0x30 | 0x80 | 0x800 | 0x1000 | (0x1000 << 16);
        Libc.Termios2 settings;
        if (Libc.Control(slave, Libc.GetTermios2, &settings) < 0)
        {
            throw Libc.Failure("Cannot read the pseudo-terminal's settings");
        }

        settings.InputFlags = 0;
        settings.OutputFlags = 0;
        settings.LocalFlags = 0;
        settings.ControlFlags = eightBitsReceiveLocalAnyBaud;
        settings.InputBaud = (uint)baud;
        settings.OutputBaud = (uint)baud;
        settings.ControlCharacters[5] = 0;
        settings.ControlCharacters[6] = 1;
        if (Libc.Control(slave, Libc.SetTermios2, &settings) < 0)
        {
            throw Libc.Failure("Cannot make the pseudo-terminal raw");
        }
    }

    private static void PointLink(string link, string target)
    {
        var full = Path.GetFullPath(link);
        var existing = new FileInfo(full);
        if (existing.Exists && existing.LinkTarget is null)
        {
            throw new IOException($"{link} exists and is not a symbolic link: it is left alone. Choose another --link path, or remove it.");
        }

        Directory.CreateDirectory(Path.GetDirectoryName(full)!);

        // Made beside and renamed over, so that a host never finds the name missing while it is replaced.
        var beside = new StringBuilder(full).Append('.').Append(Environment.ProcessId).Append(".new").ToString();
        File.Delete(beside);
        File.CreateSymbolicLink(beside, target);
        File.Move(beside, full, overwrite: true);
    }
}
