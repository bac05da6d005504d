// Owns the descriptor of an open port, and its two exclusive locks.
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace System.IO.Ports;

/// <summary>
/// A non-blocking descriptor of a tty. While it is open no one else opens the port: TIOCEXCL keeps out every ordinary user's program, the flock keeps
/// out another port of this kind even when root opens it, and programs that take the same advisory lock.
/// </summary>
internal sealed class SafePortHandle : SafeHandleMinusOneIsInvalid
{
    private SafePortHandle(int descriptor)
        : base(ownsHandle: true) => SetHandle(descriptor);

    /// <summary>Opens and locks the port; neither line settings nor signals are touched before the lock is held.</summary>
    /// <exception cref="FileNotFoundException">There is no such port.</exception>
    /// <exception cref="UnauthorizedAccessException">The port is in use, or the user may not open it.</exception>
    /// <exception cref="IOException">The driver refused.</exception>
    internal static SafePortHandle Open(string portName)
    {
        int descriptor;
        do
        {
            descriptor = Libc.Open(portName, Libc.O_RDWR | Libc.O_NOCTTY | Libc.O_NONBLOCK | Libc.O_CLOEXEC);
        }
        while (descriptor < 0 && Marshal.GetLastPInvokeError() == Libc.EINTR);

        if (descriptor < 0)
        {
            throw PortErrors.Opening(portName, Marshal.GetLastPInvokeError());
        }

        var port = new SafePortHandle(descriptor);
        if (Libc.Flock(port, Libc.LOCK_EX | Libc.LOCK_NB) < 0)
        {
            int errno = Marshal.GetLastPInvokeError();
            port._exclusive = false;
            port.Dispose();
            throw PortErrors.Opening(portName, errno);
        }

        // Refused by what is not a tty; applying the line settings reports that with a better sentence.
        port._exclusive = Libc.Ioctl(port, Libc.TIOCEXCL, 0) == 0;
        return port;
    }

    private bool _exclusive;

    /// <summary>
    /// Both locks are given up by name. TIOCEXCL is a property of the terminal, and on a pty it would outlive this handle; the flock would outlive it while a
    /// child process that has just been forked still holds a copy of the descriptor.
    /// </summary>
    protected override bool ReleaseHandle()
    {
        _ = Libc.Flock(handle, Libc.LOCK_UN);
        if (_exclusive)
        {
            _ = Libc.Ioctl(handle, Libc.TIOCNXCL, 0);
        }

        return Libc.Close(handle) == 0;
    }
}
