// A machine as a Sparkplug device: its metrics, whether it is born, and the values that wait to be sent.

using FabNet.Edge.Configuration;
using FabNet.Model;
using FabNet.Model.Machines;
using FabNet.Model.Sites;

namespace FabNet.Edge.SiteBroker.Sparkplug;

/// <summary>A value that waits to be sent, or to be known to have arrived.</summary>
/// <param name="Metric">Of what.</param>
/// <param name="Value">The value.</param>
/// <param name="At">When it was measured, by a clock that may have been set since.</param>
/// <param name="Births">How often the device had been born when it was taken.</param>
internal readonly record struct WaitingValue(SparkplugMetric Metric, SparkplugValue Value, DateTimeOffset At, int Births);

/// <summary>One machine. Not thread safe.</summary>
internal sealed class SparkplugDevice
{
    /// <summary>The most values that wait while the machine is not born; the oldest make room.</summary>
    private const int MaxWaiting = 16_384;

    private MachineStatus? _status;

    public SparkplugDevice(MachineId id, MachineConfig config, AliasCounter aliases, bool acceptsJobControl)
    {
        Id = id;
        Metrics = new MetricSet(aliases);
        Metrics.Add("Properties/Profile", SparkplugType.String).Set(SparkplugValue.Of(config.Profile.Name), default);
        Metrics.Add("Properties/Title", SparkplugType.String).Set(SparkplugValue.Of(config.Profile.Title), default);
        foreach (var name in (ReadOnlySpan<string>)["State", "Detail", "Job/Id", "Material", "Color"])
        {
            Metrics.Add(name, SparkplugType.String);
        }

        foreach (var (metric, index) in Measured(config.Profile))
        {
            MetricOf(metric, index);
        }

        Metrics.AddJobEvents();
        if (acceptsJobControl)
        {
            Metrics.Add("Job Control/Pause", SparkplugType.Boolean).Set(SparkplugValue.Of(false), default);
            Metrics.Add("Job Control/Resume", SparkplugType.Boolean).Set(SparkplugValue.Of(false), default);
        }

        NeedsBirth = false;
    }

    public MachineId Id { get; }

    public string Name => Id.Name;

    public MetricSet Metrics { get; }

    /// <summary>True from DBIRTH to DDEATH.</summary>
    public bool IsBorn { get; set; }

    /// <summary>How often it was born: what was taken before the last birth is historical, whatever the clock said.</summary>
    public int Births { get; private set; }

    /// <summary>True once it has a metric that its last birth did not state.</summary>
    public bool NeedsBirth { get; set; }

    /// <summary>True while there is a link to the machine.</summary>
    public bool IsOnline => _status is { State: not MachineState.Offline };

    /// <summary>Values that made room while it was not born.</summary>
    public long Dropped { get; private set; }

    /// <summary>What waits to be sent.</summary>
    public Queue<WaitingValue> Waiting { get; } = [];

    /// <summary>What was sent, and may not have arrived.</summary>
    public List<WaitingValue> Unconfirmed { get; } = [];

    public void Take(TelemetrySample sample) => Say(MetricOf(sample.Metric, sample.Index), ValueOf(sample), sample.At);

    public void Take(MachineStatus status)
    {
        Tell("State", StateWords.Of(status.State), status, _status is { } s ? StateWords.Of(s.State) : null);
        Tell("Detail", status.Detail, status, _status?.Detail);
        Tell("Job/Id", status.Job?.Value, status, _status?.Job?.Value);
        Tell("Material", status.Loaded.Material, status, _status?.Loaded.Material);
        Tell("Color", status.Loaded.Color, status, _status?.Loaded.Color);
        _status = status;
    }

    /// <summary>Its birth goes out, and states all that it has.</summary>
    public void Bear()
    {
        (IsBorn, NeedsBirth) = (true, false);
        Births++;
    }

    /// <summary>A new connection: what may not have arrived on the old one is sent again, before what waits.</summary>
    public void BeginAgain()
    {
        IsBorn = false;
        var later = Waiting.ToArray();
        Waiting.Clear();
        Unconfirmed.ForEach(Waiting.Enqueue);
        Unconfirmed.Clear();
        Array.ForEach(later, Waiting.Enqueue);
    }

    private void Tell(string name, string? text, MachineStatus status, string? before)
    {
        if (_status is null || text != before)
        {
            Say(Metrics[name], SparkplugValue.Of(text), status.At);
        }
    }

    private void Say(SparkplugMetric metric, SparkplugValue value, DateTimeOffset at)
    {
        metric.Set(value, at);
        if (Waiting.Count >= MaxWaiting)
        {
            Waiting.Dequeue();
            Dropped++;
        }

        Waiting.Enqueue(new WaitingValue(metric, value, at, Births));
    }

    private SparkplugMetric MetricOf(Metric metric, int index)
    {
        var (name, type, unit) = Describe(metric, index);
        if (Metrics.Has(name))
        {
            return Metrics[name];
        }

        NeedsBirth = true;
        return Metrics.Add(name, type, unit);
    }

    private static SparkplugValue ValueOf(TelemetrySample sample) => sample.Metric switch
    {
        Metric.Progress => SparkplugValue.Of(sample.Value * 100),
        Metric.LinesAcknowledged => SparkplugValue.Of((long)sample.Value),
        _ => SparkplugValue.Of(sample.Value),
    };

    private static (string Name, SparkplugType Type, string? Unit) Describe(Metric metric, int index) => metric switch
    {
        Metric.HotEndC => ($"Hot End {index}/Temperature", SparkplugType.Double, "°C"),
        Metric.HotEndTargetC => ($"Hot End {index}/Target", SparkplugType.Double, "°C"),
        Metric.BedC => ("Bed/Temperature", SparkplugType.Double, "°C"),
        Metric.BedTargetC => ("Bed/Target", SparkplugType.Double, "°C"),
        Metric.ChamberC => ("Chamber/Temperature", SparkplugType.Double, "°C"),
        Metric.PositionMm => ($"Position/{"XYZABC"[Math.Clamp(index, 0, 5)]}", SparkplugType.Double, "mm"),
        Metric.Progress => ("Job/Progress", SparkplugType.Double, "%"),
        Metric.RemainingS => ("Job/Remaining", SparkplugType.Double, "s"),
        Metric.LinesAcknowledged => ("Job/Line", SparkplugType.Int64, null),
        Metric.FeedOverridePercent => ("Feed Override", SparkplugType.Double, "%"),
        Metric.SpindleRpm => ("Spindle/Speed", SparkplugType.Double, "rev/min"),
        _ => ($"{metric} {index}", SparkplugType.Double, null),
    };

    /// <summary>What a machine of this profile is expected to measure; anything else that it measures is added by a new birth.</summary>
    private static IEnumerable<(Metric Metric, int Index)> Measured(MachineProfile profile)
    {
        yield return (Metric.Progress, 0);
        yield return (Metric.RemainingS, 0);
        yield return (Metric.LinesAcknowledged, 0);
        for (var i = 0; i < 3; i++)
        {
            yield return (Metric.PositionMm, i);
        }

        for (var i = 0; i < profile.HotEnds.Count; i++)
        {
            yield return (Metric.HotEndC, i);
            yield return (Metric.HotEndTargetC, i);
        }

        if (profile.MaxBedTemperatureC > 0)
        {
            yield return (Metric.BedC, 0);
            yield return (Metric.BedTargetC, 0);
        }

        if (profile.MaxChamberTemperatureC > 0)
        {
            yield return (Metric.ChamberC, 0);
        }
    }
}
