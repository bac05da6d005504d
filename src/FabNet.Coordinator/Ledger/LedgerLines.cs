// An exported ledger as lines: what `fabnet ledger export` writes, read back without trusting it.

using FabNet.Protocol.Ledger;

namespace FabNet.Coordinator.Ledger;

/// <summary>Splits a file into lines.</summary>
public static class LedgerLines
{
    /// <summary>The lines, without their ends. A last line without an end, and one that is longer than a line may be, come as they are: they are no lines of a ledger.</summary>
    public static IEnumerable<byte[]> Of(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var (buffer, line) = (new byte[64 * 1024], new MemoryStream());
        int read;
        while ((read = stream.Read(buffer, 0, buffer.Length)) > 0)
        {
            for (var from = 0; from < read;)
            {
                var end = Array.IndexOf(buffer, (byte)'\n', from, read - from);
                line.Write(buffer, from, (end < 0 ? read : end) - from);
                from = end < 0 ? read : end + 1;
                if (end >= 0 || line.Length > LedgerFormat.MaxLineBytes)
                {
                    yield return line.ToArray();
                    line.SetLength(0);
                }
            }
        }

        if (line.Length > 0)
        {
            // Marked, so that a file that was cut in the middle of its last line does not read like one that ends there.
            line.WriteByte((byte)' ');
            yield return line.ToArray();
        }
    }
}
