// A picture as a PNG file: 8-bit RGB, unfiltered rows, one zlib stream. Source: PNG specification, third edition.

using System.Buffers.Binary;
using System.IO.Compression;

namespace FabNet.Programs.Preview;

internal static class PngWriter
{
    private const int BytesPerPixel = 3;
    private static readonly uint[] CrcTable = MakeCrcTable();

    /// <summary>Writes a picture.</summary>
    /// <param name="file">Where to.</param>
    /// <param name="pixels">Red, green and blue of each pixel, row by row from the top.</param>
    /// <param name="width">Pixels in a row.</param>
    public static void Write(Stream file, ReadOnlySpan<byte> pixels, int width)
    {
        var rowBytes = width * BytesPerPixel;
        var height = pixels.Length / rowBytes;
        file.Write([0x89, (byte)'P', (byte)'N', (byte)'G', (byte)'\r', (byte)'\n', 0x1A, (byte)'\n']);

        // Width, height, 8 bits, colour type 2 (RGB), the only compression, filter and no interlace.
        Span<byte> header = stackalloc byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], height);
        (header[8], header[9]) = (8, 2);
        WriteChunk(file, "IHDR"u8, header);

        using var compressed = new MemoryStream();
        using (var zlib = new ZLibStream(compressed, CompressionLevel.Optimal, leaveOpen: true))
        {
            for (var row = 0; row < height; row++)
            {
                zlib.WriteByte(0);
                zlib.Write(pixels.Slice(row * rowBytes, rowBytes));
            }
        }

        WriteChunk(file, "IDAT"u8, compressed.GetBuffer().AsSpan(0, (int)compressed.Length));
        WriteChunk(file, "IEND"u8, []);
    }

    private static void WriteChunk(Stream file, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        file.Write(number);
        file.Write(type);
        file.Write(data);
        BinaryPrimitives.WriteUInt32BigEndian(number, ~Crc(Crc(uint.MaxValue, type), data));
        file.Write(number);
    }

    private static uint Crc(uint crc, ReadOnlySpan<byte> data)
    {
        foreach (var value in data)
            crc = CrcTable[(crc ^ value) & 0xFF] ^ (crc >> 8);
        return crc;
    }

    private static uint[] MakeCrcTable()
    {
        var table = new uint[256];
        for (var n = 0u; n < 256; n++)
        {
            var crc = n;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc & 1) != 0 ? 0xEDB88320 ^ (crc >> 1) : crc >> 1;
            table[n] = crc;
        }

        return table;
    }
}
