// Opens a serial port for a machine and turns what can go wrong into sentences.

using System.IO.Ports;

namespace FabNet.FirmwareBridge.Serial;

/// <summary>Opens serial ports.</summary>
internal static class SerialPortOpener
{
    /// <summary>The stream of a freshly opened port, which owns the port.</summary>
    /// <exception cref="MachineLinkException">It can't be opened; the message says why and what to do.</exception>
    public static Stream Open(SerialMachineOptions options, int baud)
    {
        var port = new SerialPort(options.PortName, baud) { DtrEnable = options.RaiseDtr, RtsEnable = options.RaiseDtr };
        try
        {
            port.Open();
            return port.BaseStream;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or InvalidOperationException)
        {
            port.Dispose();
            throw new MachineLinkException($"{options.PortName} can't be opened: {error.Message}", error);
        }
    }
}
