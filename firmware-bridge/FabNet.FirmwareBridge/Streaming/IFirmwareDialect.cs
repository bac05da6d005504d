// What differs between firmware families in the words themselves; how a stream is paced and steered is in the streamers and controls.

using FabNet.Model.Machines;

namespace FabNet.FirmwareBridge.Streaming;

/// <summary>The words of one firmware family. Stateless.</summary>
internal interface IFirmwareDialect
{
    /// <summary>Which family.</summary>
    FirmwareDialect Kind { get; }

    /// <summary>The longest framed line, line end included, in bytes.</summary>
    int MaxLineBytes { get; }

    /// <summary>Classifies one line, given without its line end.</summary>
    FirmwareMessage Parse(ReadOnlySpan<byte> line);

    /// <summary>Writes a command as it goes over the wire, line end included.</summary>
    /// <param name="command">The command without a line end.</param>
    /// <param name="number">Its line number; ignored by families without.</param>
    /// <param name="destination">At least <see cref="MaxLineBytes"/> long.</param>
    /// <returns>The framed length; 0 if the line would be longer than the firmware can take.</returns>
    int Frame(ReadOnlySpan<byte> command, int number, Span<byte> destination);

    /// <summary>The bytes that stop the machine at once.</summary>
    /// <param name="nextNumber">The line number that the firmware expects next.</param>
    byte[] EmergencyStop(int nextNumber);
}
