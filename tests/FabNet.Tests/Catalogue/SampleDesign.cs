// Designs for the catalogue's tests, as an import would give them.

using FabNet.Catalogue.Designs;
using FabNet.Catalogue.OpenKnowHow;
using FabNet.Model;
using FabNet.Model.Designs;
using FabNet.Model.Machines;
using FabNet.Protocol;

namespace FabNet.Tests.Catalogue;

internal static class SampleDesign
{
    /// <summary>A folder with a manifest, a mesh and a file of the given size, imported.</summary>
    public static async Task<ImportedDesign> InAsync(string folder, CancellationToken stop, string version = "1.0.0", int extraBytes = 0, string function = "Is a box.")
    {
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(Path.Combine(folder, "okh.toml"), $"""
            okhv = "2.4"
            name = "Test box"
            repo = "https://example.org/box"
            version = "{version}"
            license = "CERN-OHL-P-2.0"
            licensor = "A test"
            function = "{function}"
            [[part]]
            name = "Box"
            export = "box.stl"
            tsdc = "3DP"
            material = "PLA"
            """, stop);
        await File.WriteAllBytesAsync(Path.Combine(folder, "box.stl"), StlFiles.Binary(StlFiles.Box(10, 20, 30)), stop);
        await File.WriteAllBytesAsync(Path.Combine(folder, "empty.txt"), [], stop);
        if (extraBytes > 0)
        {
            var bytes = new byte[extraBytes];
            new Random(7).NextBytes(bytes);
            await File.WriteAllBytesAsync(Path.Combine(folder, "large.bin"), bytes, stop);
            await File.WriteAllBytesAsync(Path.Combine(folder, "the same again.bin"), bytes, stop);
        }

        // As an export would write it, so that what is pulled is the folder again, byte for byte.
        using var imported = await DesignImporter.ImportAsync(folder, cancellationToken: stop);
        await File.WriteAllBytesAsync(Path.Combine(folder, OkhWriter.FileName), OkhWriter.Write(imported.Design), stop);
        return await DesignImporter.ImportAsync(folder, cancellationToken: stop);
    }

    /// <summary>A design without files.</summary>
    public static Design Of(string name, string version = "1.0.0", string title = "A title", string function = "", params string[] parts) => new()
    {
        Ref = new DesignRef(name, version, default),
        Title = title,
        Function = function,
        License = "MIT",
        Licensor = "A test",
        PublishedAt = DateTimeOffset.UnixEpoch,
        Parts = [.. parts.Select(p => new DesignPart { Name = p, Process = FabricationProcess.Printing, Material = "PLA", Artefacts = [] })],
    };

    public static Design Sealed(this Design design) => DesignManifest.Read(DesignManifest.Write(design), DateTimeOffset.UnixEpoch);
}
