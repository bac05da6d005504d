// `fabnet gcode preview`: a picture of the way that a program leads the tool.

using System.CommandLine;
using System.Globalization;
using FabNet.CommandLine;
using FabNet.GCode;
using FabNet.Model.Machines;

namespace FabNet.Programs.Preview;

internal static class PreviewCommand
{
    private const double DefaultLineMm = 0.4;

    public static Command Create(Argument<FileInfo> program)
    {
        var profile = new Option<string?>("--profile") { Description = "The machine whose bed is shown; without it the generic one of the file's dialect." };
        var layer = new Option<int?>("--layer") { Description = "Show one layer, counted from 1." };
        var layers = new Option<string?>("--layers") { Description = "Show layers A-B, counted from 1." };
        var output = new Option<FileInfo>("--output") { Description = "The picture: a name that ends in .svg or .png.", Required = true };
        var command = new Command("preview",
            """
            Draws the toolpath: what is made, coloured by the slicer's names for it (milling: by depth), travel, the bed, and a scale.

            Examples:
              fabnet gcode preview part.gcode --layer 12 --output layer12.png
              fabnet gcode preview part.nc --profile shapeoko-3 --output part.svg
            """)
        { program, profile, layer, layers, output };
        command.SetAction(result =>
        {
            var file = result.GetRequiredValue(program);
            var machine = result.GetValue(profile) is { } name ? ProfileOption.Load(name) : ProfileOption.GenericFor(file.FullName);
            var range = RangeOf(result.GetValue(layer), result.GetValue(layers));
            Draw(new CommandConsole(result.GetValue(CommandRunner.Json)), file, machine, range, result.GetRequiredValue(output));
            return CommandRunner.Succeeded;
        });
        return command;
    }

    private static void Draw(CommandConsole console, FileInfo file, MachineProfile machine, (int First, int Last)? range, FileInfo output)
    {
        var isPng = output.Extension.Equals(".png", StringComparison.OrdinalIgnoreCase);
        if (!isPng && !output.Extension.Equals(".svg", StringComparison.OrdinalIgnoreCase))
            throw new UsageException($"'{output.Name}' ends neither in .svg nor in .png, which says what kind of picture to draw.");
        if (!file.Exists)
            throw new UsageException($"There is no file {file.FullName}.");

        // The program is read twice: for its size, and to draw. Neither keeps it in memory.
        using var source = file.OpenRead();
        var summary = Toolpath.Follow(source, machine).Summary;
        var sheet = Sheet.For(summary, range is null ? machine : null);
        if (range is { } asked && (asked.First < 1 || asked.First > asked.Last || asked.Last > summary.LayerCount))
            throw new UsageException($"The program has {summary.LayerCount} layers, counted from 1; {asked.First} to {asked.Last} is not among them.");
        var isPrinter = machine.HotEnds.Count > 0;
        var colours = new PathColours(isPrinter ? null : (summary.CuttingBoundsMm ?? summary.MotionBoundsMm)!.Value.Z, feedsCut: !isPrinter && summary.CuttingBoundsMm is null);
        var lineMm = machine.HotEnds.Count > 0 ? machine.HotEnds[0].NozzleMm : DefaultLineMm;
        source.Position = 0;
        using var target = output.Create();
        if (isPng)
        {
            var drawing = new PngDrawing(sheet, colours, lineMm);
            Toolpath.Follow(source, machine, Within(range, drawing.Add));
            drawing.Save(target);
        }
        else
        {
            using var drawing = new SvgDrawing(target, sheet, colours, machine, lineMm);
            Toolpath.Follow(source, machine, Within(range, drawing.Add));
            drawing.End();
        }

        console.Emit(json =>
        {
            json.WriteString("event", "drawn");
            json.WriteString("output", output.FullName);
            json.WriteNumber("layerCount", summary.LayerCount);
        });
        console.Say($"drawn      {output.FullName}{(range is { } shown ? $", layers {shown.First} to {shown.Last} of {summary.LayerCount}" : "")}");
    }

    private static ToolpathReceiver Within((int First, int Last)? range, ToolpathReceiver receiver) => range is not { } shown
        ? receiver
        : (in ToolpathSegment segment) =>
        {
            if (segment.Layer + 1 >= shown.First && segment.Layer + 1 <= shown.Last)
                receiver(segment);
        };

    private static (int First, int Last)? RangeOf(int? layer, string? layers)
    {
        if (layer is { } one)
            return layers is null ? (one, one) : throw new UsageException("--layer and --layers exclude each other.");
        if (layers is null)
            return null;
        var dash = layers.IndexOf('-', StringComparison.Ordinal);
        return dash > 0 && int.TryParse(layers.AsSpan(0, dash), NumberStyles.None, CultureInfo.InvariantCulture, out var first)
            && int.TryParse(layers.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var last)
                ? (first, last)
                : throw new UsageException($"--layers takes two layers such as 3-8, not '{layers}'.");
    }
}
