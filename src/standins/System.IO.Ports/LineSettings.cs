// The choices that frame a byte on the line: parity, stop bits and flow control, with the values of the package.
namespace System.IO.Ports;

/// <summary>How the parity bit of each byte is formed.</summary>
public enum Parity
{
    /// <summary>No parity bit.</summary>
    None = 0,

    /// <summary>The number of set bits, parity bit included, is odd.</summary>
    Odd = 1,

    /// <summary>The number of set bits, parity bit included, is even.</summary>
    Even = 2,

    /// <summary>The parity bit is always 1.</summary>
    Mark = 3,

    /// <summary>The parity bit is always 0.</summary>
    Space = 4,
}

/// <summary>How many stop bits end a byte.</summary>
public enum StopBits
{
    /// <summary>No stop bits; no port supports it, and setting it throws.</summary>
    None = 0,

    /// <summary>One stop bit.</summary>
    One = 1,

    /// <summary>Two stop bits.</summary>
    Two = 2,

    /// <summary>One and a half stop bits; a UART offers it with 5 data bits only.</summary>
    OnePointFive = 3,
}

/// <summary>How a receiver tells the sender to wait.</summary>
public enum Handshake
{
    /// <summary>No flow control.</summary>
    None = 0,

    /// <summary>The bytes XON (0x11) and XOFF (0x13) in the data; those two bytes can then not be sent as data.</summary>
    XOnXOff = 1,

    /// <summary>The RTS and CTS lines.</summary>
    RequestToSend = 2,

    /// <summary>Both the RTS and CTS lines and the XON and XOFF bytes.</summary>
    RequestToSendXOnXOff = 3,
}
