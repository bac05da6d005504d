// What must hold for a block before it is executed, in gcode.c's order (its step 3).

using FabNet.FirmwareSimulator.Motion;

namespace FabNet.FirmwareSimulator.Grbl;

internal sealed partial class GrblParser
{
    private int Check(GrblBlock block, GrblWords words, AxisUse use, int groups)
    {
        if (words.HasAxes && use == AxisUse.None)
        {
            use = AxisUse.Motion;
        }

        block.Line = (long)words['N'];
        if (words.Has('N') && block.Line > HighestLine)
        {
            return GrblError.InvalidLineNumber;
        }

        var scale = block.Modes.Inches ? MmPerInch : 1;
        var error = CheckFeed(block, words, use, scale);
        if (error != GrblError.None)
        {
            return error;
        }

        block.SpindleSpeed = words.Has('S') ? words['S'] : SpindleSpeed;
        if (words.Has('T') && words['T'] > HighestTool)
        {
            return GrblError.ToolNumberTooHigh;
        }

        block.Tool = words.Has('T') ? (int)words['T'] : Tool;
        if (block.Action == GrblAction.Dwell)
        {
            if (!words.Use('P'))
            {
                return GrblError.ValueMissing;
            }

            block.DwellS = words['P'];
        }

        if (use == AxisUse.ToolLength)
        {
            block.ChangesToolLength = true;
            if (block.Modes.ToolLengthActive && !words.HasOnlyZ)
            {
                return GrblError.ToolLengthAxis;
            }
        }

        block.CoordinateOrigin = Coordinates[block.Modes.CoordinateSystem];
        error = CheckAction(block, words, ref use, scale);
        if (error == GrblError.None)
        {
            error = CheckMotion(block, words, ref use, scale);
        }

        if (error != GrblError.None)
        {
            return error;
        }

        words.Use('N');
        words.Use('F');
        if (!block.IsJog)
        {
            words.Use('S');
            words.Use('T');
        }

        if (use != AxisUse.None)
        {
            words.UseAxes();
        }

        if (words.AnyLeft)
        {
            return GrblError.UnusedWords;
        }

        block.Moves = use == AxisUse.Motion && words.HasAxes;
        const int groupsOfAJog = (1 << 0) | (1 << 3) | (1 << 6);
        return block.IsJog && ((groups & ~groupsOfAJog) != 0 || block.Action is not (GrblAction.None or GrblAction.MachineCoordinates))
            ? GrblError.InvalidJog
            : GrblError.None;
    }

    private int CheckFeed(GrblBlock block, GrblWords words, AxisUse use, double scale)
    {
        if (block.IsJog)
        {
            block.Feed = words['F'] * scale;
            return words.Has('F') ? GrblError.None : GrblError.UndefinedFeed;
        }

        if (block.Modes.InverseTime)
        {
            block.Feed = words['F'];
            var needsFeed = use == AxisUse.Motion && block.Modes.Motion is not (GrblMotion.None or GrblMotion.Seek);
            return needsFeed && !words.Has('F') ? GrblError.UndefinedFeed : GrblError.None;
        }

        block.Feed = words.Has('F') ? words['F'] * scale : Modes.InverseTime ? 0 : Feed;
        return GrblError.None;
    }

    private int CheckAction(GrblBlock block, GrblWords words, ref AxisUse use, double scale)
    {
        if (block.Action == GrblAction.SetCoordinates)
        {
            return CheckSetCoordinates(block, words, scale);
        }

        if (block.Action == GrblAction.SetOffset)
        {
            if (!words.HasAxes)
            {
                return GrblError.NoAxisWords;
            }

            block.Target = Offset;
            for (var axis = 0; axis < 3; axis++)
            {
                if (words.Has("XYZ"[axis]))
                {
                    var tool = axis == 2 ? ToolLength : 0;
                    block.Target = block.Target.With(axis, Position[axis] - block.CoordinateOrigin[axis] - tool - (words["XYZ"[axis]] * scale));
                }
            }

            return GrblError.None;
        }

        block.Target = Position;
        for (var axis = 0; axis < 3; axis++)
        {
            if (words.Has("XYZ"[axis]))
            {
                var value = words["XYZ"[axis]] * scale;
                if (use == AxisUse.ToolLength)
                {
                    block.Target = block.Target.With(axis, value);
                    continue;
                }

                var tool = axis == 2 ? ToolLength : 0;
                var origin = block.Action == GrblAction.MachineCoordinates ? 0
                    : block.Modes.Relative ? Position[axis]
                    : block.CoordinateOrigin[axis] + Offset[axis] + tool;
                block.Target = block.Target.With(axis, value + origin);
            }
        }

        switch (block.Action)
        {
            case GrblAction.GoHome0 or GrblAction.GoHome1:
                block.Stored = Homes[block.Action == GrblAction.GoHome0 ? 0 : 1];
                block.HasWaypoint = words.HasAxes;
                if (!words.HasAxes)
                {
                    use = AxisUse.None;
                    break;
                }

                for (var axis = 0; axis < 3; axis++)
                {
                    if (!words.Has("XYZ"[axis]))
                    {
                        block.Stored = block.Stored.With(axis, Position[axis]);
                    }
                }

                break;
            case GrblAction.MachineCoordinates when block.Modes.Motion is not (GrblMotion.Seek or GrblMotion.Linear):
                return GrblError.G53NeedsG0OrG1;
        }

        return GrblError.None;
    }

