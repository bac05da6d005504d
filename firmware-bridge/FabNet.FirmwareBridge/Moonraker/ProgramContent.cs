// An admitted program as the body of an upload, read from its file while it is sent.

using System.Net;
using FabNet.GCode;

namespace FabNet.FirmwareBridge.Moonraker;

/// <summary>The program's bytes exactly as its digest counts them: each line ended by LF.</summary>
/// <param name="program">The program.</param>
/// <param name="onTaken">Called with the number of bytes that the connection has taken so far.</param>
internal sealed class ProgramContent(AdmittedProgram program, Action<long> onTaken) : HttpContent
{
    private const int PieceBytes = 64 * 1024;

    /// <inheritdoc />
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    /// <inheritdoc />
    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        var piece = new MemoryStream(PieceBytes);
        var taken = 0L;
        using var reader = program.OpenReader();
        while (FillPiece(reader, piece))
        {
            await stream.WriteAsync(piece.GetBuffer().AsMemory(0, (int)piece.Length), cancellationToken);
            taken += piece.Length;
            onTaken(taken);
        }
    }

    /// <inheritdoc />
    protected override bool TryComputeLength(out long length)
    {
        length = program.ByteCount;
        return true;
    }

    private static bool FillPiece(ProgramReader reader, MemoryStream piece)
    {
        piece.SetLength(0);
        while (piece.Length < PieceBytes && reader.TryRead(out var line))
        {
            piece.Write(line);
            piece.WriteByte((byte)'\n');
        }

        return piece.Length > 0;
    }
}
