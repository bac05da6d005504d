// What blocks of G-code do: modes, moves, arcs, probing, homing, jogging, program flow (gcode.c from its step 4 on, motion_control.c, limits.c).

using FabNet.FirmwareSimulator.Motion;

namespace FabNet.FirmwareSimulator.Grbl;

internal sealed partial class GrblFirmware
{
    private IEnumerator<Wait> ExecuteBlock(string line)
    {
        _blockingResult = _parser.Parse(line, isJog: false, out var block);
        if (_blockingResult != GrblError.None)
        {
            yield break;
        }

        _lineNumber = block.Line > 0 ? block.Line : null;
        var checks = _state == GrblState.Check;
        var accessoriesChange = _parser.Modes.Spindle != block.Modes.Spindle || _parser.Modes.Flood != block.Modes.Flood || _parser.Modes.Mist != block.Modes.Mist
            || (_parser.SpindleSpeed != block.SpindleSpeed && _parser.Modes.Spindle != 5 && !(_settings.IsOn(32) && block.Moves));
        if (accessoriesChange && !checks)
        {
            yield return Wait.ForStillness;
        }

        _parser.Feed = block.Modes.InverseTime ? 0 : block.Feed;
        _parser.SpindleSpeed = block.SpindleSpeed;
        _parser.Tool = block.Tool;
        if (accessoriesChange)
        {
            _reportsToOverrides = 0;
        }

        _parser.Modes.Spindle = block.Modes.Spindle;
        _parser.Modes.Flood = block.Modes.Flood;
        _parser.Modes.Mist = block.Modes.Mist;
        _parser.Modes.InverseTime = block.Modes.InverseTime;
        _parser.Modes.Plane = block.Modes.Plane;
        _parser.Modes.Inches = block.Modes.Inches;
        if (block.Action == GrblAction.Dwell && !checks)
        {
            yield return Wait.ForStillness;
            yield return Wait.Until(Now + block.DwellS);
        }

        if (block.ChangesToolLength)
        {
            _parser.Modes.ToolLengthActive = block.Modes.ToolLengthActive;
            _parser.ToolLength = block.Modes.ToolLengthActive ? block.Target.Z : 0;
            yield return Wait.ForStillness;
            _reportsToOffset = 0;
        }

        if (_parser.Modes.CoordinateSystem != block.Modes.CoordinateSystem)
        {
            _parser.Modes.CoordinateSystem = block.Modes.CoordinateSystem;
            yield return Wait.ForStillness;
            _reportsToOffset = 0;
        }

        _parser.Modes.Relative = block.Modes.Relative;
        using (var action = ExecuteAction(block))
        {
            while (action.MoveNext())
            {
                yield return action.Current;
            }
        }

        _parser.Modes.Motion = block.Modes.Motion;
        if (block.Moves)
        {
            using var motion = ExecuteMotion(block);
            while (motion.MoveNext())
            {
                yield return motion.Current;
            }
        }

        if (block.Modes.Flow != 0)
        {
            yield return Wait.ForStillness;
            if (block.Modes.Flow == 1)
            {
                if (!checks)
                {
                    _state = GrblState.Hold;
                    yield return new Wait(WaitKind.Release);
                }
            }
            else
            {
                EndProgram();
            }
        }
    }

    private IEnumerator<Wait> ExecuteAction(GrblBlock block)
    {
        switch (block.Action)
        {
            case GrblAction.SetCoordinates:
                yield return Wait.ForStillness;
                _parser.Coordinates[block.StoredSystem] = block.Stored;
                yield return WriteEeprom();
                _reportsToOffset = 0;
                break;
            case GrblAction.GoHome0 or GrblAction.GoHome1:
                if (block.HasWaypoint)
                {
                    using var way = QueueLine(block.Target, 0, SpeedOverride.Rapid, block.Line);
                    while (way.MoveNext())
                    {
                        yield return way.Current;
                    }
                }

                using (var home = QueueLine(block.Stored, 0, SpeedOverride.Rapid, block.Line))
                {
                    while (home.MoveNext())
                    {
                        yield return home.Current;
                    }
                }

                _parser.Position = block.Stored;
                break;
            case GrblAction.SetHome0 or GrblAction.SetHome1:
                yield return Wait.ForStillness;
                _parser.Homes[block.Action == GrblAction.SetHome0 ? 0 : 1] = _parser.Position;
                yield return WriteEeprom();
                break;
            case GrblAction.SetOffset or GrblAction.ClearOffset:
                _parser.Offset = block.Action == GrblAction.SetOffset ? block.Target : default;
                yield return Wait.ForStillness;
                _reportsToOffset = 0;
                break;
        }
    }

