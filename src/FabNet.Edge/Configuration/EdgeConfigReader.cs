// Reads a site's YAML file into an EdgeConfig, and finds every mistake in it with its line.

using System.Globalization;
using FabNet.GCode;
using FabNet.Model;
using FabNet.Model.Machines;
using FabNet.Model.Sites;
using FabNet.Model.Yaml;

namespace FabNet.Edge.Configuration;

/// <summary>Reads a site's configuration. The file's keys are documented in <c>hardware/site.sample.yaml</c>.</summary>
public static class EdgeConfigReader
{
    private const int MaxBytes = 4 * YamlText.MaxLength;

    /// <summary>Reads a file. Relative paths in it are relative to its folder.</summary>
    /// <exception cref="EdgeConfigException">It is missing or wrong; every problem is told with its line.</exception>
    public static EdgeConfig ReadFile(string path)
    {
        path = Path.GetFullPath(path);
        try
        {
            return new FileInfo(path).Length > MaxBytes
                ? throw new EdgeConfigException([$"{path}: the file is larger than {MaxBytes} bytes. Is it a site's configuration?"])
                : Read(File.ReadAllText(path), path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EdgeConfigException([$"{path}: the configuration can't be read: {e.Message} Copy hardware/site.sample.yaml and change it."]);
        }
    }

    /// <summary>Reads the text of a file.</summary>
    /// <param name="yaml">The text.</param>
    /// <param name="source">The file's path, for messages and for relative paths.</param>
    /// <exception cref="EdgeConfigException">It is wrong; every problem is told with its line.</exception>
    public static EdgeConfig Read(string yaml, string source)
    {
        var mistakes = new YamlMistakes(source, "a site's configuration");
        var folder = Path.GetDirectoryName(Path.GetFullPath(source))!;
        return YamlText.Read(yaml, mistakes, "copy hardware/site.sample.yaml and change it", root => ReadConfig(root, folder))
            ?? throw new EdgeConfigException([.. mistakes.InOrder.Select(m => m.ToString())]);
    }

    // What a mistake leaves empty is never used: there is no configuration then.
    private static EdgeConfig ReadConfig(YamlSection root, string folder)
    {
        var (site, title, latitude, longitude) = ReadSite(root);
        var (timeZone, hours) = ReadHours(root.Section("hours"));
        var config = new EdgeConfig
        {
            Site = site,
            Title = title,
            Latitude = latitude,
            Longitude = longitude,
            Coordinator = root.RequiredAddress("coordinator", "http://127.0.0.1:7300")!,
            Catalogue = root.RequiredAddress("catalogue", "http://127.0.0.1:7301")!,
            DataFolder = Resolve(folder, root.RequiredText("data", "~/.fabnet/lab-lisbon")),
            Prices = ReadPrices(root.Section("prices")),
            TimeZone = timeZone,
            Hours = hours,
            Policy = ReadPolicy(root.Section("policy")),
            Slicer = ReadSlicer(root.Section("slicer"), folder),
            Storage = ReadStorage(root.Section("storage")),
            Broker = BrokerConfigReader.Read(root.Section("broker"), path => Resolve(folder, path)),
            Publisher = SitePublisherReader.Read(root.Section("publisher"), path => Resolve(folder, path)),
            People = PeopleReader.Read(root),
            Machines = ReadMachines(root, folder),
            OpenKnowWherePath = root.Text("openKnowWhere") is { } okw ? Resolve(folder, okw) : null,
        };
        PeopleReader.RequireStaff(root, config);
        root.RefuseUnknownKeys();
        return config;
    }

    private static (SiteId Id, string Title, double? Latitude, double? Longitude) ReadSite(YamlSection root)
    {
        if (!root.Has("site"))
        {
            root.Refuse("site", "site is missing; write site: and below it, indented, id: and title:");
        }

        if (root.Section("site") is not { } section)
        {
            return default;
        }

        var id = section.Require("id", "lab-lisbon") ? section.Parsed("id", SiteId.Parse) ?? default : default;
        var title = section.Text("title") ?? id.Value;
        double? latitude = null, longitude = null;
        if (section.Section("location") is { } location)
        {
            latitude = location.Number("latitude", -90, 90);
            longitude = location.Number("longitude", -180, 180);
            if (location.Has("latitude") != location.Has("longitude"))
            {
                location.Refuse("latitude", "'location' needs both latitude and longitude.");
            }

            location.RefuseUnknownKeys();
        }

        section.RefuseUnknownKeys();
        return (id, title, latitude, longitude);
    }

    private static (string TimeZone, IReadOnlyList<WeeklyHours> Hours) ReadHours(YamlSection? section)
    {
        if (section is null)
        {
            return ("UTC", []);
        }

        var zone = section.Text("timeZone") ?? "UTC";
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(zone, out _))
        {
            section.Refuse("timeZone", $"'{section.PathOf("timeZone")}' is '{zone}', which is no time zone that is known here. Write an IANA name, such as Europe/Lisbon.");
        }

        var hours = new List<WeeklyHours>();
        foreach (var text in section.Words("open"))
        {
            try
            {
                hours.Add(WeeklyHours.Parse(text));
            }
            catch (FormatException e)
            {
                section.Refuse("open", $"{section.PathOf("open")}: {e.Message}");
            }
        }

        section.RefuseUnknownKeys();
        return (zone, hours);
    }

