// A program that says that it is PrusaSlicer, and makes the same moves of whatever it is given.

namespace FabNet.Tests.Edge;

internal static class FakeSlicer
{
    /// <summary>Writes the program.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="gcode">What it makes.</param>
    /// <param name="most">More meshes than these don't fit on its bed.</param>
    /// <param name="leavesOut">So many it leaves out without a word.</param>
    public static string Write(TestFolder folder, string gcode, int most = 100, int leavesOut = 0)
    {
        var path = folder.In("fake-slicer.sh");
        File.WriteAllText(folder.In("fake.gcode"), gcode);
        File.WriteAllText(path, $"""
            #!/bin/sh
            if [ "$1" = --help ]; then echo PrusaSlicer-2.5.0; exit 0; fi
            out=; before=; meshes=0
            for word in "$@"; do
                if [ "$before" = --output ]; then out="$word"; fi
                case "$word" in *.stl) meshes=$((meshes + 1));; esac
                before="$word"
            done
            echo $meshes >> "{folder.In("slices")}"
            if [ $meshes -gt {most} ]; then echo "Objects could not fit on the bed" >&2; exit 1; fi
            cp "{folder.In("fake.gcode")}" "$out"
            i=0
            while [ $i -lt $((meshes - {leavesOut})) ]; do echo "; printing object part.stl id:$i copy 0" >> "$out"; i=$((i + 1)); done

            """.ReplaceLineEndings("\n"));
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        return path;
    }

    /// <summary>How many meshes each slice was made of, in the order in which they were made.</summary>
    public static string[] Slices(TestFolder folder) => File.Exists(folder.In("slices")) ? File.ReadAllLines(folder.In("slices")) : [];
}
