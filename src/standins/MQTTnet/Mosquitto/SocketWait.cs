// Waits for a socket, or for another thread that has something for the waiting one.
using System.Runtime.InteropServices;

namespace MQTTnet.Mosquitto;

/// <summary>poll(2) with an eventfd(2) as the other threads' bell. One thread waits; any thread rings.</summary>
internal sealed unsafe partial class SocketWait : IDisposable
{
    internal const short Readable = 0x001;
    internal const short Writable = 0x004;
    internal const short HungUp = 0x008 | 0x010 | 0x020; // POLLERR, POLLHUP, POLLNVAL

    private const int EFD_NONBLOCK = 0x800;
    private const int EFD_CLOEXEC = 0x80000;

    private readonly Lock _gate = new();
    private int _bell;
    private bool _rung;

    internal SocketWait()
    {
        _bell = CreateEvent(0, EFD_NONBLOCK | EFD_CLOEXEC);
        if (_bell < 0)
        {
            throw new IOException($"No MQTT connection can be made: {Marshal.GetLastPInvokeErrorMessage()}.");
        }
    }

    /// <summary>Ends the wait, now or the next one. After <see cref="Dispose"/> it does nothing.</summary>
    internal void Ring()
    {
        lock (_gate)
        {
            if (_rung || _bell < 0)
            {
                return;
            }

            _rung = true;
            ulong one = 1;
            _ = Write(_bell, &one, sizeof(ulong));
        }
    }

    /// <summary>Returns what happened at the socket; nothing after a ring or the timeout.</summary>
    internal short Wait(int socket, short events, int timeoutMs)
    {
        PollDescriptor* descriptors = stackalloc PollDescriptor[2];
        descriptors[0] = new PollDescriptor { Descriptor = _bell, Events = Readable };
        descriptors[1] = new PollDescriptor { Descriptor = socket, Events = events };
        int ready = Poll(descriptors, 2, timeoutMs);
        if (ready > 0 && descriptors[0].Happened != 0)
        {
            lock (_gate)
            {
                ulong count;
                _ = Read(_bell, &count, sizeof(ulong));
                _rung = false;
            }
        }

        return ready > 0 ? descriptors[1].Happened : (short)0;
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _ = Close(_bell);
            _bell = -1;
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct PollDescriptor
    {
        internal int Descriptor;
        internal short Events;
        internal short Happened;
    }

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(PollDescriptor* descriptors, nuint count, int timeoutMs);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    private static partial int CreateEvent(uint initial, int flags);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint Write(int descriptor, void* buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint Read(int descriptor, void* buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
