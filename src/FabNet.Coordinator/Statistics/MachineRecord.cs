// What is remembered of one machine: its service, its runs, and what each part took on it.

using FabNet.Model;
using FabNet.Planning.Learning;

namespace FabNet.Coordinator.Statistics;

/// <summary>A part of a design, as runs are filed.</summary>
internal readonly record struct PartKey(Digest Manifest, string Part);

/// <summary>A machine's record, while it is of one class. Bounded by the parts that it made. Owned by the coordinator's loop.</summary>
internal sealed class MachineRecord(MachineId id, string machineClass)
{
    private const int RatiosKept = 20;

    private readonly Queue<double> _ratios = [];

    public MachineId Id { get; } = id;

    /// <summary>The name of its profile.</summary>
    public string Class { get; } = machineClass;

    /// <summary>True while it announces itself as simulated: then it teaches only where no real machine does.</summary>
    public bool IsSimulated { get; set; }

    public ServiceTime Service { get; } = new();

    /// <summary>All of its runs, and its service.</summary>
    public WindowedTotals Totals { get; } = new();

    public Dictionary<PartKey, PartRecord> Parts { get; } = [];

    /// <summary>Logarithms of measured over programmed time of its newest runs.</summary>
    public IReadOnlyCollection<double> Ratios => _ratios;

    /// <summary>The record of a part on it.</summary>
    public PartRecord this[PartKey part]
    {
        get
        {
            if (!Parts.TryGetValue(part, out var record))
            {
                Parts.Add(part, record = new PartRecord());
            }

            return record;
        }
    }

    /// <summary>A run ended well: what it took beside what its program said.</summary>
    public void Compare(double plannedSeconds, double measuredSeconds)
    {
        _ratios.Enqueue(Math.Log(measuredSeconds / plannedSeconds));
        if (_ratios.Count > RatiosKept)
        {
            _ratios.Dequeue();
        }
    }

    /// <summary>Its speed beside its class.</summary>
    public double SpeedIn(ClassPace pace) => RunEstimates.Speed(_ratios, pace.Ratio);
}

/// <summary>What a part took on one machine. Owned by the coordinator's loop.</summary>
internal sealed class PartRecord
{
    private const int RunsKept = 12;

    private readonly Queue<(double Seconds, double Grams)> _runs = [];

    public WindowedTotals Totals { get; } = new();

    /// <summary>Seconds and grams for each copy, of the newest completed runs.</summary>
    public IReadOnlyCollection<(double Seconds, double Grams)> Runs => _runs;

    /// <summary>A run ended well.</summary>
    public void Measured(double secondsEach, double gramsEach)
    {
        _runs.Enqueue((secondsEach, gramsEach));
        if (_runs.Count > RunsKept)
        {
            _runs.Dequeue();
        }
    }
}
