// Decides which measured values are worth keeping: a Pi's SD card is spared, and nothing that people look at is lost.

using FabNet.Model;
using FabNet.Model.Machines;

namespace FabNet.Edge.Telemetry;

/// <summary>
/// Thins the values of one machine to at most one each second for each metric and index, and to one each 15 s while a value stays as it is.
/// Not thread safe; the machine's own loop uses it.
/// </summary>
internal sealed class TelemetrySampler
{
    /// <summary>The least time between two samples of one metric.</summary>
    public static readonly TimeSpan MinInterval = TimeSpan.FromSeconds(1);

    /// <summary>The longest time that an unchanged value goes unsaid.</summary>
    public static readonly TimeSpan MaxInterval = TimeSpan.FromSeconds(15);

    private readonly Dictionary<(Metric Metric, int Index), TelemetrySample> _last = [];

    /// <summary>True if this sample is to be kept; it then is the one that later samples are compared with.</summary>
    public bool Accepts(TelemetrySample sample)
    {
        if (_last.TryGetValue((sample.Metric, sample.Index), out var last) && last.Job == sample.Job)
        {
            var since = sample.At - last.At;
            var isStill = Math.Abs(sample.Value - last.Value) < Resolution(sample.Metric);
            if (since >= TimeSpan.Zero && since < (isStill ? MaxInterval : MinInterval))
            {
                return false;
            }
        }

        _last[(sample.Metric, sample.Index)] = sample;
        return true;
    }

    private static double Resolution(Metric metric) => metric switch
    {
        Metric.Progress => 0.001,
        Metric.PositionMm => 0.01,
        Metric.HotEndC or Metric.BedC or Metric.ChamberC => 0.2,
        _ => double.Epsilon,
    };
}
