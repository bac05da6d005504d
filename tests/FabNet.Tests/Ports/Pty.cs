// A pseudo-terminal: the port that a SerialPort opens, and the machine's end of its cable.
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace FabNet.Tests.Ports;

/// <summary>
/// The machine's end is non-blocking; its reads and writes wait on a thread of their own, bounded by <see cref="Patience"/>. Disposing pulls the cable: the
/// kernel hangs up the port.
/// </summary>
internal sealed unsafe partial class Pty : IDisposable
{
    private const int O_RDWR = 0x2;
    private const int O_NOCTTY = 0x100;
    private const int O_NONBLOCK = 0x800;
    private const int O_CLOEXEC = 0x80000;
    private const int EINTR = 4;
    private const int EAGAIN = 11;
    private const short POLLIN = 1;
    private const short POLLOUT = 4;
    private const nuint TCGETS2 = 0x802C542A;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly SafeFileHandle _machine;
    private readonly SafeFileHandle _port;

    public Pty()
    {
        _machine = new SafeFileHandle(Check(posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)), ownsHandle: true);
        Check(grantpt(_machine));
        Check(unlockpt(_machine));
        byte* name = stackalloc byte[128];
        Check(-ptsname_r(_machine, name, 128));
        PortName = Marshal.PtrToStringUTF8((nint)name)!;

        // Held open, raw: the machine's end sees neither a hang-up nor an echo while no program has the port open.
        _port = new SafeFileHandle(Check(open(PortName, O_RDWR | O_NOCTTY | O_CLOEXEC)), ownsHandle: true);
        byte* termios = stackalloc byte[256];
        Check(tcgetattr(_port, termios));
        cfmakeraw(termios);
        Check(tcsetattr(_port, 0, termios));
    }

    public string PortName { get; }

    /// <summary>Reads exactly this many bytes at the machine's end.</summary>
    public Task<byte[]> ReceiveAsync(int count) => OnOwnThread(() =>
    {
        byte[] bytes = new byte[count];
        for (int done = 0; done < count;)
        {
            Wait(POLLIN);
            fixed (byte* start = bytes)
            {
                done += Progress(read(_machine, start + done, (nuint)(count - done)));
            }
        }

        return bytes;
    });

    /// <summary>Writes all of these bytes at the machine's end.</summary>
    public Task SendAsync(ReadOnlyMemory<byte> bytes) => OnOwnThread(() =>
    {
        for (int done = 0; done < bytes.Length;)
        {
            Wait(POLLOUT);
            fixed (byte* start = bytes.Span)
            {
                done += Progress(write(_machine, start + done, (nuint)(bytes.Length - done)));
            }
        }

        return true;
    });

    /// <summary>Plays a machine that answers each line of this length, without allocating per line.</summary>
    public Task AnswerEachLineAsync(int lineLength, byte[] reply, int lines) => OnOwnThread(() =>
    {
        byte* line = stackalloc byte[lineLength];
        for (int answered = 0; answered < lines; answered++)
        {
            for (int got = 0; got < lineLength;)
            {
                Wait(POLLIN);
                got += Progress(read(_machine, line, (nuint)(lineLength - got)));
            }

            fixed (byte* start = reply)
            {
                Check((int)write(_machine, start, (nuint)reply.Length));
            }
        }

        return true;
    });

    /// <summary>The line settings as the kernel has them: control flags, then input and output baud.</summary>
    public (uint ControlFlags, uint InputBaud, uint OutputBaud) LineSettings()
    {
        uint* termios2 = stackalloc uint[11];
        Check(ioctl(_port, TCGETS2, termios2));
        return (termios2[2], termios2[9], termios2[10]);
    }

    public void Dispose()
    {
        _machine.Dispose();
        _port.Dispose();
    }

    private static Task<T> OnOwnThread<T>(Func<T> work) =>
        Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private void Wait(short events)
    {
        var descriptor = new PollDescriptor { Descriptor = (int)_machine.DangerousGetHandle(), Events = events };
        int ready = poll(&descriptor, 1, (int)Patience.TotalMilliseconds);
        if (ready == 0)
        {
            throw new TimeoutException($"The other end of {PortName} was silent.");
        }
    }

    private static int Progress(nint count) =>
        count >= 0 ? (int)count : Marshal.GetLastPInvokeError() is EAGAIN or EINTR ? 0 : throw new IOException(Marshal.GetLastPInvokeErrorMessage());

    private static int Check(int result) => result >= 0 ? result : throw new IOException(Marshal.GetLastPInvokeErrorMessage());

    [StructLayout(LayoutKind.Sequential)]
    private struct PollDescriptor
    {
        internal int Descriptor;
        internal short Events;
        internal short Ready;
    }

#pragma warning disable IDE1006, SA1300 // names of libc
    [LibraryImport("libc", SetLastError = true)]
    private static partial int posix_openpt(int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int grantpt(SafeFileHandle machine);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int unlockpt(SafeFileHandle machine);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ptsname_r(SafeFileHandle machine, byte* name, nuint size);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int tcgetattr(SafeFileHandle terminal, byte* termios);

    [LibraryImport("libc")]
    private static partial void cfmakeraw(byte* termios);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int tcsetattr(SafeFileHandle terminal, int when, byte* termios);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(SafeFileHandle terminal, nuint request, void* argument);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int poll(PollDescriptor* descriptors, nuint count, int timeoutMs);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint read(SafeFileHandle machine, byte* buffer, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint write(SafeFileHandle machine, byte* buffer, nuint count);
#pragma warning restore IDE1006, SA1300
}
