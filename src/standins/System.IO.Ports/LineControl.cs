// Applies baud rate, framing, flow control, control lines and latency to an open port.
using System.Runtime.InteropServices;

namespace System.IO.Ports;

/// <summary>How bytes are framed and paced on the line.</summary>
internal readonly record struct LineFormat(int BaudRate, Parity Parity, int DataBits, StopBits StopBits, Handshake Handshake);

/// <summary>Speaks termios2 and the modem-line ioctls (ioctl_tty(2)). Stateless; the port's owner calls it.</summary>
internal static unsafe class LineControl
{
    private const uint INPCK = 0x10;
    private const uint IXON = 0x400;
    private const uint IXOFF = 0x1000;
    private const uint BOTHER = 0x1000;
    private const uint CBAUD = 0x100F;
    private const uint CIBAUD = 0x100F0000;
    private const uint CSIZE = 0x30;
    private const uint CSTOPB = 0x40;
    private const uint CREAD = 0x80;
    private const uint PARENB = 0x100;
    private const uint PARODD = 0x200;
    private const uint HUPCL = 0x400;
    private const uint CLOCAL = 0x800;
    private const uint CMSPAR = 0x40000000;
    private const uint CRTSCTS = 0x80000000;
    private const int VTIME = 5;
    private const int VMIN = 6;

    /// <summary>A UART's receiver samples mid-bit and loses the last bit of a byte when the clocks differ by about 5 %.</summary>
    private const double BaudTolerance = 0.05;

    /// <summary>
    /// Puts the line in raw mode with this format. HUPCL is cleared: closing the port leaves DTR as it is, so that opening it again makes no edge on
    /// DTR, and a board that resets on that edge (Arduino) goes on running.
    /// </summary>
    /// <exception cref="ArgumentException">Not a serial port, or it offers no such format.</exception>
    /// <exception cref="IOException">The port cannot run at this rate, or it is gone.</exception>
    internal static void Apply(SafePortHandle port, string portName, LineFormat format)
    {
        if (format.StopBits == StopBits.OnePointFive && format.DataBits != 5)
        {
            throw new ArgumentException($"The port '{portName}' offers one and a half stop bits with 5 data bits only, not with {format.DataBits}.");
        }

        Libc.Termios2 line;
        Check(Libc.Ioctl(port, Libc.TCGETS2, &line), portName);
        line.InputFlags = format.Parity == Parity.None ? 0 : INPCK;
        line.OutputFlags = 0;
        line.LocalFlags = 0;
        line.Discipline = 0;
        line.Characters[VMIN] = 1; // with VMIN 0, "nothing to read yet" would look like an unplugged port
        line.Characters[VTIME] = 0;
        line.ControlFlags &= ~(CBAUD | CIBAUD | CSIZE | CSTOPB | PARENB | PARODD | CMSPAR | HUPCL | CRTSCTS);
        line.ControlFlags |= BOTHER | CREAD | CLOCAL | ((uint)(format.DataBits - 5) << 4);
        line.ControlFlags |= format.Parity switch
        {
            Parity.Odd => PARENB | PARODD,
            Parity.Even => PARENB,
            Parity.Mark => PARENB | PARODD | CMSPAR,
            Parity.Space => PARENB | CMSPAR,
            _ => 0,
        };
        line.ControlFlags |= format.StopBits == StopBits.One ? 0 : CSTOPB;
        line.ControlFlags |= format.Handshake is Handshake.RequestToSend or Handshake.RequestToSendXOnXOff ? CRTSCTS : 0;
        line.InputFlags |= format.Handshake is Handshake.XOnXOff or Handshake.RequestToSendXOnXOff ? IXON | IXOFF : 0;
        line.InputBaud = line.OutputBaud = (uint)format.BaudRate;
        Check(Libc.Ioctl(port, Libc.TCSETS2, &line), portName);

        // A driver that cannot make the rate keeps another one without an error: ask it.
        Check(Libc.Ioctl(port, Libc.TCGETS2, &line), portName);
        if (Math.Abs(line.OutputBaud - (double)format.BaudRate) > format.BaudRate * BaudTolerance)
        {
            throw new IOException($"The port '{portName}' cannot run at {format.BaudRate} baud; the nearest rate its driver offers is {line.OutputBaud}.");
        }
    }

    /// <summary>
    /// Asks the driver to hand over each byte at once (an FTDI chip otherwise waits up to 16 ms). Drivers without the setting refuse, and are fast.
    /// </summary>
    internal static void PreferLowLatency(SafePortHandle port)
    {
        Libc.SerialInfo info;
        if (Libc.Ioctl(port, Libc.TIOCGSERIAL, &info) == 0 && (info.Flags & Libc.ASYNC_LOW_LATENCY) == 0)
        {
            info.Flags |= Libc.ASYNC_LOW_LATENCY;
            _ = Libc.Ioctl(port, Libc.TIOCSSERIAL, &info);
        }
    }

    /// <summary>Raises or lowers DTR or RTS. A terminal without such lines (a pty) has nothing to set, which is no error.</summary>
    internal static void SetModemLine(SafePortHandle port, string portName, int line, bool raised)
    {
        if (Libc.Ioctl(port, raised ? Libc.TIOCMBIS : Libc.TIOCMBIC, &line) < 0 && Marshal.GetLastPInvokeError() is not (Libc.ENOTTY or Libc.EINVAL))
        {
            throw PortErrors.Using(portName, Marshal.GetLastPInvokeError());
        }
    }

    /// <summary>Whether DTR or RTS is raised; <paramref name="otherwise"/> on a terminal without such lines.</summary>
    internal static bool GetModemLine(SafePortHandle port, string portName, int line, bool otherwise)
    {
        int lines;
        if (Libc.Ioctl(port, Libc.TIOCMGET, &lines) == 0)
        {
            return (lines & line) != 0;
        }

        return Marshal.GetLastPInvokeError() is Libc.ENOTTY or Libc.EINVAL ? otherwise : throw PortErrors.Using(portName, Marshal.GetLastPInvokeError());
    }

    /// <summary>Bytes received and not yet read.</summary>
    internal static int BytesToRead(SafePortHandle port, string portName)
    {
        int count;
        Check(Libc.Ioctl(port, Libc.FIONREAD, &count), portName);
        return count;
    }

    /// <summary>Throws away what was received and not read (TCIFLUSH), or what was written and not sent (TCOFLUSH).</summary>
    internal static void Discard(SafePortHandle port, string portName, int queue) => Check(Libc.Ioctl(port, Libc.TCFLSH, (nint)queue), portName);

    /// <summary>Blocks until every byte written has left the port.</summary>
    internal static void Drain(SafePortHandle port, string portName)
    {
        int result;
        do
        {
            result = Libc.Ioctl(port, Libc.TCSBRK, (nint)1);
        }
        while (result < 0 && Marshal.GetLastPInvokeError() == Libc.EINTR);

        Check(result, portName);
    }

    private static void Check(int result, string portName)
    {
        if (result >= 0)
        {
            return;
        }

        int errno = Marshal.GetLastPInvokeError();
        throw errno == Libc.ENOTTY
            ? new ArgumentException($"'{portName}' is not a serial port. SerialPort.GetPortNames() lists those that exist.")
            : PortErrors.Using(portName, errno);
    }
}
