// One metric of the node or of a device: its name, alias, type and unit, and its present value, in the standard's payload form.

using FabNet.Edge.SiteBroker.Sparkplug.Wire;

namespace FabNet.Edge.SiteBroker.Sparkplug;

/// <summary>The data types that are used here (Sparkplug 3.0, 6.4.16).</summary>
internal enum SparkplugType : uint
{
    Int64 = 4,
    Double = 10,
    Boolean = 11,
    String = 12,
}

/// <summary>A value; null where none is known.</summary>
internal readonly record struct SparkplugValue
{
    private SparkplugValue(double? number, long? whole, bool? flag, string? text) => (Number, Whole, Flag, Text) = (number, whole, flag, text);

    private double? Number { get; }

    private long? Whole { get; }

    private bool? Flag { get; }

    private string? Text { get; }

    public static SparkplugValue Of(double value) => new(value, null, null, null);

    public static SparkplugValue Of(long value) => new(null, value, null, null);

    public static SparkplugValue Of(bool value) => new(null, null, value, null);

    public static SparkplugValue Of(string? value) => new(null, null, null, value);

    public void WriteTo(Metric metric)
    {
        switch (this)
        {
            case { Number: { } number }: metric.DoubleValue = number; break;
            case { Whole: { } whole }: metric.LongValue = unchecked((ulong)whole); break; // two's complement, says the standard
            case { Flag: { } flag }: metric.BooleanValue = flag; break;
            case { Text: { } text }: metric.StringValue = text; break;
            default: metric.IsNull = true; break;
        }
    }
}

/// <summary>A metric and its present value. Not thread safe.</summary>
/// <param name="name">Its name; a slash makes folders in the host's tree.</param>
/// <param name="alias">Its number, unique in the node; null for none.</param>
/// <param name="type">Its data type.</param>
/// <param name="unit">Its unit, as the property <c>engUnit</c>; null for none.</param>
internal sealed class SparkplugMetric(string name, ulong? alias, SparkplugType type, string? unit = null)
{
    private const string UnitProperty = "engUnit";

    public string Name => name;

    public ulong? Alias => alias;

    public SparkplugValue Value { get; private set; }

    /// <summary>When the present value was measured.</summary>
    public DateTimeOffset At { get; private set; }

    /// <summary>Notes a value.</summary>
    public void Set(SparkplugValue value, DateTimeOffset at) => (Value, At) = (value, at);

    /// <summary>The metric as a birth states it: everything that is known of it.</summary>
    /// <param name="now">The time of the birth, for a value that was never set.</param>
    public Metric ToBirth(DateTimeOffset now)
    {
        var metric = new Metric { Name = name, Timestamp = Milliseconds(At == default ? now : At), Datatype = (uint)type };
        if (alias is { } number)
        {
            metric.Alias = number;
        }

        if (unit is not null)
        {
            metric.Properties = new PropertySet { Keys = { UnitProperty }, Values = { new PropertyValue { Type = (uint)SparkplugType.String, StringValue = unit } } };
        }

        Value.WriteTo(metric);
        return metric;
    }

    /// <summary>A value as data states it: by alias where there is one.</summary>
    /// <remarks>The type is in it too. The standard can do without (a SHOULD NOT); decoders in the field that keep no births can't.</remarks>
    public Metric ToData(SparkplugValue value, DateTimeOffset at, bool isHistorical)
    {
        var metric = new Metric { Timestamp = Milliseconds(at), Datatype = (uint)type };
        if (alias is { } number)
        {
            metric.Alias = number;
        }
        else
        {
            metric.Name = name;
        }

        if (isHistorical)
        {
            metric.IsHistorical = true;
        }

        value.WriteTo(metric);
        return metric;
    }

    public static ulong Milliseconds(DateTimeOffset at) => (ulong)Math.Max(0, at.ToUnixTimeMilliseconds());
}