    private IEnumerator<Wait> ExecuteMotion(GrblBlock block)
    {
        switch (block.Modes.Motion)
        {
            case GrblMotion.Seek:
                using (var line = QueueLine(block.Target, 0, SpeedOverride.Rapid, block.Line))
                {
                    while (line.MoveNext())
                    {
                        yield return line.Current;
                    }
                }

                _parser.Position = block.Target;
                break;
            case GrblMotion.Linear:
                var distance = (block.Target - _parser.Position).PathLength;
                using (var line = QueueLine(block.Target, SpeedOf(block, distance), SpeedOverride.Feed, block.Line))
                {
                    while (line.MoveNext())
                    {
                        yield return line.Current;
                    }
                }

                _parser.Position = block.Target;
                break;
            case GrblMotion.ClockwiseArc or GrblMotion.CounterClockwiseArc:
                using (var arc = QueueArc(block))
                {
                    while (arc.MoveNext())
                    {
                        yield return arc.Current;
                    }
                }

                _parser.Position = block.Target;
                break;
            default:
                using (var probe = Probe(block))
                {
                    while (probe.MoveNext())
                    {
                        yield return probe.Current;
                    }
                }

                break;
        }
    }

    /// <summary>mm/s: F is mm/min, or with G93 one over the minutes that the move takes.</summary>
    private static double SpeedOf(GrblBlock block, double distance) => (block.Modes.InverseTime ? block.Feed * distance : block.Feed) / 60;

    private IEnumerator<Wait> QueueLine(Axes target, double speed, SpeedOverride speedOverride, long line)
    {
        if (_settings.IsOn(20) && _state != GrblState.Jog && IsOutOfTravel(target))
        {
            // It first comes to rest with what is queued, so the position is kept.
            _motion.Hold(Now);
            while (!_motion.IsAtRest)
            {
                yield return Wait.Until(_motion.NextEventAt);
            }

            Halt(alarm: 2);
            yield return new Wait(WaitKind.Time);
        }

        if (_state == GrblState.Check)
        {
            yield break;
        }

        if (_motion.Free == 0)
        {
            yield return Wait.ForRoom;
        }

        _motion.Add(target, speed, Now, speedOverride, line);
    }

    private IEnumerator<Wait> QueueArc(GrblBlock block)
    {
        var (axis0, axis1) = GrblParser.PlaneAxes(block.Modes.Plane);
        var start = _parser.Position;
        var centre0 = start[axis0] + block.CentreOffset0;
        var centre1 = start[axis1] + block.CentreOffset1;
        var sweep = ArcPath.Sweep(start, block.Target, centre0, centre1, axis0, axis1, block.Modes.Motion == GrblMotion.ClockwiseArc);
        var tolerance = Math.Min(_settings[12], block.Radius);
        var segments = Math.Max(1, (int)Math.Min(Math.Abs(0.5 * sweep * block.Radius) / Math.Sqrt(tolerance * ((2 * block.Radius) - tolerance)), ushort.MaxValue));
        var length = Math.Abs(sweep) * block.Radius;
        var speed = SpeedOf(block, length);
        foreach (var chord in ArcPath.Chords(start, block.Target, centre0, centre1, axis0, axis1, sweep, segments))
        {
            using var line = QueueLine(chord, speed, SpeedOverride.Feed, block.Line);
            while (line.MoveNext())
            {
                yield return line.Current;
            }
        }
    }

