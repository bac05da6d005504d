// The metrics of the node or of one device, in the order of its birth.

using FabNet.Edge.Leasing;
using FabNet.Edge.SiteBroker.Sparkplug.Wire;

namespace FabNet.Edge.SiteBroker.Sparkplug;

/// <summary>Gives out the aliases of a node: 1, 2, 3 and so on, never one twice.</summary>
internal sealed class AliasCounter
{
    private ulong _last;

    public ulong Next() => ++_last;
}

/// <summary>Metrics by name, with aliases from one counter for the whole node. Not thread safe.</summary>
internal sealed class MetricSet(AliasCounter aliases)
{
    private readonly List<SparkplugMetric> _ordered = [];
    private readonly Dictionary<string, SparkplugMetric> _byName = new(StringComparer.Ordinal);

    public SparkplugMetric this[string name] => _byName[name];

    public bool Has(string name) => _byName.ContainsKey(name);

    /// <summary>Adds a metric.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="type">Its type.</param>
    /// <param name="unit">Its unit.</param>
    /// <param name="hasAlias">False for the rebirth command alone: the standard wants it by name.</param>
    public SparkplugMetric Add(string name, SparkplugType type, string? unit = null, bool hasAlias = true)
    {
        var metric = new SparkplugMetric(name, hasAlias ? aliases.Next() : null, type, unit);
        _ordered.Add(metric);
        _byName.Add(name, metric);
        return metric;
    }

    /// <summary>The metrics that tell job events: the last one in a birth, each one in data.</summary>
    public void AddJobEvents()
    {
        Add("Job Event/Kind", SparkplugType.String);
        Add("Job Event/Job", SparkplugType.String);
        Add("Job Event/Machine", SparkplugType.String);
        Add("Job Event/Reason", SparkplugType.String);
        Add("Job Event/Sequence", SparkplugType.Int64);
    }

    /// <summary>Every metric with its present value; the oldest values first, as the standard wants them.</summary>
    public IEnumerable<Metric> ToBirth(DateTimeOffset now) => _ordered.Select(m => m.ToBirth(now)).OrderBy(m => m.Timestamp);

    /// <summary>The metric that a command means, by name or by alias.</summary>
    public SparkplugMetric? Find(Metric meant) => meant.HasName
        ? _byName.GetValueOrDefault(meant.Name)
        : meant.HasAlias ? _ordered.Find(m => m.Alias == meant.Alias) : null;

    /// <summary>A job event as data, which is also what the next birth states.</summary>
    public IEnumerable<Metric> Tell(EventRecord record, bool isHistorical)
    {
        var happened = record.Event;
        yield return Set("Job Event/Kind", SparkplugValue.Of(JobEventWords.KindOf(happened)));
        yield return Set("Job Event/Job", SparkplugValue.Of(happened.Job.Value));
        yield return Set("Job Event/Machine", SparkplugValue.Of(record.Machine?.Name));
        yield return Set("Job Event/Reason", SparkplugValue.Of(JobEventWords.ReasonOf(happened)));
        yield return Set("Job Event/Sequence", SparkplugValue.Of(record.Sequence));

        Metric Set(string name, SparkplugValue value)
        {
            var metric = _byName[name];
            metric.Set(value, happened.At);
            return metric.ToData(value, happened.At, isHistorical);
        }
    }
}
