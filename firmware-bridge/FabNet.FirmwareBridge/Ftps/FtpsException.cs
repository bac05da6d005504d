// A file server refused something, or went away.

namespace FabNet.FirmwareBridge.Ftps;

/// <summary>A transfer failed. The message says where, what happened, and what to do.</summary>
internal sealed class FtpsException(string message, int code = 0, Exception? innerException = null) : Exception(message, innerException)
{
    /// <summary>The server's reply code; 0 if it gave none.</summary>
    public int Code => code;

    /// <summary>True if nothing was refused for good: the line broke, or the server says (4xx) that it may go better later.</summary>
    public bool IsTransient => code is 0 or (>= 400 and < 500);
}
