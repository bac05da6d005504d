// From what a person calls a machine to its profile.

using FabNet.CommandLine;
using FabNet.Model.Machines;

namespace FabNet.Programs;

internal static class ProfileOption
{
    /// <summary>The profile with this built-in name, or in this YAML file.</summary>
    /// <exception cref="UsageException">There is none, or the file has errors; each is told with its line.</exception>
    public static MachineProfile Load(string nameOrPath)
    {
        if (MachineProfiles.TryFind(nameOrPath) is { } profile)
        {
            return profile;
        }

        if (!File.Exists(nameOrPath))
        {
            throw new UsageException($"'{nameOrPath}' is no built-in profile and no file. Built in: {string.Join(", ", MachineProfiles.BuiltIn.Select(p => p.Name))}.");
        }

        var reading = MachineProfileReader.Read(File.ReadAllText(nameOrPath), nameOrPath);
        return reading.Profile ?? throw new UsageException(string.Join(Environment.NewLine, reading.Errors));
    }

    /// <summary>The generic profile of the dialect that a file's name tells: <c>.nc</c> and kin are GRBL's, everything else Marlin's.</summary>
    public static MachineProfile GenericFor(string path) =>
        Path.GetExtension(path).ToUpperInvariant() is ".NC" or ".NGC" or ".TAP" or ".CNC"
            ? MachineProfiles.Find(MachineProfiles.GenericGrbl)
            : MachineProfiles.Find(MachineProfiles.GenericMarlin);
}
