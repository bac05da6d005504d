// The one thread that waits for every open port of the process.
using System.Runtime.InteropServices;

namespace System.IO.Ports;

/// <summary>
/// One shared epoll thread, rather than a poll() thread per port: a port that must wait arms itself with a single epoll_ctl, which takes effect while the
/// thread is waiting, so there is no wake-up pipe to write and drain, and twenty machines cost one thread. The thread only does non-blocking reads and
/// writes and hands completions to the thread pool, so no port holds up another. Registrations are one-shot: a port that waits for nothing costs nothing,
/// and one that was hung up does not spin.
/// </summary>
internal sealed unsafe class PortPoller
{
    private const int MaxEvents = 32;

    private static readonly Lazy<PortPoller> Shared = new(static () => new PortPoller());

    /// <summary>struct epoll_event is packed on x86 (4 + 8 bytes) and aligned elsewhere (4 + 4 unused + 8).</summary>
    private static readonly int DataOffset = RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.X86 ? 4 : 8;
    private static readonly int EventSize = DataOffset + sizeof(ulong);

    private readonly Lock _gate = new();
    private readonly Dictionary<ulong, SerialStream> _streams = [];
    private readonly int _epoll;
    private ulong _lastKey;

    private PortPoller()
    {
        _epoll = Libc.EpollCreate(Libc.EPOLL_CLOEXEC);
        if (_epoll < 0)
        {
            throw new IOException($"No port can be opened: epoll is not available: {PortErrors.Text(Marshal.GetLastPInvokeError())}.");
        }

        new Thread(Run) { IsBackground = true, Name = "Serial ports" }.Start();
    }

    internal static PortPoller Instance => Shared.Value;

    /// <summary>Registers a port, armed for nothing yet. The returned key names it in later calls.</summary>
    internal ulong Add(SerialStream stream, SafePortHandle port)
    {
        ulong key;
        lock (_gate)
        {
            key = ++_lastKey;
            _streams.Add(key, stream);
        }

        if (Control(Libc.EPOLL_CTL_ADD, port, key, Libc.EPOLLONESHOT) < 0)
        {
            int errno = Marshal.GetLastPInvokeError();
            Forget(key);
            throw PortErrors.Using(stream.PortName, errno);
        }

        return key;
    }

    /// <summary>The stream's <see cref="SerialStream.OnReady"/> is called once when one of these events, a hang-up or an error is there.</summary>
    internal bool Arm(SafePortHandle port, ulong key, uint events) => Control(Libc.EPOLL_CTL_MOD, port, key, events | Libc.EPOLLONESHOT) >= 0;

    internal void Remove(SafePortHandle port, ulong key)
    {
        _ = Control(Libc.EPOLL_CTL_DEL, port, key, 0);
        Forget(key);
    }

    private void Forget(ulong key)
    {
        lock (_gate)
        {
            _streams.Remove(key);
        }
    }

    private int Control(int operation, SafePortHandle port, ulong key, uint events)
    {
        byte* registration = stackalloc byte[16];
        *(uint*)registration = events;
        NativeMemory.Copy(&key, registration + DataOffset, sizeof(ulong));
        return Libc.EpollControl(_epoll, operation, port, registration);
    }

    private void Run()
    {
        byte* events = stackalloc byte[MaxEvents * 16];
        while (true)
        {
            int count = Libc.EpollWait(_epoll, events, MaxEvents, -1);
            if (count < 0 && Marshal.GetLastPInvokeError() != Libc.EINTR)
            {
                throw new IOException($"Waiting for the serial ports failed: {PortErrors.Text(Marshal.GetLastPInvokeError())}.");
            }

            for (int i = 0; i < count; i++)
            {
                byte* ready = events + (i * EventSize);
                ulong key;
                NativeMemory.Copy(ready + DataOffset, &key, sizeof(ulong));
                SerialStream? stream;
                lock (_gate)
                {
                    _streams.TryGetValue(key, out stream);
                }

                stream?.OnReady(*(uint*)ready);
            }
        }
    }
}
