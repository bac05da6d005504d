// Measures a part's mesh and compares it with what the manifest claims.

using FabNet.Catalogue.Meshes;
using FabNet.Catalogue.OpenKnowHow;
using FabNet.Model;
using FabNet.Model.Designs;

namespace FabNet.Catalogue.Designs;

/// <summary>Measures parts. The measured size counts; the claim only where there is no mesh that can be measured.</summary>
internal sealed class PartMeasurer(DesignFolder folder, FindingList findings)
{
    /// <summary>A claim this close to the mesh is right: half a millimetre, or 2 % for large parts.</summary>
    private const double ToleranceMm = 0.5;

    private const double ToleranceRatio = 0.02;

    /// <summary>The dimensions in mm, and the volume in mm³ if the mesh is closed.</summary>
    public (Size3? Dimensions, double? VolumeMm3) Measure(string name, OkhThing facts, IReadOnlyList<Artefact> artefacts)
    {
        var meshes = artefacts.Where(a => a.Kind == ArtefactKind.Mesh && FileTypes.IsStl(a.Path)).ToList();
        if (meshes.Count > 1)
        {
            findings.Add(FindingKind.MeshFault, facts.Line, $"The part '{name}' has {meshes.Count} STL files; {meshes[0].Path} was measured. Declare a [[part]] for each thing that is made by itself.");
        }

        if (meshes.Count == 0 || MeasureMesh(meshes[0].Path) is not { } mesh)
        {
            return (facts.OuterDimensionsMm, null);
        }

        if (facts.OuterDimensionsMm is { } claim && !AreClose(claim, mesh.Size))
        {
            findings.Add(FindingKind.DimensionsDiffer, facts.Line,
                $"The part '{name}' claims {Text(claim)}; its mesh {meshes[0].Path} has {Text(mesh.Size)}, which was recorded. Correct outer-dimensions.");
        }

        return (mesh.Size, mesh.IsClosed ? Math.Abs(mesh.SignedVolumeMm3) : null);
    }

    private MeshSummary? MeasureMesh(string path)
    {
        if (!folder.TryGet(path, out var file) || file.Size == 0)
        {
            findings.Add(FindingKind.MeshFault, path, null, "is empty. Export the mesh again.");
            return null;
        }

        try
        {
            using var stream = new FileStream(file.FullPath, FileMode.Open, FileAccess.Read, FileShare.Read, 64 * 1024, FileOptions.SequentialScan);
            var mesh = StlReader.Measure(stream);
            var largest = Math.Max(mesh.Size.Width, Math.Max(mesh.Size.Depth, mesh.Size.Height));
            if (largest is < 1 or > 10_000)
            {
                findings.Add(FindingKind.MeshFault, path, null, $"is {Text(mesh.Size)}. STL is taken in millimetres; export it in that unit.");
            }
            else if (!mesh.IsClosed)
            {
                findings.Add(FindingKind.MeshFault, path, null, "is not closed: it has holes or flipped faces, so its volume is not known and a slicer may fill it wrongly. Repair it.");
            }

            return largest < 1e9 ? mesh : null;
        }
        catch (Exception e) when (e is MeshFormatException or EndOfStreamException)
        {
            findings.Add(FindingKind.MeshFault, path, null, $"can't be read: {e.Message}");
            return null;
        }
    }

    // Which axis is called width is a matter of taste, so the sorted lengths are compared.
    private static bool AreClose(Size3 claim, Size3 mesh)
    {
        double[] claimed = [claim.Width, claim.Depth, claim.Height];
        double[] measured = [mesh.Width, mesh.Depth, mesh.Height];
        Array.Sort(claimed);
        Array.Sort(measured);
        return claimed.Zip(measured).All(pair => Math.Abs(pair.First - pair.Second) <= Math.Max(ToleranceMm, pair.Second * ToleranceRatio));
    }

    private static string Text(Size3 size) => $"{size.Width:0.###} × {size.Depth:0.###} × {size.Height:0.###} mm";
}