    /// <summary>G38.2 to G38.5 against a flat surface at <see cref="GrblBuild.ProbeSurfaceZ"/>.</summary>
    private IEnumerator<Wait> Probe(GrblBlock block)
    {
        if (_state == GrblState.Check)
        {
            yield break;
        }

        yield return Wait.ForStillness;
        var away = block.Modes.Motion is GrblMotion.ProbeAway or GrblMotion.ProbeAwayNoError;
        var noError = block.Modes.Motion is GrblMotion.ProbeTowardNoError or GrblMotion.ProbeAwayNoError;
        var start = _motion.Target;
        var surface = _build.ProbeSurfaceZ ?? double.NegativeInfinity;
        _probeSucceeded = false;
        if (start.Z <= surface != away)
        {
            Halt(alarm: 4);
            yield break;
        }

        var crosses = block.Target.Z <= surface != away;
        var share = crosses ? Math.Clamp((surface - start.Z) / (block.Target.Z - start.Z), 0, 1) : 1;
        var end = crosses ? (start + ((block.Target - start) * share)).With(2, surface) : block.Target;
        _motion.Add(end, SpeedOf(block, (block.Target - start).PathLength), Now, SpeedOverride.None, block.Line);
        yield return Wait.ForStillness;
        _probeSucceeded = crosses;
        _parser.Position = end;
        if (crosses || noError)
        {
            _probePosition = end;
        }
        else
        {
            Halt(alarm: 5);
        }

        SendProbe();
    }

    private IEnumerator<Wait> Jog(string line)
    {
        if (_state is not (GrblState.Idle or GrblState.Jog) || (_state == GrblState.Idle && !_motion.IsEmpty))
        {
            _blockingResult = GrblError.NotIdle;
            yield break;
        }

        if (line.Length < 3 || line[2] != '=')
        {
            _blockingResult = GrblError.InvalidStatement;
            yield break;
        }

        _blockingResult = _parser.Parse(line.AsSpan(3), isJog: true, out var block);
        if (_blockingResult != GrblError.None)
        {
            yield break;
        }

        if (_settings.IsOn(20) && IsOutOfTravel(block.Target))
        {
            _blockingResult = GrblError.TravelExceeded;
            yield break;
        }

        if (_motion.Free == 0)
        {
            yield return Wait.ForRoom;
        }

        if (_motion.Add(block.Target, block.Feed / 60, Now, SpeedOverride.None, block.Line) && _state == GrblState.Idle)
        {
            _state = GrblState.Jog;
            _motion.Release(Now);
        }

        _parser.Position = block.Target;
    }

    /// <summary>Z first, then X and Y together; each seeks, backs off, finds the switch again slowly, and backs off.</summary>
    private IEnumerator<Wait> Home()
    {
        _state = GrblState.Home;
        var pullOff = _settings[27];
        var seek = _settings[25] / 60;
        var feed = _settings[24] / 60;
        var debounce = _settings[26] / 1000;
        int[][] cycles = [[2], [0, 1]];
        var position = _motion.Target;
        foreach (var axes in cycles)
        {
            var farthest = axes.Max(axis => _endstops[axis] ? 0 : Math.Min(Math.Abs(position[axis]), _settings[130 + axis]));
            yield return Wait.Until(Now + (farthest / seek) + debounce);
            yield return Wait.Until(Now + (pullOff / seek) + debounce);
            if (axes.Any(axis => _endstops[axis]))
            {
                Halt(alarm: 8);
                yield break;
            }

            yield return Wait.Until(Now + (pullOff / feed) + debounce);
            yield return Wait.Until(Now + (pullOff / seek) + debounce);
            foreach (var axis in axes)
            {
                var homesLow = ((int)_settings[23] & (1 << axis)) != 0;
                position = position.With(axis, homesLow ? -_settings[130 + axis] + pullOff : -pullOff);
            }
        }

        _motion.SetPosition(position);
        _parser.Position = position;
        _reportsToOffset = 0;
        _state = GrblState.Idle;
        SendWantedStatus();
        using var startup = RunStartupLines();
        while (startup.MoveNext())
        {
            yield return startup.Current;
        }

        _blockingResult = GrblError.None;
    }

    private void EndProgram()
    {
        ref var modes = ref _parser.Modes;
        modes.Motion = GrblMotion.Linear;
        modes.Plane = 0;
        modes.Relative = false;
        modes.InverseTime = false;
        modes.CoordinateSystem = 0;
        modes.Flow = 0;
        StopAccessories();
        _feedOverride = 100;
        _rapidOverride = 100;
        _spindleOverride = 100;
        _motion.SetOverrides(1, 1, Now);
        _reportsToOffset = 0;
        _reportsToOverrides = 0;
        Send("[MSG:Pgm End]\r\n");
    }

    private bool IsOutOfTravel(Axes target)
    {
        for (var axis = 0; axis < 3; axis++)
        {
            if (target[axis] > 0 || target[axis] < -_settings[130 + axis])
            {
                return true;
            }
        }

        return false;
    }
}
