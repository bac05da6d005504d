// What an errno means to the person at the port: the exception type, what happened, and what to do next.
using System.Runtime.InteropServices;

namespace System.IO.Ports;

internal static class PortErrors
{
    /// <summary>Why a port could not be opened.</summary>
    internal static Exception Opening(string portName, int errno) => errno switch
    {
        Libc.ENOENT or Libc.ENOTDIR or Libc.ENODEV or Libc.ENXIO => new FileNotFoundException(
            $"There is no port '{portName}'. Check that the machine is plugged in and switched on; SerialPort.GetPortNames() lists the ports that exist.",
            portName),
        Libc.EACCES or Libc.EPERM => new UnauthorizedAccessException(
            $"Access to the port '{portName}' is denied. Add yourself to the dialout group (sudo usermod -aG dialout $USER), then log in again."),
        Libc.EBUSY or Libc.EAGAIN => InUse(portName),
        _ => new IOException($"The port '{portName}' could not be opened: {Text(errno)}.", errno),
    };

    /// <summary>Somebody else has the port open.</summary>
    internal static UnauthorizedAccessException InUse(string portName) => new(
        $"The port '{portName}' is in use by another program. Close that program (fuser -v {portName} names it), then open the port again.");

    /// <summary>Why a read, a write or a setting failed on an open port.</summary>
    internal static IOException Using(string portName, int errno) => errno switch
    {
        Libc.EIO or Libc.ENXIO or Libc.ENODEV => Unplugged(portName),
        _ => new IOException($"The port '{portName}' failed: {Text(errno)}.", errno),
    };

    internal static IOException Unplugged(string portName) => new(
        $"The port '{portName}' was unplugged. Plug the machine in again, then close the port and open it anew.");

    internal static ObjectDisposedException Closed(string portName) => new(portName, $"The port '{portName}' is closed.");

    internal static InvalidOperationException NotOpen() => new("The port is closed.");

    internal static string Text(int errno) => Marshal.GetPInvokeErrorMessage(errno);
}
