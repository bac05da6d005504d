// Opens a serial port for a machine and turns what can go wrong into sentences.

using System.IO.Ports;

namespace FabNet.FirmwareBridge.Serial;

/// <summary>Opens serial ports.</summary>
internal static class SerialPortOpener
{
    // Some milliseconds charge the capacitor between DTR and the processor's reset; what drives the line may need more.
    private static readonly TimeSpan LowDtr = TimeSpan.FromMilliseconds(250);

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

    /// <summary>The same, with an edge on DTR behind the opening: a board of the Arduino kind resets on it, even one that was held open before. A port without that line is only opened.</summary>
    /// <exception cref="MachineLinkException">It can't be opened; the message says why and what to do.</exception>
    public static async ValueTask<Stream> OpenAndResetAsync(SerialMachineOptions options, int baud, TimeProvider time, CancellationToken cancellationToken)
    {
        var port = new SerialPort(options.PortName, baud);
        try
        {
            port.Open();
            await Task.Delay(LowDtr, time, cancellationToken);
            port.DtrEnable = true;
            port.RtsEnable = true;
            return port.BaseStream;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or InvalidOperationException)
        {
            port.Dispose();
            throw new MachineLinkException($"{options.PortName} can't be opened: {error.Message}", error);
        }
        catch
        {
            port.Dispose();
            throw;
        }
    }
}
