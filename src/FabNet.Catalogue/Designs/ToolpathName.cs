// What the name and the first lines of a toolpath tell: coaster.shapeoko-3.PLYWOOD.nc

using System.Text.RegularExpressions;
using FabNet.Model.Machines;

namespace FabNet.Catalogue.Designs;

/// <summary>Reads <c>stem.machine-class[.MATERIAL].nc</c>: the class in lower case, the material in upper case.</summary>
internal static partial class ToolpathName
{
    private const int PeekBytes = 16 * 1024;

    /// <summary>The machine class and the material that a file name tells, each null if it does not.</summary>
    public static (string? MachineClass, string? Material) Read(string path)
    {
        var match = NamePattern().Match(Path.GetFileName(path));
        return match.Success
            ? (match.Groups["class"].Value, match.Groups["material"] is { Success: true } material ? material.Value : null)
            : (null, null);
    }

    /// <summary>True for the name of a machine profile.</summary>
    public static bool IsMachineClass(string name) => ClassPattern().IsMatch(name);

    /// <summary>What a toolpath does, by its first commands: it heats a nozzle (M104, M109), or it turns a spindle (M3, M4).</summary>
    public static FabricationProcess ProcessOf(FolderFile file)
    {
        if (file.Size == 0)
        {
            return FabricationProcess.Unknown;
        }

        using var stream = File.OpenRead(file.FullPath);
        var bytes = new byte[Math.Min(file.Size, PeekBytes)];
        stream.ReadExactly(bytes);
        var match = CommandPattern().Match(System.Text.Encoding.Latin1.GetString(bytes));
        return match.Groups["heat"].Success ? FabricationProcess.Printing
            : match.Success ? FabricationProcess.Milling
            : FabricationProcess.Unknown;
    }

    [GeneratedRegex(@"\A[^.]+\.(?<class>[a-z0-9][a-z0-9-]*?)(\.(?<material>[A-Z][A-Z0-9+-]*))?\.[a-z]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex NamePattern();

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9.-]{0,63}\z", RegexOptions.CultureInvariant)]
    private static partial Regex ClassPattern();

    // At the beginning of a line (with a line number or another word before it), so that a comment does not count.
    [GeneratedRegex(@"(?<=^[^;(\r\n]*)\b[Mm]((?<heat>10[49])|0?[34])\b", RegexOptions.CultureInvariant | RegexOptions.Multiline)]
    private static partial Regex CommandPattern();
}
