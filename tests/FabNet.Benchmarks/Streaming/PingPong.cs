// The baseline: a sender that writes one line and waits for its ok, as most hosts do.

using FabNet.FirmwareBridge.Streaming;
using FabNet.GCode;

namespace FabNet.Benchmarks.Streaming;

internal static class PingPong
{
    /// <summary>Sends the whole program over an open stream, framed as the dialect wants it.</summary>
    public static async Task SendAsync(Stream stream, IFirmwareDialect dialect, AdmittedProgram program)
    {
        using var reader = program.OpenReader();
        var line = new byte[dialect.MaxLineBytes];
        var answer = new byte[256];
        while (TryFrame(reader, dialect, line, out var length))
        {
            await stream.WriteAsync(line.AsMemory(0, length));
            var isAnswered = false;
            while (!isAnswered)
            {
                var count = await stream.ReadAsync(answer);
                if (count == 0)
                    throw new IOException("the responder's port was closed");
                isAnswered = answer.AsSpan(0, count).Contains((byte)'\n');
            }
        }
    }

    private static bool TryFrame(ProgramReader reader, IFirmwareDialect dialect, byte[] destination, out int length)
    {
        length = 0;
        if (!reader.TryRead(out var line))
            return false;
        length = dialect.Frame(line, reader.LineNumber, destination);
        return length > 0 ? true : throw new InvalidOperationException($"line {reader.LineNumber} is too long for the firmware");
    }
}
