// Published instances of additive machines whose builds are bounded by plate, height and precision (UAMSP-R).

using FabNet.Planning.Beds;

namespace FabNet.Plans;

/// <summary><c>machines M parts N</c>; for each machine height, area, precision, set-up, time per volume, time per height; for each part volume, height, area, precision, release.</summary>
internal static class BedInstance
{
    public static BedProblem Read(InstanceText text)
    {
        text.Expect("machines");
        var machines = new BedMachine[text.Count("machines")];
        text.Expect("parts");
        var parts = new BedPart[text.Count("parts")];
        for (var i = 0; i < machines.Length; i++)
        {
            machines[i] = new BedMachine(text.Number("height"), text.Number("area"), text.Number("precision"), text.Number("set-up"), text.Number("time per volume"), text.Number("time per height"));
        }

        for (var i = 0; i < parts.Length; i++)
        {
            parts[i] = new BedPart(text.Number("volume"), text.Number("height"), text.Number("area"), text.Number("precision"), text.Number("release"));
        }

        return new BedProblem(machines, parts);
    }
}
