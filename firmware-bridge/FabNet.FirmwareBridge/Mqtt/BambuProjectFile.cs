// Packs a program as the 3MF project that a Bambu Lab machine prints from. Source: OpenBambuAPI; 3MF core specification, part 1.

using System.Diagnostics.CodeAnalysis;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using FabNet.GCode;

namespace FabNet.FirmwareBridge.Mqtt;

/// <summary>A 3MF with the program at <c>Metadata/plate_1.gcode</c> and its MD5 beside it.</summary>
internal static class BambuProjectFile
{
    private const string ContentTypes =
        """<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="model" ContentType="application/vnd.ms-package.3dmanufacturing-3dmodel+xml"/><Default Extension="gcode" ContentType="text/x.gcode"/></Types>""";

    private const string Relations =
        """<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Target="/3D/3dmodel.model" Id="rel-1" Type="http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel"/></Relationships>""";

    private const string Model =
        """<?xml version="1.0" encoding="UTF-8"?><model unit="millimeter" xml:lang="en-US" xmlns="http://schemas.microsoft.com/3dmanufacturing/core/2015/02"><resources/><build/></model>""";

    /// <summary>Writes the file whole or not at all: a machine must never see half of it.</summary>
    /// <returns>The MD5 of the whole file, upper-case hexadecimal, as the start command names it.</returns>
    /// <exception cref="IOException">The folder can't be written.</exception>
    public static async Task<string> WriteAsync(AdmittedProgram program, string path, CancellationToken cancellationToken)
    {
        var partial = path + ".part";
        string md5;
        await using (var file = new FileStream(partial, FileMode.Create, FileAccess.ReadWrite, FileShare.None))
        {
            await using (var archive = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true))
            {
                await AddAsync(archive, "[Content_Types].xml", ContentTypes, cancellationToken);
                await AddAsync(archive, "_rels/.rels", Relations, cancellationToken);
                await AddAsync(archive, "3D/3dmodel.model", Model, cancellationToken);
                string plate;
                await using (var entry = await archive.CreateEntry("Metadata/plate_1.gcode", CompressionLevel.Fastest).OpenAsync(cancellationToken))
                    plate = Copy(program, entry);
                await AddAsync(archive, "Metadata/plate_1.gcode.md5", plate, cancellationToken);
            }

            file.Flush(flushToDisk: true);
            file.Position = 0;
            md5 = Convert.ToHexString(await HashAsync(file, cancellationToken));
        }

        File.Move(partial, path, overwrite: true);
        return md5;
    }

    private static async Task AddAsync(ZipArchive archive, string name, string content, CancellationToken cancellationToken)
    {
        await using var entry = await archive.CreateEntry(name).OpenAsync(cancellationToken);
        await entry.WriteAsync(Encoding.UTF8.GetBytes(content), cancellationToken);
    }

    [SuppressMessage("Security", "CA5351", Justification = "The machine's format demands MD5. It guards against damage; against malice there are admission and the program's digest.")]
    private static ValueTask<byte[]> HashAsync(Stream file, CancellationToken cancellationToken) => MD5.HashDataAsync(file, cancellationToken);

    [SuppressMessage("Security", "CA5351", Justification = "As above.")]
    private static string Copy(AdmittedProgram program, Stream destination)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
        using var reader = program.OpenReader();
        while (reader.TryRead(out var line))
        {
            destination.Write(line);
            destination.WriteByte((byte)'\n');
            hash.AppendData(line);
            hash.AppendData("\n"u8);
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }
}
