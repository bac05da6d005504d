// Small designs that a test makes for itself: one part, with a toolpath for each machine class.

namespace FabNet.SystemTests.Running;

internal static class TestDesign
{
    /// <summary>The first line of <see cref="Squares"/>; nothing else has it.</summary>
    public const string FirstLine = "M117 begin";

    /// <summary>Writes a design's folder.</summary>
    /// <param name="root">Where the folder goes.</param>
    /// <param name="name">The design's name.</param>
    /// <param name="gcode">The toolpath.</param>
    /// <param name="machineClasses">The machine profiles that it is for.</param>
    /// <returns>The folder.</returns>
    public static string Write(string root, string name, string gcode, params string[] machineClasses)
    {
        var folder = Directory.CreateDirectory(Path.Combine(root, name)).FullName;
        var toolpaths = machineClasses.Select(c => $"""

            [[part.toolpath]]
            file = "part.{c}.gcode"
            machine-class = "{c}"
            material = "PLA"

            """);
        File.WriteAllText(
            Path.Combine(folder, "okh.toml"),
            $"""
            okhv = "2.4"
            name = "{name}"
            repo = "{name}"
            version = "1.0.0"
            license = "CERN-OHL-P-2.0"
            licensor = "The FabNet tests"
            function = "A part that only a test wants."
            documentation-language = "en"

            [[part]]
            name = "Part"
            source = ["part.txt"]
            tsdc = "3DP"
            material = "PLA"
            {string.Concat(toolpaths)}
            """);
        File.WriteAllText(Path.Combine(folder, "part.txt"), "A part of a test.\n");
        foreach (var machineClass in machineClasses)
        {
            File.WriteAllText(Path.Combine(folder, $"part.{machineClass}.gcode"), gcode);
        }

        return folder;
    }

    /// <summary>A cold program: squares in the air, each line of them another one.</summary>
    /// <param name="sides">How many sides are drawn.</param>
    public static string Squares(int sides)
    {
        string[] corners = ["X40 Y40", "X90 Y40", "X90 Y90", "X40 Y90"];
        var moves = Enumerable.Range(0, sides).Select(i => $"G1 {corners[i % 4]} Z{5 + (i * 0.05):0.##} F1200");
        return string.Join('\n', [FirstLine, "G21", "G90", "G28", "G1 Z5 F600", .. moves, "M84", ""]);
    }
}
