// Decides, from a seed, which byte and which ok suffers, and when the planned faults are due.

namespace FabNet.FirmwareSimulator.Faults;

/// <summary>
/// The same faults, seed and traffic give the same damage: each direction draws from its own sequence, one draw per byte and fault. Owned by its machine's loop.
/// </summary>
internal sealed class FaultInjector
{
    private readonly ByteFaults _rx;
    private readonly ByteFaults _tx;
    private readonly Random _okRandom;
    private readonly List<Fault> _okFaults;
    private readonly List<Fault> _atTime;
    private readonly List<Fault> _atLine;
    private long _oks;

    public FaultInjector(IReadOnlyList<Fault> faults, int seed)
    {
        _rx = new ByteFaults(faults, FaultKind.CorruptRx, FaultKind.DropRx, FaultKind.DelayRx, new Random(seed));
        _tx = new ByteFaults(faults, FaultKind.CorruptTx, FaultKind.DropTx, FaultKind.DelayTx, new Random(unchecked(seed + 1)));
        _okRandom = new Random(unchecked(seed + 2));
        _okFaults = [.. faults.Where(f => f.Kind is FaultKind.LoseOk or FaultKind.DoubleOk)];
        _atTime = [.. faults.Where(f => f.AtS is not null).OrderBy(f => f.AtS)];
        _atLine = [.. faults.Where(f => f.AtLine is not null).OrderBy(f => f.AtLine)];
    }

    /// <summary>When the next timed fault is due; positive infinity if none is left.</summary>
    public double NextAt => _atTime.Count > 0 ? _atTime[0].AtS!.Value : double.PositiveInfinity;

    /// <summary>The count of executed commands at which the next fault is due; <see cref="long.MaxValue"/> if none is left.</summary>
    public long NextLine => _atLine.Count > 0 ? _atLine[0].AtLine!.Value : long.MaxValue;

    /// <summary>Takes the next timed fault.</summary>
    public Fault TakeTimed() => Take(_atTime);

    /// <summary>Takes the next fault that waits for a count of commands.</summary>
    public Fault TakeAtLine() => Take(_atLine);

    /// <summary>Plans a further fault.</summary>
    public void Plan(Fault fault)
    {
        var (list, before) = fault.AtS is not null ? (_atTime, (Predicate<Fault>)(f => f.AtS > fault.AtS)) : (_atLine, f => f.AtLine > fault.AtLine);
        var at = list.FindIndex(before);
        list.Insert(at < 0 ? list.Count : at, fault);
    }

    /// <summary>What becomes of a byte that the machine should receive.</summary>
    /// <returns>False if it is lost.</returns>
    public bool PassReceived(ref byte value, out double delayS) => _rx.Pass(ref value, out delayS);

    /// <summary>What becomes of a byte that the machine transmits.</summary>
    /// <returns>False if it is lost.</returns>
    public bool PassTransmitted(ref byte value, out double delayS) => _tx.Pass(ref value, out delayS);

    /// <summary>How often the next <c>ok</c> line is transmitted: 0, 1 or 2 times.</summary>
    public int CopiesOfNextOk()
    {
        _oks++;
        var copies = 1;
        foreach (var fault in _okFaults)
        {
            if (fault.Nth == _oks || (fault.Probability is { } share && _okRandom.NextDouble() < share))
            {
                copies = fault.Kind == FaultKind.LoseOk ? 0 : copies * 2;
            }
        }

        return copies;
    }

    private static Fault Take(List<Fault> list)
    {
        var fault = list[0];
        list.RemoveAt(0);
        return fault;
    }

    private sealed class ByteFaults(IReadOnlyList<Fault> faults, FaultKind corrupt, FaultKind drop, FaultKind delay, Random random)
    {
        private readonly double _corrupt = Share(faults, corrupt);
        private readonly double _drop = Share(faults, drop);
        private readonly double _delay = Share(faults, delay);
        private readonly double _delayS = faults.FirstOrDefault(f => f.Kind == delay)?.DurationS ?? 0;

        public bool Pass(ref byte value, out double delayS)
        {
            delayS = 0;
            if (_delay > 0 && random.NextDouble() < _delay)
            {
                delayS = _delayS;
            }

            if (_drop > 0 && random.NextDouble() < _drop)
            {
                return false;
            }

            if (_corrupt > 0 && random.NextDouble() < _corrupt)
            {
                value ^= (byte)(1 << random.Next(8));
            }

            return true;
        }

        private static double Share(IReadOnlyList<Fault> faults, FaultKind kind) => faults.Where(f => f.Kind == kind).Sum(f => f.Probability ?? 0);
    }
}