    private int CheckSetCoordinates(GrblBlock block, GrblWords words, double scale)
    {
        if (!words.HasAxes)
        {
            return GrblError.NoAxisWords;
        }

        if (!words.Has('P') && !words.Has('L'))
        {
            return GrblError.ValueMissing;
        }

        var system = (int)words['P'];
        if (system > Coordinates.Length)
        {
            return GrblError.UnsupportedCoordinateSystem;
        }

        var mode = (int)words['L'];
        if (mode is not (2 or 20) || (mode == 2 && words.Has('R')))
        {
            return GrblError.Unsupported;
        }

        words.Use('L');
        words.Use('P');
        block.StoredSystem = system > 0 ? system - 1 : block.Modes.CoordinateSystem;
        block.Stored = Coordinates[block.StoredSystem];
        for (var axis = 0; axis < 3; axis++)
        {
            if (words.Has("XYZ"[axis]))
            {
                var value = words["XYZ"[axis]] * scale;
                var tool = axis == 2 ? ToolLength : 0;
                block.Stored = block.Stored.With(axis, mode == 20 ? Position[axis] - Offset[axis] - tool - value : value);
            }
        }

        return GrblError.None;
    }

    private int CheckMotion(GrblBlock block, GrblWords words, ref AxisUse use, double scale)
    {
        if (block.Modes.Motion == GrblMotion.None)
        {
            return words.HasAxes ? GrblError.AxisWordsUnused : GrblError.None;
        }

        if (use != AxisUse.Motion)
        {
            return GrblError.None;
        }

        if (block.Modes.Motion == GrblMotion.Seek)
        {
            use = words.HasAxes ? use : AxisUse.None;
            return GrblError.None;
        }

        if (block.Feed == 0)
        {
            return GrblError.UndefinedFeed;
        }

        switch (block.Modes.Motion)
        {
            case GrblMotion.Linear:
                use = words.HasAxes ? use : AxisUse.None;
                return GrblError.None;
            case GrblMotion.ClockwiseArc or GrblMotion.CounterClockwiseArc:
                return CheckArc(block, words, scale);
            default:
                return !words.HasAxes ? GrblError.NoAxisWords : block.Target == Position ? GrblError.InvalidTarget : GrblError.None;
        }
    }

    private int CheckArc(GrblBlock block, GrblWords words, double scale)
    {
        var (axis0, axis1) = PlaneAxes(block.Modes.Plane);
        if (!words.HasAxes)
        {
            return GrblError.NoAxisWords;
        }

        if (!words.Has("XYZ"[axis0]) && !words.Has("XYZ"[axis1]))
        {
            return GrblError.NoAxisWordsInPlane;
        }

        var delta0 = block.Target[axis0] - Position[axis0];
        var delta1 = block.Target[axis1] - Position[axis1];
        if (words.Use('R'))
        {
            if (block.Target == Position)
            {
                return GrblError.InvalidTarget;
            }

            var radius = words['R'] * scale;
            if (ArcPath.CentreByRadius(delta0, delta1, radius, block.Modes.Motion == GrblMotion.ClockwiseArc) is not { } centre)
            {
                return GrblError.ArcRadius;
            }

            (block.CentreOffset0, block.CentreOffset1) = centre;
            block.Radius = Math.Abs(radius);
            return GrblError.None;
        }

        if (!words.Has("IJK"[axis0]) && !words.Has("IJK"[axis1]))
        {
            return GrblError.NoOffsetsInPlane;
        }

        block.CentreOffset0 = words["IJK"[axis0]] * scale;
        block.CentreOffset1 = words["IJK"[axis1]] * scale;
        words.Use('I');
        words.Use('J');
        words.Use('K');
        block.Radius = Math.Sqrt(Math.Pow(block.CentreOffset0, 2) + Math.Pow(block.CentreOffset1, 2));
        var targetRadius = Math.Sqrt(Math.Pow(delta0 - block.CentreOffset0, 2) + Math.Pow(delta1 - block.CentreOffset1, 2));
        var difference = Math.Abs(targetRadius - block.Radius);
        return difference > 0.005 && (difference > 0.5 || difference > 0.001 * block.Radius) ? GrblError.InvalidTarget : GrblError.None;
    }

    /// <summary>The first and second axis of a plane.</summary>
    public static (int Axis0, int Axis1) PlaneAxes(int plane) => plane switch { 0 => (0, 1), 1 => (2, 0), _ => (1, 2) };
}
