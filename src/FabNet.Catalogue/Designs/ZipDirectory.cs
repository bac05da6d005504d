// Counts the entries of a zip before anything reads them all into memory.

using System.Buffers.Binary;

namespace FabNet.Catalogue.Designs;

/// <summary>
/// Walks the central directory of a zip (PKWARE APPNOTE 6.3.10, §4.3.12 to §4.3.16). What it says of its own length is not believed: the
/// headers are counted, and the counting stops at the limit.
/// </summary>
internal static class ZipDirectory
{
    private const uint EndSignature = 0x06054B50, Zip64LocatorSignature = 0x07064B50, Zip64EndSignature = 0x06064B50, HeaderSignature = 0x02014B50;

    private const int EndBytes = 22, Zip64LocatorBytes = 20, Zip64EndBytes = 56, HeaderBytes = 46, MaxComment = 65_535;

    /// <summary>Refuses a zip of more entries than a limit; leaves the stream at its beginning.</summary>
    /// <exception cref="DesignImportException">It has more entries.</exception>
    /// <exception cref="InvalidDataException">It has no central directory.</exception>
    public static void RequireAtMost(FileStream zip, int maxEntries)
    {
        zip.Position = FindDirectory(zip);
        Span<byte> header = stackalloc byte[HeaderBytes];
        for (var count = 0; zip.ReadAtLeast(header, HeaderBytes, throwOnEndOfStream: false) == HeaderBytes && U32(header) == HeaderSignature; count++)
        {
            if (count == maxEntries)
            {
                throw new DesignImportException($"The archive {zip.Name} has more than {maxEntries} entries. Publish the folder of one design, without what is made from it.");
            }

            zip.Position += U16(header[28..]) + U16(header[30..]) + U16(header[32..]);
        }

        zip.Position = 0;
    }

    private static long FindDirectory(FileStream zip)
    {
        var tail = new byte[(int)Math.Min(zip.Length, EndBytes + MaxComment + Zip64LocatorBytes)];
        zip.Position = zip.Length - tail.Length;
        zip.ReadExactly(tail);
        for (var at = tail.Length - EndBytes; at >= 0; at--)
        {
            if (U32(tail.AsSpan(at)) == EndSignature)
            {
                var offset = U32(tail.AsSpan(at + 16));
                return Within(zip, offset != uint.MaxValue || at < Zip64LocatorBytes ? offset : FindZip64Directory(zip, tail.AsSpan(at - Zip64LocatorBytes)));
            }
        }

        throw new InvalidDataException("its central directory is not there; it is cut off.");
    }

    private static long FindZip64Directory(FileStream zip, ReadOnlySpan<byte> locator)
    {
        if (U32(locator) != Zip64LocatorSignature)
        {
            return uint.MaxValue;
        }

        Span<byte> end = stackalloc byte[Zip64EndBytes];
        zip.Position = Within(zip, (long)BinaryPrimitives.ReadUInt64LittleEndian(locator[8..]));
        zip.ReadExactly(end);
        return U32(end) == Zip64EndSignature ? (long)BinaryPrimitives.ReadUInt64LittleEndian(end[48..]) : -1;
    }

    private static long Within(FileStream zip, long offset) =>
        offset >= 0 && offset <= zip.Length ? offset : throw new InvalidDataException("its central directory lies outside of it.");

    private static uint U32(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt32LittleEndian(bytes);

    private static int U16(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt16LittleEndian(bytes);
}
