// A serial port with the API of the System.IO.Ports package: settings, open and close, and the stream of its bytes.
using System.ComponentModel;

namespace System.IO.Ports;

/// <summary>
/// A serial port of Linux. Settings may be changed before or while the port is open, by one thread at a time; reads and writes may come from any
/// thread. The line is raw: every byte from 0x00 to 0xFF passes unchanged unless <see cref="Handshake"/> reserves XON and XOFF. Opening sets the driver's
/// low-latency flag, and closing leaves DTR as it is, so that with <see cref="DtrEnable"/> a board that resets on an edge of DTR goes on across a reopen.
/// </summary>
public class SerialPort : Component
{
    /// <summary>A timeout that never ends: -1.</summary>
    public const int InfiniteTimeout = -1;

    private SerialStream? _stream;
    private string _portName = "COM1";
    private LineFormat _format = new(9600, Parity.None, 8, StopBits.One, Handshake.None);
    private bool _dtrEnable;
    private bool _rtsEnable;
    private int _readTimeoutMs = InfiniteTimeout;
    private int _writeTimeoutMs = InfiniteTimeout;

    /// <summary>A closed port at 9600 baud, 8 data bits, no parity, one stop bit; <see cref="PortName"/> is still to be set.</summary>
    public SerialPort()
    {
    }

    /// <summary>A closed port at 9600 baud, 8 data bits, no parity, one stop bit.</summary>
    /// <param name="portName">The device, e.g. <c>/dev/ttyUSB0</c>.</param>
    public SerialPort(string portName) => PortName = portName;

    /// <summary>A closed port with 8 data bits, no parity, one stop bit.</summary>
    /// <param name="portName">The device, e.g. <c>/dev/ttyUSB0</c>.</param>
    /// <param name="baudRate">Bits per second, above 0; any rate that the hardware makes, e.g. 250000.</param>
    public SerialPort(string portName, int baudRate)
        : this(portName) => BaudRate = baudRate;

    /// <summary>A closed port with 8 data bits and one stop bit.</summary>
    /// <param name="portName">The device, e.g. <c>/dev/ttyUSB0</c>.</param>
    /// <param name="baudRate">Bits per second, above 0.</param>
    /// <param name="parity">The parity bit of each byte.</param>
    public SerialPort(string portName, int baudRate, Parity parity)
        : this(portName, baudRate) => Parity = parity;

    /// <summary>A closed port with one stop bit.</summary>
    /// <param name="portName">The device, e.g. <c>/dev/ttyUSB0</c>.</param>
    /// <param name="baudRate">Bits per second, above 0.</param>
    /// <param name="parity">The parity bit of each byte.</param>
    /// <param name="dataBits">Bits per byte, 5 to 8.</param>
    public SerialPort(string portName, int baudRate, Parity parity, int dataBits)
        : this(portName, baudRate, parity) => DataBits = dataBits;

    /// <summary>A closed port.</summary>
    /// <param name="portName">The device, e.g. <c>/dev/ttyUSB0</c>.</param>
    /// <param name="baudRate">Bits per second, above 0.</param>
    /// <param name="parity">The parity bit of each byte.</param>
    /// <param name="dataBits">Bits per byte, 5 to 8.</param>
    /// <param name="stopBits">Stop bits after each byte.</param>
    public SerialPort(string portName, int baudRate, Parity parity, int dataBits, StopBits stopBits)
        : this(portName, baudRate, parity, dataBits) => StopBits = stopBits;

    /// <summary>The device, e.g. <c>/dev/ttyUSB0</c> or a name below <c>/dev/serial/by-id</c>.</summary>
    /// <exception cref="InvalidOperationException">Set while the port is open.</exception>
    public string PortName
    {
        get => _portName;
        set
        {
            ArgumentException.ThrowIfNullOrEmpty(value);
            if (IsOpen)
            {
                throw new InvalidOperationException($"The port '{_portName}' is open; close it before giving it another name.");
            }

            _portName = value;
        }
    }

