// What a design must be to be found: the options of every command that searches.

using System.CommandLine;
using System.Globalization;
using FabNet.CommandLine;
using FabNet.Programs;
using FabNet.Protocol.V1;

namespace FabNet.Designs;

/// <summary>The filters of a search, as options.</summary>
internal sealed class QueryOptions
{
    private readonly Option<string?> _process = new("--process") { Description = "Some part is made by this process: 3DP, CNC, LAS." };
    private readonly Option<string?> _material = new("--material") { Description = "Some part is made of this material, such as PETG." };
    private readonly Option<string?> _license = new("--license") { Description = "It is under this licence (SPDX), such as CERN-OHL-S-2.0." };
    private readonly Option<bool> _validated = new("--validated") { Description = "Maintainers have validated it." };
    private readonly Option<string[]> _fits = new("--fits") { Description = "Its parts fit this machine: a profile's name or file, or WIDTHxDEPTHxHEIGHT in mm. May be given several times." };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        foreach (var option in (ReadOnlySpan<Option>)[_process, _material, _license, _validated, _fits])
        {
            command.Add(option);
        }
    }

    /// <summary>The filter that was asked for; empty for none.</summary>
    public DesignFilter Filter(ParseResult result)
    {
        var filter = new DesignFilter { ValidatedOnly = result.GetValue(_validated) };
        Set(result.GetValue(_process), value => filter.Process = value);
        Set(result.GetValue(_material), value => filter.Material = value);
        Set(result.GetValue(_license), value => filter.License = value);
        filter.Fits.AddRange((result.GetValue(_fits) ?? []).Select(EnvelopeOf));
        return filter;
    }

    internal static void Set(string? value, Action<string> set)
    {
        if (value is not null)
        {
            set(value);
        }
    }

    private static MachineEnvelope EnvelopeOf(string text)
    {
        if (text.Split('x') is [var width, var depth, var height] && TryParse(width, out var x) && TryParse(depth, out var y) && TryParse(height, out var z))
        {
            return new MachineEnvelope { WidthMm = x, DepthMm = y, HeightMm = z };
        }

        var envelope = ProfileOption.Load(text).EnvelopeMm;
        return new MachineEnvelope { WidthMm = envelope.X.Length, DepthMm = envelope.Y.Length, HeightMm = envelope.Z.Length };
    }

    private static bool TryParse(string text, out double mm) => double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out mm);
}
