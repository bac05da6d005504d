// Packs a program as the 3MF project that a Bambu Lab machine prints from. Sources: OpenBambuAPI gcode.md (the firmware hangs without the blocks of comments) and mqtt.md; 3MF core
// specification, part 1; what BambuStudio's "export sliced file" holds.

using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using FabNet.GCode;

namespace FabNet.FirmwareBridge.Mqtt;

/// <summary>A 3MF with the program at <c>Metadata/plate_1.gcode</c>, its MD5 beside it, and what the firmware reads to find and announce it. No thumbnails.</summary>
internal static class BambuProjectFile
{
    private const string Plate = "Metadata/plate_1.gcode";

    private const string ContentTypes =
        """<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="model" ContentType="application/vnd.ms-package.3dmanufacturing-3dmodel+xml"/><Default Extension="gcode" ContentType="text/x.gcode"/></Types>""";

    private const string Relations =
        """<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Target="/3D/3dmodel.model" Id="rel-1" Type="http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel"/></Relationships>""";

    private const string Model =
        """<?xml version="1.0" encoding="UTF-8"?><model unit="millimeter" xml:lang="en-US" xmlns="http://schemas.microsoft.com/3dmanufacturing/core/2015/02"><resources/><build/></model>""";

    private const string PlateSettings =
        """<?xml version="1.0" encoding="UTF-8"?><config><plate><metadata key="plater_id" value="1"/><metadata key="locked" value="false"/><metadata key="gcode_file" value="Metadata/plate_1.gcode"/></plate></config>""";

    private const string PlateRelations =
        """<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Target="/Metadata/plate_1.gcode" Id="rel-1" Type="http://schemas.bambulab.com/package/2021/gcode"/></Relationships>""";

    /// <summary>Writes the project at the start of an empty file. Memory stays flat.</summary>
    /// <returns>The MD5 of the whole file, upper-case hexadecimal, as the start command names it.</returns>
    /// <exception cref="IOException">The file can't be written.</exception>
    public static async Task<string> WriteAsync(AdmittedProgram program, Stream file, CancellationToken cancellationToken)
    {
        await using (var archive = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true))
        {
            await AddAsync(archive, "[Content_Types].xml", ContentTypes, cancellationToken);
            await AddAsync(archive, "_rels/.rels", Relations, cancellationToken);
            await AddAsync(archive, "3D/3dmodel.model", Model, cancellationToken);
            await AddAsync(archive, "Metadata/model_settings.config", PlateSettings, cancellationToken);
            await AddAsync(archive, "Metadata/_rels/model_settings.config.rels", PlateRelations, cancellationToken);
            await AddAsync(archive, "Metadata/slice_info.config", SliceInfo(program), cancellationToken);
            string plate;
            await using (var entry = await archive.CreateEntry(Plate, CompressionLevel.Fastest).OpenAsync(cancellationToken))
                plate = await Task.Run(() => Copy(program, entry, cancellationToken), cancellationToken);
            await AddAsync(archive, Plate + ".md5", plate, cancellationToken);
        }

        file.Position = 0;
        return Convert.ToHexString(await HashAsync(file, cancellationToken));
    }

    private static async Task AddAsync(ZipArchive archive, string name, string content, CancellationToken cancellationToken)
    {
        await using var entry = await archive.CreateEntry(name).OpenAsync(cancellationToken);
        await entry.WriteAsync(Encoding.UTF8.GetBytes(content), cancellationToken);
    }

    private static string SliceInfo(AdmittedProgram program)
    {
        var (summary, nozzle) = (program.Summary, program.Profile.HotEnds is [var first, ..] ? first.NozzleMm : 0.4);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"""<?xml version="1.0" encoding="UTF-8"?><config><header><header_item key="X-BBL-Client-Type" value="slicer"/></header><plate><metadata key="index" value="1"/><metadata key="nozzle_diameters" value="{nozzle}"/><metadata key="prediction" value="{summary.TimeSeconds:0}"/><metadata key="weight" value="{summary.FilamentGrams:0.00}"/><metadata key="outside" value="false"/><filament id="1" used_m="{summary.FilamentMm / 1000:0.00}" used_g="{summary.FilamentGrams:0.00}"/></plate></config>""");
    }

    /// <summary>The comments before the program. Comments only: not one command may reach a machine that admission has not seen.</summary>
    private static string Head(AdmittedProgram program) => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        ; HEADER_BLOCK_START
        ; FabNet
        ; model printing time: {Duration(program.Summary.TimeSeconds)}; total estimated time: {Duration(program.Summary.TimeSeconds + program.Summary.HeatUpSeconds)}
        ; total layer number: {program.Summary.LayerCount}
        ; HEADER_BLOCK_END
        ; CONFIG_BLOCK_START
        ; gcode_flavor = marlin
        ; CONFIG_BLOCK_END
        ; EXECUTABLE_BLOCK_START

        """).ReplaceLineEndings("\n");

    private static string Duration(double seconds) => string.Create(CultureInfo.InvariantCulture, $"{(long)seconds / 3600}h {(long)seconds / 60 % 60}m {(long)seconds % 60}s");

    [SuppressMessage("Security", "CA5351", Justification = "The machine's format demands MD5. It guards against damage; against malice there are admission and the program's digest.")]
    private static ValueTask<byte[]> HashAsync(Stream file, CancellationToken cancellationToken) => MD5.HashDataAsync(file, cancellationToken);

    [SuppressMessage("Security", "CA5351", Justification = "As above.")]
    private static string Copy(AdmittedProgram program, Stream destination, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
        Write(Encoding.ASCII.GetBytes(Head(program)));
        using var reader = program.OpenReader();
        for (var lines = 0; reader.TryRead(out var line); lines++)
        {
            if (lines % 4096 == 0)
                cancellationToken.ThrowIfCancellationRequested();
            Write(line);
            Write("\n"u8);
        }

        Write("; EXECUTABLE_BLOCK_END\n"u8);
        return Convert.ToHexString(hash.GetHashAndReset());

        void Write(ReadOnlySpan<byte> bytes)
        {
            destination.Write(bytes);
            hash.AppendData(bytes);
        }
    }
}
