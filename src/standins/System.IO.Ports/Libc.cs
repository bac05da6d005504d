// The calls of libc and the constants of the Linux tty interface that a serial port needs.
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace System.IO.Ports;

/// <summary>
/// Linux only. The ioctl numbers are those of asm-generic/ioctls.h, which x86, ARM and RISC-V share.
/// Sources: termios(3), ioctl_tty(2), poll(2), eventfd(2), flock(2), linux/serial.h.
/// </summary>
internal static unsafe partial class Libc
{
    internal const int O_RDWR = 0x2;
    internal const int O_NOCTTY = 0x100;
    internal const int O_NONBLOCK = 0x800;
    internal const int O_CLOEXEC = 0x80000;

    internal const int LOCK_EX = 2;
    internal const int LOCK_NB = 4;
    internal const int LOCK_UN = 8;

    internal const int EPERM = 1;
    internal const int ENOENT = 2;
    internal const int EINTR = 4;
    internal const int EIO = 5;
    internal const int ENXIO = 6;
    internal const int EAGAIN = 11;
    internal const int EACCES = 13;
    internal const int EBUSY = 16;
    internal const int ENODEV = 19;
    internal const int ENOTDIR = 20;
    internal const int EINVAL = 22;
    internal const int ENOTTY = 25;

    internal const nuint TCSBRK = 0x5409;
    internal const nuint TCFLSH = 0x540B;
    internal const nuint TIOCEXCL = 0x540C;
    internal const nuint TIOCNXCL = 0x540D;
    internal const nuint TIOCMGET = 0x5415;
    internal const nuint TIOCMBIS = 0x5416;
    internal const nuint TIOCMBIC = 0x5417;
    internal const nuint FIONREAD = 0x541B;
    internal const nuint TIOCGSERIAL = 0x541E;
    internal const nuint TIOCSSERIAL = 0x541F;
    internal const nuint TCGETS2 = 0x802C542A;
    internal const nuint TCSETS2 = 0x402C542B;

    internal const int TCIFLUSH = 0;
    internal const int TCOFLUSH = 1;

    internal const int TIOCM_DTR = 0x002;
    internal const int TIOCM_RTS = 0x004;

    internal const int EFD_NONBLOCK = 0x800;
    internal const int EFD_CLOEXEC = 0x80000;
    internal const short POLLIN = 0x001;
    internal const short POLLOUT = 0x004;
    internal const short POLLERR = 0x008;
    internal const short POLLHUP = 0x010;
    internal const short POLLNVAL = 0x020;

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    internal static partial int Close(nint descriptor);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    internal static partial int Flock(SafePortHandle port, int operation);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    internal static partial int Flock(nint descriptor, int operation);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    internal static partial nint Read(SafePortHandle port, byte* buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    internal static partial nint Write(SafePortHandle port, byte* buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    internal static partial int Ioctl(SafePortHandle port, nuint request, void* argument);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    internal static partial int Ioctl(SafePortHandle port, nuint request, nint argument);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    internal static partial int Ioctl(nint descriptor, nuint request, nint argument);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    internal static partial nint Read(int descriptor, byte* buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    internal static partial nint Write(int descriptor, byte* buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    internal static partial int EventFd(uint initial, int flags);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    internal static partial int Poll(PollEntry* entries, nuint count, int timeoutMs);

    /// <summary>struct pollfd.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct PollEntry
    {
        internal int Descriptor;
        internal short Wanted;
        internal short Events;
    }

    /// <summary>struct termios2: line settings with the speeds as plain numbers, so that any rate can be asked for.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Termios2
    {
        internal uint InputFlags;
        internal uint OutputFlags;
        internal uint ControlFlags;
        internal uint LocalFlags;
        internal byte Discipline;
        internal ControlCharacters Characters;
        internal uint InputBaud;
        internal uint OutputBaud;
    }

    /// <summary>c_cc of termios2: 19 bytes.</summary>
    [InlineArray(19)]
    internal struct ControlCharacters
    {
        private byte _first;
    }

    /// <summary>struct serial_struct of linux/serial.h, of which only the flags are used.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct SerialInfo
    {
        internal int Type;
        internal int Line;
        internal uint Port;
        internal int Irq;
        internal int Flags;
        internal int TransmitFifoSize;
        internal int CustomDivisor;
        internal int BaudBase;
        internal ushort CloseDelay;
        internal byte IoType;
        internal byte ReservedByte;
        internal int Hub6;
        internal ushort ClosingWait;
        internal ushort ClosingWait2;
        internal nint MemoryBase;
        internal ushort MemoryRegisterShift;
        internal uint PortHigh;
        internal nuint MemoryMapBase;
    }

    internal const int ASYNC_LOW_LATENCY = 1 << 13;
}
