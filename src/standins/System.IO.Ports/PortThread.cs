// The thread of one open port: waits for the line on behalf of everybody who waits for bytes.
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace System.IO.Ports;

/// <summary>
/// One thread for each port, asleep in poll() unless there is something to do. It carries on whoever awaited the bytes, in place: a host that streams to a machine then pays
/// one wake-up for each exchange with it, where a hand-over to the thread pool would cost a second one (measured: twice the CPU time for each line of G-code). What an awaiting caller does
/// next therefore holds up this port and no other, and if it blocks in a synchronous call on the port, another thread takes over.
/// </summary>
internal sealed unsafe class PortThread
{
    private readonly SerialStream _stream;
    private readonly SafePortHandle _port;
    private readonly Lock _waiting = new();
    private readonly Lock _wakeGate = new();
    private volatile Thread _thread;
    private int _wake;
    private volatile bool _closed;

    internal PortThread(SerialStream stream, SafePortHandle port)
    {
        _stream = stream;
        _port = port;
        _wake = Libc.EventFd(0, Libc.EFD_CLOEXEC | Libc.EFD_NONBLOCK);
        if (_wake < 0)
        {
            throw PortErrors.Using(stream.PortName, Marshal.GetLastPInvokeError());
        }

        Start();
    }

    /// <summary>True in the thread itself, which looks at what is wanted before it waits again.</summary>
    internal bool IsCurrent => ReferenceEquals(Thread.CurrentThread, _thread);

    /// <summary>Something else is wanted now.</summary>
    internal void Wake()
    {
        lock (_wakeGate)
        {
            if (_wake >= 0)
            {
                ulong one = 1;
                _ = Libc.Write(_wake, (byte*)&one, sizeof(ulong));
            }
        }
    }

    /// <summary>The caller is about to block until the port is ready: if it runs in this very thread, a new one waits for the port from now on.</summary>
    internal void Relieve()
    {
        if (IsCurrent)
        {
            Start();
        }
    }

    /// <summary>Ends the thread. When this returns it does not touch the port any more, even if a caller's code still runs in it.</summary>
    internal void Close()
    {
        _closed = true;
        Wake();
        _waiting.Enter();
        _waiting.Exit();
    }

    // Named before it runs: it asks at once whether it is the current one.
    [MemberNotNull(nameof(_thread))]
    private void Start()
    {
        _thread = new Thread(Run) { IsBackground = true, Name = _stream.PortName };
        _thread.Start();
    }

    private void Run()
    {
        while (TryWait(out short events))
        {
            _stream.OnReady(events);
            if (!IsCurrent)
            {
                return;
            }
        }

        lock (_wakeGate)
        {
            _ = Libc.Close(_wake);
            _wake = -1;
        }
    }

    private bool TryWait(out short events)
    {
        Libc.PollEntry* entries = stackalloc Libc.PollEntry[2];
        lock (_waiting)
        {
            while (!_closed)
            {
                // A descriptor below 0 is passed over: a port that nobody waits for costs nothing, and one that was hung up does not spin.
                short wanted = _stream.Wanted;
                entries[0] = new Libc.PollEntry { Descriptor = wanted == 0 ? -1 : (int)_port.DangerousGetHandle(), Wanted = wanted };
                entries[1] = new Libc.PollEntry { Descriptor = _wake, Wanted = Libc.POLLIN };
                if (Libc.Poll(entries, 2, -1) < 0)
                {
                    continue;
                }

                if (entries[1].Events != 0)
                {
                    ulong count;
                    _ = Libc.Read(_wake, (byte*)&count, sizeof(ulong));
                }

                if (entries[0].Events != 0 && !_closed)
                {
                    events = entries[0].Events;
                    return true;
                }
            }
        }

        events = 0;
        return false;
    }
}
