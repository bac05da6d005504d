// G2 and G3: checked and measured where they bulge, timed as the firmware cuts them.

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using FabNet.GCode.Commands;
using FabNet.GCode.Reading;

namespace FabNet.GCode.Checking;

internal sealed partial class MotionTracker
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void MoveAlongArc(bool clockwise, in Words words, double x, double y, double z, double extruded)
    {
        MotionCount++;
        var (u, v, w) = _modes.Plane switch
        {
            CommandKind.PlaneZX => (2, 0, 1),
            CommandKind.PlaneYZ => (1, 2, 0),
            _ => (0, 1, 2),
        };
        Span<double> target = [x, y, z];
        var arc = ArcOf(clockwise, words, u, v, target, out var problem);
        if (arc is not { } path)
        {
            _log.Refuse(ViolationCode.ArcInvalid, $"the arc can't be drawn: {problem}. Export the program again with more decimals, or without arcs.");
            return;
        }

        var (startU, startV, startW) = (_frame[u], _frame[v], _frame[w]);
        var lift = target[w] - startW;
        var length = Math.Sqrt((path.Length * path.Length) + (lift * lift));
        var feed = FeedOf(isRapid: false, length);
        MaxFeedMmPerMin = Math.Max(MaxFeedMmPerMin, feed);
        var isCut = IsCut(extruded, isRapid: false, travels: true, z);
        var (minU, maxU, minV, maxV) = path.Reach(startU, startV, target[u], target[v]);
        if (isCut)
            _cut.Add(_frame.Position);
        MoveTo(Vector256.Create(x, y, z, 0), words.XyzValued | (1u << u) | (1u << v));
        ReachArc(u, minU, maxU, isCut);
        ReachArc(v, minV, maxV, isCut);
        if (isCut)
            _cut.Add(_frame.Position);
        if (extruded > 0)
            _layers.Extrude(z, isLevel: lift == 0, _line);
        _layers.Filament(extruded);
        _features.Filament(extruded);
        PathMm += length;
        _arcs.Add(path, u, v, lift, extruded, feed / 60, _line);
        if (Toolpath is { } toolpath)
            path.Draw(toolpath, u, v, startW, lift, isCut, _layers.Index, _features.Current);
    }

    private void ReachArc(int axis, double min, double max, bool isCut)
    {
        _envelope.Reach(_frame.Frame, axis, min);
        _envelope.Reach(_frame.Frame, axis, max);
        if (!isCut)
            return;
        _cut.Add(axis, min);
        _cut.Add(axis, max);
    }

    private Arc? ArcOf(bool clockwise, in Words words, int u, int v, ReadOnlySpan<double> target, out string? problem)
    {
        ReadOnlySpan<char> offsets = ['I', 'J', 'K'];
        var turns = words.Or('P', 0);
        if (_isGrbl ? words.Mentions('P') : turns is < 0 or > 100 || turns != Math.Floor(turns))
        {
            problem = "P is not a number of turns that the firmware takes";
            return null;
        }

        if (words.Has('R'))
        {
            if (words.Has(offsets[u]) || words.Has(offsets[v]))
            {
                problem = "it has both a radius and a centre";
                return null;
            }

            return Arc.OfRadius(_frame[u], _frame[v], target[u], target[v], words['R'] * _modes.UnitMm, clockwise, _isGrbl, out problem);
        }

        if (_isGrbl && !words.Has(AxisNames[u]) && !words.Has(AxisNames[v]))
        {
            problem = "it names no axis of its plane (GRBL's error 27)";
            return null;
        }

        var (offsetU, offsetV) = (words.Or(offsets[u], 0) * _modes.UnitMm, words.Or(offsets[v], 0) * _modes.UnitMm);
        return Arc.AroundCentre(_frame[u], _frame[v], target[u], target[v], offsetU, offsetV, clockwise, turns, _isGrbl, out problem);
    }
}