    private static decimal[] ReadTariff(YamlSection section)
    {
        var texts = section.Words("energyPerKwhByHour");
        var prices = new List<decimal>();
        foreach (var text in texts)
        {
            if (decimal.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var price) && Math.Abs(price) <= 100)
            {
                prices.Add(price);
            }
        }

        if (prices.Count != texts.Count || prices.Count is not (0 or 24))
        {
            section.Refuse("energyPerKwhByHour", $"'{section.PathOf("energyPerKwhByHour")}' has {texts.Count} entries, {prices.Count} of them prices from -100 to 100. Write 24, one for each hour of the day from 0, or leave it out.");
        }

        return prices.Count == 0 ? [] : [.. prices];
    }

    private static SitePrices ReadPrices(YamlSection? section)
    {
        var prices = new SitePrices();
        if (section is null)
        {
            return prices;
        }

        var currency = section.Text("currency") ?? prices.Currency;
        if (currency.Length != 3 || !currency.All(char.IsAsciiLetterUpper))
        {
            section.Refuse("currency", $"'prices.currency' is '{currency}'. Write three capital letters, such as EUR.");
        }

        var materials = new Dictionary<string, decimal>(StringComparer.Ordinal);
        if (section.Section("materialPerKg") is { } perKg)
        {
            foreach (var material in perKg.Keys)
            {
                materials[material.ToUpperInvariant()] = perKg.Amount(material) ?? 0;
            }
        }

        prices = new SitePrices
        {
            Currency = currency,
            MachinePerHour = section.Amount("machinePerHour") ?? prices.MachinePerHour,
            LabourPerHour = section.Amount("labourPerHour") ?? prices.LabourPerHour,
            DefaultMaterialPerKg = section.Amount("defaultMaterialPerKg") ?? prices.DefaultMaterialPerKg,
            MaterialPerKg = materials,
            EnergyPerKwh = section.Amount("energyPerKwh") ?? prices.EnergyPerKwh,
            EnergyPerKwhByHour = ReadTariff(section),
            Co2GramsPerKwh = section.Number("co2GramsPerKwh", 0, 5000) ?? prices.Co2GramsPerKwh,
            TransportFixed = section.Amount("transportFixed") ?? prices.TransportFixed,
            TransportPerKmKg = section.Amount("transportPerKmKg") ?? prices.TransportPerKmKg,
            LatenessPerHour = section.Amount("latenessPerHour") ?? prices.LatenessPerHour,
        };
        section.RefuseUnknownKeys();
        return prices;
    }

    private static SitePolicy ReadPolicy(YamlSection? section)
    {
        if (section is null)
        {
            return new SitePolicy();
        }

        var policy = new SitePolicy
        {
            Claim = section.Choice("claim", ("all", ClaimPolicy.All), ("none", ClaimPolicy.None), ("matching", ClaimPolicy.Matching)) ?? ClaimPolicy.All,
            Clear = section.Choice("clear", ("operator", ClearPolicy.Operator), ("automatic", ClearPolicy.Automatic)) ?? ClearPolicy.Operator,
            SharesBeds = section.Choice("beds", ("shared", true), ("single", false)) ?? true,
            HelpsCommunities = section.Choice("communities", ("all", true), ("none", false)) ?? true,
        };
        section.RefuseUnknownKeys();
        return policy;
    }

    private static SlicerConfig ReadSlicer(YamlSection? section, string folder)
    {
        var defaults = new SlicerConfig();
        if (section is null)
        {
            return defaults;
        }

        var path = section.Text("path");
        var slicer = new SlicerConfig
        {
            Path = path is not null && path.Contains(Path.DirectorySeparatorChar, StringComparison.Ordinal) ? Resolve(folder, path) : path,
            TimeLimit = section.Number("timeLimitMinutes", 0.1, 1440) is { } minutes ? TimeSpan.FromMinutes(minutes) : defaults.TimeLimit,
        };
        section.RefuseUnknownKeys();
        return slicer;
    }

    private static StorageConfig ReadStorage(YamlSection? section)
    {
        var defaults = new StorageConfig();
        if (section is null)
        {
            return defaults;
        }

        var storage = new StorageConfig
        {
            DesignBytes = Megabytes("designsMB", 1) ?? defaults.DesignBytes,
            SlicedBytes = Megabytes("slicedMB", 1) ?? defaults.SlicedBytes,
            TelemetryBytes = Megabytes("telemetryMB", 0.064) ?? defaults.TelemetryBytes,
            TelemetryAge = section.Number("telemetryDays", 0.01, 3650) is { } days ? TimeSpan.FromDays(days) : defaults.TelemetryAge,
        };
        section.RefuseUnknownKeys();
        return storage;

        long? Megabytes(string key, double min) => section.Number(key, min, 100_000_000) is { } megabytes ? (long)(megabytes * 1e6) : null;
    }

    private static List<MachineConfig> ReadMachines(YamlSection root, string folder)
    {
        var sections = root.Sections("machines");
        if (sections.Count == 0)
        {
            root.Refuse("machines", "'machines' must list at least one machine, such as - name: mk3-left, with profile: and port: below it.");
        }

        var machines = new List<MachineConfig>();
        foreach (var section in sections)
        {
            if (ReadMachine(section, folder) is not { } machine)
            {
                continue;
            }

            if (machines.Exists(m => m.Name == machine.Name))
            {
                section.Refuse("name", $"two machines are named '{machine.Name}'. Give each its own name.");
            }
            else if (machine.Port is not null && machines.Find(m => m.Port == machine.Port) is { } other)
            {
                section.Refuse("port", $"'{machine.Name}' has the port of '{other.Name}', {machine.Port}.");
            }

            machines.Add(machine);
        }

        return machines;
    }

    private static MachineConfig? ReadMachine(YamlSection section, string folder)
    {
        var name = section.RequiredText("name", "mk3-left");
        if (name.Length > 0 && !Names.IsValid(name))
        {
            section.Refuse("name", $"'{name}' is not a machine name. Use 1 to 63 lower-case letters, digits and dashes.");
        }

        var profile = ReadProfile(section, folder);
        var port = section.Text("port");
        var mqtt = ReadMqtt(section.Section("mqtt"), folder);
        var moonraker = ReadMoonraker(section.Section("moonraker"), folder);
        string[] given = [.. ((string[])["port", "mqtt", "moonraker"]).Where(section.Has)];
        var wanted = profile?.Dialect switch { FirmwareDialect.Bambu => "mqtt", FirmwareDialect.Klipper => "moonraker", _ => "port" };
        if (given.Length != 1)
        {
            section.Refuse("port", $"machine '{name}' needs exactly one of 'port' (a serial port), 'mqtt' (Bambu Lab) and 'moonraker' (Klipper).");
        }
        else if (profile is not null && given[0] != wanted)
        {
            section.Refuse(given[0], $"the profile '{profile.Name}' is of a machine that speaks {profile.Dialect}. Write {wanted}: instead of {given[0]}:.");
        }

        var loaded = default(LoadedMaterial);
        if (section.Section("loaded") is { } load)
        {
            loaded = new LoadedMaterial(load.Text("material")?.ToUpperInvariant(), load.Text("color")?.ToLowerInvariant());
            if (profile is not null && loaded.Material is not null && !profile.Materials.Contains(loaded.Material))
            {
                load.Refuse("material", $"the profile '{profile.Name}' does not know the material {loaded.Material}. Known: {string.Join(", ", profile.Materials)}.");
            }

            load.RefuseUnknownKeys();
        }

        double? speed = null;
        if (section.Section("simulated") is { } simulated)
        {
            speed = simulated.Number("speed", 0.01, 1_000_000) ?? 1;
            simulated.RefuseUnknownKeys();
        }

        var training = PeopleReader.ReadTraining(section);
        var baud = section.Integer("baud", 1200, 4_000_000);
        var onInterruption = section.Choice("onInterruption", ("fail", InterruptionPolicy.Fail), ("ask", InterruptionPolicy.Ask)) ?? InterruptionPolicy.Fail;
        if (onInterruption is InterruptionPolicy.Ask && profile is not null && !Resumption.IsOfferedBy(profile))
        {
            section.Refuse("onInterruption", profile.Dialect == FirmwareDialect.Bambu
                ? $"a {profile.Title} runs whole files by itself: FabNet can't go on with one. Leave the key out."
                : $"the profile '{profile.Name}' does not let prints be gone on with. Set 'resume: true' in it where Z stays put without current, or leave the key out.");
        }

        section.RefuseUnknownKeys();
        return profile is null
            ? null
            : new MachineConfig
            {
                Name = name,
                Profile = profile,
                Port = port,
                Baud = baud,
                Mqtt = mqtt,
                Moonraker = moonraker,
                Loaded = loaded,
                SimulatedSpeed = speed,
                Training = training,
                OnInterruption = onInterruption,
            };
    }

    private static MachineProfile? ReadProfile(YamlSection section, string folder)
    {
        var text = section.RequiredText("profile", "prusa-mk3s");
        if (text.Length == 0)
        {
            return null;
        }

        if (!text.EndsWith(".yaml", StringComparison.Ordinal) && !text.EndsWith(".yml", StringComparison.Ordinal))
        {
            if (MachineProfiles.TryFind(text) is { } builtIn)
            {
                return builtIn;
            }

            section.Refuse("profile", $"no profile is named '{text}'. Known: {string.Join(", ", MachineProfiles.BuiltIn.Select(p => p.Name))}; or write the path of a YAML file.");
            return null;
        }

        try
        {
            var path = Resolve(folder, text);
            var reading = MachineProfileReader.Read(File.ReadAllText(path), path);
            foreach (var error in reading.Errors)
            {
                section.Refuse("profile", $"the profile can't be used: {error}");
            }

            return reading.Profile;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            section.Refuse("profile", $"the profile can't be read: {e.Message}");
            return null;
        }
    }

    private static MqttPort? ReadMqtt(YamlSection? section, string folder)
    {
        if (section is null)
        {
            return null;
        }

        var mqtt = new MqttPort
        {
            Host = section.RequiredText("host", "192.168.1.42"),
            Port = section.Integer("port", 1, 65535) ?? 8883,
            Serial = section.RequiredText("serial", "01S00A000000000"),
            AccessCode = section.RequiredText("accessCode", "12345678"),
            Tls = section.Flag("tls") ?? true,
            FtpsPort = section.Integer("ftpsPort", 1, 65535) ?? 990,
            CertificateAuthority = section.Text("certificateAuthority") is { } authority ? Resolve(folder, authority) : null,
            CertificateSha256 = section.Text("certificateSha256")?.Replace(":", "", StringComparison.Ordinal),
        };
        if (mqtt is { CertificateAuthority: null, CertificateSha256: null })
        {
            section.Refuse("serial", "'mqtt.certificateAuthority' is missing. Name a PEM file with the maker's root CA, or write certificateSha256: with the machine's fingerprint. Files always go over TLS.");
        }

        if (mqtt.CertificateSha256 is { } fingerprint && (fingerprint.Length != 64 || !fingerprint.All(char.IsAsciiHexDigit)))
        {
            section.Refuse("certificateSha256", $"'{fingerprint}' is no SHA-256 fingerprint. Write 64 hexadecimal digits; colons are allowed.");
        }

        section.RefuseUnknownKeys();
        return mqtt;
    }

    private static MoonrakerPort? ReadMoonraker(YamlSection? section, string folder)
    {
        if (section is null)
        {
            return null;
        }

        var moonraker = new MoonrakerPort
        {
            Url = section.RequiredAddress("url", "http://voron.local:7125") ?? new Uri("http://127.0.0.1:7125"),
            ApiKeyFile = section.Text("apiKeyFile") is { } file ? Resolve(folder, file) : null,
            CertificateAuthority = section.Text("certificateAuthority") is { } authority ? Resolve(folder, authority) : null,
            Verify = section.Flag("verify") ?? true,
        };
        section.RefuseUnknownKeys();
        return moonraker;
    }

    private static string Resolve(string folder, string path)
    {
        if (path.StartsWith("~/", StringComparison.Ordinal))
        {
            path = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), path[2..]);
        }

        return path.Length == 0 ? "" : Path.GetFullPath(path, folder);
    }
}
