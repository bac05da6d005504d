// The mapping of edge.proto: what is measured.

using FabNet.Model;
using FabNet.Model.Machines;
using Google.Protobuf.WellKnownTypes;
using Wire = FabNet.Protocol.V1;

namespace FabNet.Protocol;

/// <summary>Maps telemetry. Reading throws <see cref="FormatException"/> with the field's name, as <see cref="Vocabulary"/> does.</summary>
public static class EdgeMapping
{
    /// <summary>To the wire.</summary>
    public static Wire.TelemetrySample ToWire(this TelemetrySample sample)
    {
        var wire = new Wire.TelemetrySample
        {
            Machine = sample.Machine.ToString(),
            At = Timestamp.FromDateTimeOffset(sample.At),
            Metric = (Wire.Metric)(int)sample.Metric,
            Index = sample.Index,
            Value = sample.Value,
        };
        Vocabulary.SetIfPresent(sample.Job?.Value, v => wire.JobId = v);
        return wire;
    }

    /// <summary>From the wire.</summary>
    /// <exception cref="FormatException">A field can't be so: among others, a value that is not finite.</exception>
    public static TelemetrySample ToModel(this Wire.TelemetrySample? sample) => sample is null
        ? throw new FormatException("sample is missing.")
        : new TelemetrySample(
            MachineId.Parse(sample.Machine),
            sample.At.ToModel("sample.at"),
            Vocabulary.Known((Metric)(int)sample.Metric, "sample.metric"),
            sample.Index is >= 0 and <= 255 ? sample.Index : throw new FormatException($"sample.index is {sample.Index}; it must be between 0 and 255."),
            double.IsFinite(sample.Value) ? sample.Value : throw new FormatException($"sample.value is {sample.Value}, which is not a measure."),
            sample.HasJobId ? JobId.Parse(sample.JobId) : null);
}
