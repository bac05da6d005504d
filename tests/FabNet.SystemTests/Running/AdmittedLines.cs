// The lines of the program that a site admitted, proven by the digest that it reported.

using System.Text;
using FabNet.GCode;
using FabNet.Model.Machines;

namespace FabNet.SystemTests.Running;

internal static class AdmittedLines
{
    /// <summary>
    /// A site removes an admitted program once it has run. Admission is pure, so the same G-code gives the same program: of the files that the site kept (or that the design
    /// holds), the one whose admitted form has the reported digest is it.
    /// </summary>
    /// <param name="digest">What the job's history says was run.</param>
    /// <param name="profile">The machine's profile.</param>
    /// <param name="folder">Where the G-code lies, at any depth.</param>
    public static IReadOnlyList<string> Find(string digest, string profile, string folder)
    {
        var files = Directory.EnumerateFiles(folder, "*.*", SearchOption.AllDirectories).Where(f => Path.GetExtension(f) is ".gcode" or ".nc").ToList();
        foreach (var file in files)
        {
            var (program, lines) = Admit(file, profile);
            if (program == digest)
            {
                return lines;
            }
        }

        throw new InvalidOperationException($"No G-code in {folder} becomes {digest} for {profile}; there are {files.Count} files.");
    }

    /// <summary>The lines that admission makes of a file.</summary>
    public static IReadOnlyList<string> Of(string file, string profile) => Admit(file, profile).Lines;

    private static (string? Digest, string[] Lines) Admit(string file, string profile)
    {
        using var source = File.OpenRead(file);
        var sink = new MemoryStream();
        using var program = Admission.Check(source, MachineProfiles.Find(profile), sink).Program;
        return program is null ? (null, []) : (program.Digest.Value, Encoding.ASCII.GetString(sink.ToArray(), 0, (int)program.ByteCount).Split('\n')[..program.LineCount]);
    }
}
