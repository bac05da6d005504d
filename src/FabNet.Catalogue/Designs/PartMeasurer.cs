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

    /// <summary>A manifest holds no greater number: a cube of ten metres.</summary>
    private const double MaxVolumeMm3 = 1e12;

    /// <summary>The dimensions in mm, and the volume in mm³ if the mesh is closed.</summary>
    public (Size3? Dimensions, double? VolumeMm3) Measure(string name, OkhThing facts, IReadOnlyList<Artefact> artefacts)
    {
        var meshes = artefacts.Where(a => a.Kind == ArtefactKind.Mesh && ReaderOf(a.Path) is not null).ToList();
        if (meshes.GroupBy(m => m.MediaType).MaxBy(g => g.Count()) is { } most && most.Count() > 1)
        {
            findings.Add(FindingKind.MeshFault, facts.Line, $"The part '{name}' has {most.Count()} meshes of one format; {meshes[0].Path} was measured. Declare a [[part]] for each thing that is made by itself.");
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

        return (mesh.Size, mesh.IsClosed && Math.Abs(mesh.SignedVolumeMm3) <= MaxVolumeMm3 ? Math.Abs(mesh.SignedVolumeMm3) : null);
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
            var mesh = ReaderOf(path)!(stream);
            var largest = Math.Max(mesh.Size.Width, Math.Max(mesh.Size.Depth, mesh.Size.Height));
            if (largest is < 1 or > 10_000)
            {
                findings.Add(FindingKind.MeshFault, path, null, $"is {Text(mesh.Size)}. STL and OBJ are taken in millimetres; export it in that unit.");
            }
            else if (!mesh.IsWhole)
            {
                findings.Add(FindingKind.MeshFault, path, null, $"has more than {VertexTable.MaxVertices} corners: its size was measured, its volume was not. Export it with fewer, if it needs no more.");
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

    private static Func<Stream, MeshSummary>? ReaderOf(string path) => Path.GetExtension(path).ToUpperInvariant() switch
    {
        ".STL" => StlReader.Measure,
        ".OBJ" => ObjReader.Measure,
        ".3MF" => ThreeMfReader.Measure,
        _ => null,
    };

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
