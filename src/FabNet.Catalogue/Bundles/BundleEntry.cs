// One header of a tar archive: the plain files of POSIX ustar, and nothing else of what an archive may hold.

using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace FabNet.Catalogue.Bundles;

/// <summary>
/// A file in a bundle. What is written, every tar reads. What is read are only plain files with short names: links, devices, folders and the long headers whose length an archive claims for itself are refused, so
/// that nothing of an archive is taken into memory, or onto a disk, on its own word.
/// </summary>
/// <param name="Name">The name in the archive, ASCII, up to 100 characters.</param>
/// <param name="Size">Bytes of the file.</param>
internal sealed record BundleEntry(string Name, long Size)
{
    /// <summary>The bytes of a header, and the unit of everything.</summary>
    public const int BlockSize = 512;

    private const int MaxName = 100;

    private const int ModeAt = 100;
    private const int OwnerAt = 108;
    private const int GroupAt = 116;
    private const int SizeAt = 124;
    private const int SizeLength = 12;
    private const int TimeAt = 136;
    private const int ChecksumAt = 148;
    private const int ChecksumLength = 8;
    private const int TypeAt = 156;
    private const int MagicAt = 257;

    /// <summary>Bytes behind the file up to the next header.</summary>
    public int Padding => (int)((BlockSize - (Size % BlockSize)) % BlockSize);

    /// <summary>The header.</summary>
    public byte[] Write()
    {
        var block = new byte[BlockSize];
        Encoding.ASCII.GetBytes(Name, block);
        Octal(block.AsSpan(ModeAt, 8), 0x1A4); // 0644
        Octal(block.AsSpan(OwnerAt, 8), 0);
        Octal(block.AsSpan(GroupAt, 8), 0);
        if (Size < 1L << 33)
        {
            Octal(block.AsSpan(SizeAt, SizeLength), Size);
        }
        else
        {
            // From 8 GiB on the number is binary, as GNU tar and libarchive write it.
            block[SizeAt] = 0x80;
            BinaryPrimitives.WriteInt64BigEndian(block.AsSpan(SizeAt + 4, 8), Size);
        }

        Octal(block.AsSpan(TimeAt, SizeLength), 0);
        block[TypeAt] = (byte)'0';
        "ustar\000"u8.CopyTo(block.AsSpan(MagicAt));
        Octal(block.AsSpan(ChecksumAt, ChecksumLength - 1), Sum(block));
        block[ChecksumAt + ChecksumLength - 1] = (byte)' ';
        return block;
    }

    /// <summary>Reads a header; null for the block of zeros that ends an archive.</summary>
    /// <exception cref="FormatException">It is none, or of something that a bundle does not have.</exception>
    public static BundleEntry? Read(ReadOnlySpan<byte> block)
    {
        if (!block.ContainsAnyExcept((byte)0))
        {
            return null;
        }

        if (!block.Slice(MagicAt, 5).SequenceEqual("ustar"u8) || Number(block.Slice(ChecksumAt, ChecksumLength)) != Sum(block))
        {
            throw new FormatException("There should be the header of a file, and there are other bytes.");
        }

        var name = block[..MaxName];
        name = name.IndexOf((byte)0) is >= 0 and var end ? name[..end] : name;
        var text = name.ContainsAnyExceptInRange((byte)'!', (byte)'~') ? "?" : Encoding.ASCII.GetString(name);
        return (char)block[TypeAt] is '0' or '\0' ? new BundleEntry(text, Number(block.Slice(SizeAt, SizeLength)))
            : throw new FormatException($"'{text}' is no plain file (its type is {block[TypeAt]}). A bundle has nothing else.");
    }

    private static void Octal(Span<byte> field, long value) =>
        Encoding.ASCII.GetBytes(Convert.ToString(value, 8).PadLeft(field.Length - 1, '0'), field);

    private static long Number(ReadOnlySpan<byte> field)
    {
        if (field[0] == 0x80)
        {
            var value = BinaryPrimitives.ReadInt64BigEndian(field[^8..]);
            return value >= 0 && !field[1..^8].ContainsAnyExcept((byte)0) ? value : throw new FormatException("A file's size makes no sense.");
        }

        long number = 0;
        foreach (var digit in field.Trim(" \0"u8))
        {
            number = digit is >= (byte)'0' and <= (byte)'7' ? checked((number * 8) + (digit - '0')) : throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"A number has the byte {digit} in it."));
        }

        return number;
    }

    // The checksum counts as blanks while it is summed up.
    private static long Sum(ReadOnlySpan<byte> block)
    {
        var sum = 0L;
        for (var i = 0; i < block.Length; i++)
        {
            sum += i is >= ChecksumAt and < ChecksumAt + ChecksumLength ? ' ' : block[i];
        }

        return sum;
    }
}
