// Archives: the same design as the folder, and nothing that an archive says is trusted.

using System.Buffers.Binary;
using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using FabNet.Catalogue.Designs;
using FabNet.Model;
using FabNet.Protocol;
using Xunit;

namespace FabNet.Tests.Catalogue;

public sealed class DesignArchiveTests : IDisposable
{
    private const string Okh = "name = \"Thing\"\nlicense = \"MIT\"\n";

    private readonly TempFolder _folder = new();

    public static TheoryData<string> Forms => ["zip", "tar", "tar.gz"];

    /// <summary>Names that must never be written, and what is said of them.</summary>
    public static TheoryData<string, string> BadNames => new()
    {
        { "../evil.stl", "'..'" },
        { "a/../../evil.stl", "'..'" },
        { "/etc/evil.stl", "absolute" },
        { "C:/evil.stl", "Windows refuses" },
        { "a\\evil.stl", "backslash" },
        { "NUL.stl", "device on Windows" },
        { "a/com1", "device on Windows" },
        { "evil.stl.", "ends with a blank or a dot" },
        { "evil\u202elts.exe", "U+202E" },
        { "ev\u200bil.stl", "U+200B" },
        { "line\nfeed", "U+000A" },
        { "a//b", "empty name" },
        { new string('x', 600), "longer than 512" },
    };

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task An_archive_gives_the_design_that_its_folder_gives(string form)
    {
        var files = new (string, byte[])[]
        {
            ("okh.toml", Encoding.UTF8.GetBytes(Okh)), ("parts/box.stl", StlFiles.Binary(StlFiles.Box(1, 2, 3))), ("empty.txt", []), ("README.md", "read"u8.ToArray()),
            (".git/config", "token"u8.ToArray()), ("README.md~", "old"u8.ToArray()),
        };
        foreach (var (path, bytes) in files)
        {
            _folder.Add($"thing/{path}", bytes);
        }

        using var fromFolder = await Import("thing");
        foreach (var wrapper in new[] { "", "thing-main/" })
        {
            using var fromArchive = await Import(Write(form, [.. files.Select(f => (wrapper + f.Item1, f.Item2))]));
            Assert.Equal(fromFolder.Manifest, fromArchive.Manifest);
            Assert.Equal(fromFolder.Findings.Select(f => f.ToString()), fromArchive.Findings.Select(f => f.ToString()));
            foreach (var artefact in fromArchive.Design.AllArtefacts())
            {
                Assert.Equal(artefact.Digest, Digest.Of(await File.ReadAllBytesAsync(fromArchive.FilesByDigest[artefact.Digest], TestContext.Current.CancellationToken)));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task What_was_unpacked_is_removed_when_the_design_is_disposed(string form)
    {
        var imported = await Import(Write(form, ("okh.toml", Encoding.UTF8.GetBytes(Okh)), ("a.txt", "a"u8.ToArray())));
        var file = imported.FilesByDigest.Values.Single();
        Assert.True(File.Exists(file));
        imported.Dispose();
        Assert.False(Directory.Exists(Path.GetDirectoryName(file)));
    }

    [Theory]
    [MemberData(nameof(BadNames))]
    public async Task A_name_that_leads_out_or_that_no_system_holds_is_left_out_and_told(string name, string expected)
    {
        // A tar writer of .NET refuses a line feed itself.
        foreach (var form in name.Contains('\n', StringComparison.Ordinal) ? ["zip"] : new[] { "zip", "tar", "tar.gz" })
        {
            using var imported = await Import(Write(form, ("okh.toml", Encoding.UTF8.GetBytes(Okh)), (name, "evil"u8.ToArray())));
            Assert.Empty(imported.Design.AllArtefacts());
            var finding = Assert.Single(imported.Findings, f => f.Kind == FindingKind.FileLeftOut);
            Assert.Contains(expected, finding.Message, StringComparison.Ordinal);
            Assert.DoesNotContain(finding.ToString(), char.IsControl);
            Assert.False(File.Exists(Path.Combine(_folder.Path, "..", "evil.stl")));
        }
    }

    [Fact]
    public async Task A_zip_name_with_a_null_character_is_left_out()
    {
        using var imported = await Import(Write("zip", ("okh.toml", Encoding.UTF8.GetBytes(Okh)), ("a.stl\0.txt", "evil"u8.ToArray())));
        Assert.Empty(imported.Design.AllArtefacts());
        Assert.Contains(imported.Findings, f => f.Message.Contains("U+0000", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("zip")]
    [InlineData("tar")]
    public async Task Links_are_left_out_and_told(string form)
    {
        var path = Path.Combine(_folder.Path, "links." + form);
        if (form == "zip")
        {
            using var zip = ZipFile.Open(path, ZipArchiveMode.Create);
            Put(zip, "okh.toml", Encoding.UTF8.GetBytes(Okh));
            Put(zip, "passwd", "/etc/passwd"u8.ToArray()).ExternalAttributes = unchecked((int)0xA1FF0000);
            Put(zip, "pipe", []).ExternalAttributes = 0x11A4 << 16;
        }
        else
        {
            await using var tar = new TarWriter(File.Create(path));
            await PutAsync(tar, "okh.toml", Encoding.UTF8.GetBytes(Okh));
            await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.SymbolicLink, "passwd") { LinkName = "/etc/passwd" }, TestContext.Current.CancellationToken);
            await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.HardLink, "pipe") { LinkName = "okh.toml" }, TestContext.Current.CancellationToken);
        }

        using var imported = await Import(path);
        Assert.Empty(imported.Design.AllArtefacts());
        Assert.Equal(["passwd", "pipe"], imported.Findings.Where(f => f.Kind == FindingKind.FileLeftOut).Select(f => f.File));
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task Of_two_entries_that_one_system_would_take_for_one_the_first_counts(string form)
    {
        using var imported = await Import(Write(
            form, ("okh.toml", Encoding.UTF8.GetBytes(Okh)), ("Readme.md", "1"u8.ToArray()), ("README.MD", "2"u8.ToArray()), ("okh.toml", "name = \"Other\""u8.ToArray()),
            ("caf\u00e9.txt", "3"u8.ToArray()), ("cafe\u0301.txt", "4"u8.ToArray()), ("Readme.md/x", "5"u8.ToArray()), ("f/x", "6"u8.ToArray()), ("f", "7"u8.ToArray())));
        Assert.Equal("Thing", imported.Design.Title);
        Assert.Equal(["Readme.md", "caf\u00e9.txt", "f/x"], imported.Design.AllArtefacts().Select(a => a.Path).Order(StringComparer.Ordinal));
        Assert.Equal(Digest.Of("1"u8), imported.Design.Files.Single(f => f.Path == "Readme.md").Digest);
        Assert.Equal(5, imported.Findings.Count(f => f.Kind == FindingKind.FileLeftOut));
    }

    [Theory]
    [InlineData("zip")]
    [InlineData("tar.gz")]
    public async Task A_bomb_is_refused_long_before_it_is_unpacked(string form)
    {
        var path = Path.Combine(_folder.Path, "bomb." + form);
        const long Claimed = 1L << 30;
        await using (var file = File.Create(path))
        {
            if (form == "zip")
            {
                await using var zip = new ZipArchive(file, ZipArchiveMode.Create);
                Put(zip, "okh.toml", Encoding.UTF8.GetBytes(Okh));
                await using var entry = await zip.CreateEntry("zeros.bin").OpenAsync(TestContext.Current.CancellationToken);
                WriteZeros(entry, Claimed);
            }
            else
            {
                await using var gzip = new GZipStream(file, CompressionLevel.Optimal);
                gzip.Write(TarHeader("zeros.bin", Claimed, '0'));
                WriteZeros(gzip, Claimed);
            }
        }

        var error = await Assert.ThrowsAsync<DesignImportException>(() => Import(path));
        Assert.Contains("bombs", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData('x')]
    [InlineData('g')]
    [InlineData('L')]
    [InlineData('K')]
    public async Task A_header_that_claims_a_name_of_a_gigabyte_is_refused_before_it_is_read(char type)
    {
        var path = Path.Combine(_folder.Path, "header.tar.gz");
        await using (var gzip = new GZipStream(File.Create(path), CompressionLevel.Fastest))
        {
            gzip.Write(TarHeader("x", 1L << 30, type));
            WriteZeros(gzip, 64 << 20);
        }

        var error = await Assert.ThrowsAsync<DesignImportException>(() => Import(path));
        Assert.Contains("header of more than", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("zip")]
    [InlineData("tar")]
    public async Task A_claim_of_ten_gigabytes_is_refused_by_the_claim(string form)
    {
        const long Claimed = 10L << 30;
        byte[] bytes;
        if (form == "zip")
        {
            bytes = await File.ReadAllBytesAsync(Write("zip", ("okh.toml", Encoding.UTF8.GetBytes(Okh)), ("big.bin", new byte[10])), TestContext.Current.CancellationToken);

            // The size in the last entry of the central directory; as much as 32 bits hold.
            var entry = bytes.AsSpan().LastIndexOf("PK\u0001\u0002"u8);
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(entry + 24), 0xFFFFFFFE);
        }
        else
        {
            bytes = [.. TarHeader("big.bin", Claimed, '0'), .. new byte[1024]];
        }

        var error = await Assert.ThrowsAsync<DesignImportException>(() => Import(_folder.Add("claim." + form, bytes)));
        Assert.Contains("at most 2147483648 can be published", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task Limits_are_kept(string form)
    {
        var path = Write(form, ("okh.toml", Encoding.UTF8.GetBytes(Okh)), ("a/b/c.txt", new byte[300]), ("d.txt", new byte[300]), ("e.txt", new byte[300]));
        foreach (var limits in new[] { new ImportLimits { MaxFiles = 3 }, new ImportLimits { MaxFiles = 1 }, new ImportLimits { MaxFileBytes = 200 }, new ImportLimits { MaxTotalBytes = 700 }, new ImportLimits { MaxDepth = 1 } })
        {
            await Assert.ThrowsAsync<DesignImportException>(() => DesignImporter.ImportAsync(path, limits, TestContext.Current.CancellationToken));
        }
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task An_archive_that_is_cut_off_anywhere_is_refused_or_says_less(string form)
    {
        var whole = await File.ReadAllBytesAsync(
            Write(form, ("okh.toml", Encoding.UTF8.GetBytes(Okh)), ("a.bin", [.. Enumerable.Range(0, 3000).Select(i => (byte)((i * 7919 >> 3) & 0xFF))])), TestContext.Current.CancellationToken);
        for (var length = 0; length < whole.Length; length += 97)
        {
            try
            {
                using var imported = await Import(_folder.Add("cut", whole[..length]));
                Assert.True(form.StartsWith("tar", StringComparison.Ordinal), "A zip without its end can't be read.");
            }
            catch (DesignImportException e)
            {
                Assert.Contains("cut", e.Message, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task A_file_that_is_no_archive_is_refused_by_name()
    {
        var error = await Assert.ThrowsAsync<DesignImportException>(() => Import(_folder.Add("thing.zip", "not a zip")));
        Assert.Contains("neither a folder nor a zip, tar or tar.gz", error.Message, StringComparison.Ordinal);
    }

    private Task<ImportedDesign> Import(string path) =>
        DesignImporter.ImportAsync(Path.Combine(_folder.Path, path), cancellationToken: TestContext.Current.CancellationToken);

    private string Write(string form, params (string Name, byte[] Bytes)[] files)
    {
        // The name of the archive stands in for a missing title, so it is the folder's.
        var path = Path.Combine(_folder.Sub(Guid.NewGuid().ToString("N")), "thing." + form);
        using var file = File.Create(path);
        if (form == "zip")
        {
            using var zip = new ZipArchive(file, ZipArchiveMode.Create);
            foreach (var (name, bytes) in files)
            {
                Put(zip, name, bytes);
            }

            return path;
        }

        using Stream target = form == "tar.gz" ? new GZipStream(file, CompressionLevel.Fastest) : file;
        using var tar = new TarWriter(target);
        foreach (var (name, bytes) in files)
        {
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(bytes) });
        }

        return path;
    }

    private static ZipArchiveEntry Put(ZipArchive zip, string name, byte[] bytes)
    {
        var entry = zip.CreateEntry(name);
        using var stream = entry.Open();
        stream.Write(bytes);
        return entry;
    }

    private static Task PutAsync(TarWriter tar, string name, byte[] bytes) =>
        tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(bytes) }, TestContext.Current.CancellationToken);

    private static void WriteZeros(Stream stream, long count)
    {
        var zeros = new byte[1 << 20];
        for (; count > 0; count -= zeros.Length)
        {
            stream.Write(zeros);
        }
    }

    // By hand: a writer would not lie.
    private static byte[] TarHeader(string name, long size, char type)
    {
        var header = new byte[512];
        Put(0, name);
        Put(100, "0000644\0");
        Put(108, "0000000\0");
        Put(116, "0000000\0");
        Put(136, "00000000000\0");
        Put(257, "ustar\0" + "00");
        header[156] = (byte)type;
        if (size < 1L << 33)
        {
            Put(124, Convert.ToString(size, 8).PadLeft(11, '0') + "\0");
        }
        else
        {
            header[124] = 0x80;
            BinaryPrimitives.WriteInt64BigEndian(header.AsSpan(128), size);
        }

        header.AsSpan(148, 8).Fill((byte)' ');
        Put(148, Convert.ToString(header.Sum(b => b), 8).PadLeft(6, '0') + "\0 ");
        return header;

        void Put(int at, string text) => Encoding.ASCII.GetBytes(text, header.AsSpan(at));
    }
}
