// The machine profiles that ship with the program, from hardware/machines.

namespace FabNet.Model.Machines;

/// <summary>The built-in machine profiles.</summary>
public static class MachineProfiles
{
    /// <summary>Used on a Marlin machine when no profile is named.</summary>
    public const string GenericMarlin = "generic-marlin";

    /// <summary>Used on a GRBL machine when no profile is named.</summary>
    public const string GenericGrbl = "generic-grbl";

    private static readonly Lazy<IReadOnlyList<MachineProfile>> Loaded = new(Load);

    /// <summary>All built-in profiles, by name.</summary>
    public static IReadOnlyList<MachineProfile> BuiltIn => Loaded.Value;

    /// <summary>The built-in profile of a name.</summary>
    /// <exception cref="KeyNotFoundException">There is none; the message names those there are.</exception>
    public static MachineProfile Find(string name) =>
        TryFind(name) ?? throw new KeyNotFoundException($"There is no machine profile '{name}'. Built in are {string.Join(", ", BuiltIn.Select(profile => profile.Name))}; a site may add its own.");

    /// <summary>The built-in profile of a name, or null.</summary>
    public static MachineProfile? TryFind(string name) => BuiltIn.FirstOrDefault(profile => string.Equals(profile.Name, name, StringComparison.OrdinalIgnoreCase));

    private static IReadOnlyList<MachineProfile> Load()
    {
        const string folder = "machines/";
        var assembly = typeof(MachineProfiles).Assembly;
        var profiles = new List<MachineProfile>();
        foreach (var resource in assembly.GetManifestResourceNames().Where(name => name.StartsWith(folder, StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
            var reading = MachineProfileReader.Read(reader.ReadToEnd(), "hardware/" + resource);
            profiles.Add(reading.Profile ?? throw new InvalidDataException(string.Join(Environment.NewLine, reading.Errors)));
        }

        return [.. profiles.OrderBy(profile => profile.Name, StringComparer.Ordinal)];
    }
}