    /// <summary>Bits per second, above 0; any rate that the hardware makes, standard or not. Default 9600.</summary>
    /// <exception cref="IOException">The open port cannot run at this rate.</exception>
    public int BaudRate
    {
        get => _format.BaudRate;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(value);
            Apply(_format with { BaudRate = value });
        }
    }

    /// <summary>The parity bit of each byte. Default none.</summary>
    public Parity Parity
    {
        get => _format.Parity;
        set => Apply(_format with { Parity = value is >= Parity.None and <= Parity.Space ? value : throw new ArgumentOutOfRangeException(nameof(value)) });
    }

    /// <summary>Bits per byte, 5 to 8. Default 8.</summary>
    public int DataBits
    {
        get => _format.DataBits;
        set => Apply(_format with { DataBits = value is >= 5 and <= 8 ? value : throw new ArgumentOutOfRangeException(nameof(value)) });
    }

    /// <summary>Stop bits after each byte. Default one.</summary>
    public StopBits StopBits
    {
        get => _format.StopBits;
        set => Apply(_format with
        {
            StopBits = value is >= StopBits.One and <= StopBits.OnePointFive ? value : throw new ArgumentOutOfRangeException(nameof(value)),
        });
    }

    /// <summary>Flow control. Default none.</summary>
    public Handshake Handshake
    {
        get => _format.Handshake;
        set => Apply(_format with
        {
            Handshake = value is >= Handshake.None and <= Handshake.RequestToSendXOnXOff ? value : throw new ArgumentOutOfRangeException(nameof(value)),
        });
    }

    /// <summary>The DTR line. Default false. On many boards its rising edge resets the firmware. A pty has no such line: setting it there does nothing.</summary>
    public bool DtrEnable
    {
        get => _stream is null ? _dtrEnable : LineControl.GetModemLine(_stream.Handle, _portName, Libc.TIOCM_DTR, _dtrEnable);
        set
        {
            if (_stream is not null)
            {
                LineControl.SetModemLine(_stream.Handle, _portName, Libc.TIOCM_DTR, value);
            }

            _dtrEnable = value;
        }
    }

    /// <summary>The RTS line, unless <see cref="Handshake"/> drives it. Default false. A pty has no such line: setting it there does nothing.</summary>
    /// <exception cref="InvalidOperationException">The open port's flow control drives the line.</exception>
    public bool RtsEnable
    {
        get => _stream is null ? _rtsEnable : LineControl.GetModemLine(_stream.Handle, _portName, Libc.TIOCM_RTS, _rtsEnable);
        set
        {
            if (_stream is not null)
            {
                if (HandshakeDrivesRts)
                {
                    throw new InvalidOperationException($"The port '{_portName}' uses RTS for flow control; set Handshake to None or XOnXOff to drive it.");
                }

                LineControl.SetModemLine(_stream.Handle, _portName, Libc.TIOCM_RTS, value);
            }

            _rtsEnable = value;
        }
    }

    /// <summary>Milliseconds that <see cref="Read"/> waits for the first byte: 0 or more, or <see cref="InfiniteTimeout"/> (default).</summary>
    public int ReadTimeout
    {
        get => _readTimeoutMs;
        set
        {
            _readTimeoutMs = value >= 0 || value == InfiniteTimeout ? value : throw new ArgumentOutOfRangeException(nameof(value));
            if (_stream is not null)
            {
                _stream.ReadTimeout = value;
            }
        }
    }

    /// <summary>Milliseconds that <see cref="Write"/> waits for the driver to take the bytes: above 0, or <see cref="InfiniteTimeout"/> (default).</summary>
    public int WriteTimeout
    {
        get => _writeTimeoutMs;
        set
        {
            _writeTimeoutMs = value > 0 || value == InfiniteTimeout ? value : throw new ArgumentOutOfRangeException(nameof(value));
            if (_stream is not null)
            {
                _stream.WriteTimeout = value;
            }
        }
    }

    /// <summary>Whether <see cref="Open"/> succeeded and <see cref="Close"/> has not been called since; it stays true when the machine is unplugged.</summary>
    public bool IsOpen => _stream is not null;

    /// <summary>
    /// The bytes of the open port. Its asynchronous calls hold no thread while they wait and end promptly when cancelled or closed; a cancelled read
    /// takes no byte.
    /// </summary>
    /// <exception cref="InvalidOperationException">The port is closed.</exception>
    public Stream BaseStream => OpenStream;

    /// <summary>Bytes received and not yet read.</summary>
    /// <exception cref="InvalidOperationException">The port is closed.</exception>
    /// <exception cref="IOException">The port was unplugged.</exception>
    public int BytesToRead => LineControl.BytesToRead(OpenStream.Handle, _portName);

    private SerialStream OpenStream => _stream ?? throw PortErrors.NotOpen();

    private bool HandshakeDrivesRts => _format.Handshake is Handshake.RequestToSend or Handshake.RequestToSendXOnXOff;

    /// <summary>
    /// The serial ports of this machine, each device once: by its stable name under <c>/dev/serial/by-id</c> where it has one, then ttyUSB, ttyACM, ttyAMA
    /// and those ttyS that are really fitted.
    /// </summary>
    public static string[] GetPortNames()
    {
        RequireLinux();
        return SerialPortNames.Below("/dev", "/sys/class/tty");
    }

    /// <summary>Opens the port for this process alone and applies its settings.</summary>
    /// <exception cref="InvalidOperationException">It is open already.</exception>
    /// <exception cref="FileNotFoundException">There is no such port.</exception>
    /// <exception cref="UnauthorizedAccessException">Another program, or another SerialPort, has it open; or this user may not open it.</exception>
    /// <exception cref="ArgumentException">The name is not that of a serial port, or the port offers no such format.</exception>
    /// <exception cref="IOException">The port cannot run at this rate, or its driver failed.</exception>
    public void Open()
    {
        RequireLinux();
        if (IsOpen)
        {
            throw new InvalidOperationException($"The port '{_portName}' is open already.");
        }

        SafePortHandle port = SafePortHandle.Open(_portName);
        try
        {
            LineControl.Apply(port, _portName, _format);
            LineControl.PreferLowLatency(port);
            LineControl.SetModemLine(port, _portName, Libc.TIOCM_DTR, _dtrEnable);
            if (!HandshakeDrivesRts)
            {
                LineControl.SetModemLine(port, _portName, Libc.TIOCM_RTS, _rtsEnable);
            }

            _stream = new SerialStream(port, _portName) { ReadTimeout = _readTimeoutMs, WriteTimeout = _writeTimeoutMs };
        }
        catch
        {
            port.Dispose();
            throw;
        }
    }

    /// <summary>Closes the port. Waiting reads and writes fail with <see cref="ObjectDisposedException"/>. The port may be opened again.</summary>
    public void Close() => Dispose();

    /// <summary>Reads what is there, at least one byte.</summary>
    /// <param name="buffer">Receives the bytes.</param>
    /// <param name="offset">Where in the buffer the first byte goes.</param>
    /// <param name="count">The most bytes to read.</param>
    /// <returns>Bytes read.</returns>
    /// <exception cref="InvalidOperationException">The port is closed.</exception>
    /// <exception cref="TimeoutException">Nothing came within <see cref="ReadTimeout"/>.</exception>
    /// <exception cref="IOException">The port was unplugged.</exception>
    public int Read(byte[] buffer, int offset, int count) => OpenStream.Read(buffer, offset, count);

    /// <summary>Writes all of these bytes to the driver.</summary>
    /// <param name="buffer">Holds the bytes.</param>
    /// <param name="offset">Where in the buffer they begin.</param>
    /// <param name="count">How many there are.</param>
    /// <exception cref="InvalidOperationException">The port is closed.</exception>
    /// <exception cref="TimeoutException">The driver did not take them all within <see cref="WriteTimeout"/>.</exception>
    /// <exception cref="IOException">The port was unplugged.</exception>
    public void Write(byte[] buffer, int offset, int count) => OpenStream.Write(buffer, offset, count);

    /// <summary>Throws away what was received and not read.</summary>
    /// <exception cref="InvalidOperationException">The port is closed.</exception>
    public void DiscardInBuffer() => LineControl.Discard(OpenStream.Handle, _portName, Libc.TCIFLUSH);

    /// <summary>Throws away what the driver took and has not sent.</summary>
    /// <exception cref="InvalidOperationException">The port is closed.</exception>
    public void DiscardOutBuffer() => LineControl.Discard(OpenStream.Handle, _portName, Libc.TCOFLUSH);

    /// <summary>Closes the port when <paramref name="disposing"/>.</summary>
    /// <param name="disposing">False when called by the finalizer, which leaves the port to its handle.</param>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Interlocked.Exchange(ref _stream, null)?.Dispose();
        }

        base.Dispose(disposing);
    }

    private static void RequireLinux()
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new PlatformNotSupportedException(
                "This build reaches serial ports on Linux only. Build with -p:UpstreamPackages=true to use the System.IO.Ports package on Windows and macOS.");
        }
    }

    private void Apply(LineFormat format)
    {
        if (_stream is not null)
        {
            LineControl.Apply(_stream.Handle, _portName, format);
        }

        _format = format;
    }
}
