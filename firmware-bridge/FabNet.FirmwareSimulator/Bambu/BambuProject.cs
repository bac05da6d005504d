// A project file as the printer takes it: a zip (3mf) with one G-code program for each plate.

using System.Diagnostics.CodeAnalysis;
using System.IO.Compression;
using System.Security.Cryptography;

namespace FabNet.FirmwareSimulator.Bambu;

/// <summary>The program of one plate, its lines kept as they are, with what the printer reads from them ahead.</summary>
internal sealed class BambuProject
{
    private BambuProject(string[] lines)
    {
        Lines = lines;
        LayerCount = lines.Count(IsLayerChange);
    }

    /// <summary>The program, comments too.</summary>
    public string[] Lines { get; }

    /// <summary>Layers, by the slicer's comments.</summary>
    public int LayerCount { get; }

    /// <summary>Whether a line begins a layer (Bambu Studio, OrcaSlicer, PrusaSlicer).</summary>
    public static bool IsLayerChange(string line) => line.StartsWith("; CHANGE_LAYER", StringComparison.Ordinal) || line.StartsWith(";LAYER_CHANGE", StringComparison.Ordinal);

    /// <summary>Opens what a <c>project_file</c> command names.</summary>
    /// <param name="folder">The folder that is the printer's SD card.</param>
    /// <param name="url">Such as <c>ftp:///name.3mf</c>.</param>
    /// <param name="entry">Such as <c>Metadata/plate_1.gcode</c>.</param>
    /// <param name="md5">Of the whole file, in hexadecimal; empty is not checked.</param>
    /// <exception cref="InvalidDataException">The file is missing, damaged, or another one; the message says which.</exception>
    [SuppressMessage("Security", "CA5351:Do Not Use Broken Cryptographic Algorithms", Justification = "The printer's protocol names MD5 as its checksum of the transfer.")]
    public static BambuProject Open(string folder, string url, string entry, string md5)
    {
        var path = Resolve(folder, url);
        try
        {
            using var file = File.OpenRead(path);
            if (md5.Length > 0 && !Convert.ToHexString(MD5.HashData(file)).Equals(md5, StringComparison.OrdinalIgnoreCase))
            {
                throw new InvalidDataException($"{url}: the MD5 differs from the one that was announced.");
            }

            file.Position = 0;
            using var archive = new ZipArchive(file, ZipArchiveMode.Read);
            var plate = archive.GetEntry(entry) ?? throw new InvalidDataException($"{url} has no {entry}.");
            using var reader = new StreamReader(plate.Open());
            var lines = new List<string>();
            while (reader.ReadLine() is { } line)
            {
                lines.Add(line);
            }

            return new BambuProject([.. lines]);
        }
        catch (IOException missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InvalidDataException($"{url} is not on the printer: upload it first.", missing);
        }
    }

    private static string Resolve(string folder, string url)
    {
        // Not read as a Uri: ftp:/// has no host, which .NET refuses, and some clients write ftp://name.3mf.
        var name = url.StartsWith("ftp://", StringComparison.Ordinal) ? url[6..] : url.StartsWith("file://", StringComparison.Ordinal) ? url[7..] : "";
        if (name.Trim('/').Length == 0)
        {
            throw new InvalidDataException($"'{url}' is no address of a file on the printer: write ftp:///name.3mf.");
        }

        var root = Path.GetFullPath(folder) + Path.DirectorySeparatorChar;
        var path = Path.GetFullPath(Path.Combine(root, Uri.UnescapeDataString(name).TrimStart('/')));
        return path.StartsWith(root, StringComparison.Ordinal) ? path : throw new InvalidDataException($"'{url}' leads out of the printer's storage.");
    }
}
