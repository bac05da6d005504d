// What a site wants of its edge agent: the configuration file as values.

using FabNet.GCode;
using FabNet.Model;
using FabNet.Model.Machines;
using FabNet.Model.Sites;

namespace FabNet.Edge.Configuration;

/// <summary>Which offers a site takes by itself.</summary>
public enum ClaimPolicy
{
    /// <summary>Every offer for one of its machines. The default.</summary>
    All,

    /// <summary>None: each offer waits for the operator.</summary>
    None,

    /// <summary>Only offers whose material and colour are loaded on the machine offered to; others wait for the operator.</summary>
    Matching,
}

/// <summary>Who says that a machine is free again after a run, and who changes its material.</summary>
public enum ClearPolicy
{
    /// <summary>A person. The default: a bed that nobody cleared blocks the next start.</summary>
    Operator,

    /// <summary>The machine itself: it ejects its parts and changes its material, or it is simulated.</summary>
    Automatic,
}

/// <summary>What becomes of a started job that was interrupted: by a crash or a power cut, a lost link, a reset of the board, an alarm, a stop of the agent.</summary>
public enum InterruptionPolicy
{
    /// <summary>It fails, and is made again from the start. The default.</summary>
    Fail,

    /// <summary>It waits, paused, until a person goes on with it or gives it up. Where a program can't be gone on with, it fails.</summary>
    Ask,
}

/// <summary>What a site does without asking its operator.</summary>
public sealed record SitePolicy
{
    /// <summary>Which offers it takes. Default: all.</summary>
    public ClaimPolicy Claim { get; init; }

    /// <summary>Who clears machines and changes material. Default: the operator.</summary>
    public ClearPolicy Clear { get; init; }

    /// <summary>True lets printers make several jobs at once on one bed, of different orders too, where the site has a slicer. Default true.</summary>
    public bool SharesBeds { get; init; } = true;

    /// <summary>True lets the coordinator offer idle machines to the communities that it follows. Default true.</summary>
    public bool HelpsCommunities { get; init; } = true;
}

/// <summary>How the site slices.</summary>
public sealed record SlicerConfig
{
    /// <summary>The PrusaSlicer program; null means <c>prusa-slicer</c> (or <c>PrusaSlicer</c>) on the PATH.</summary>
    public string? Path { get; init; }

    /// <summary>How long one bed may take to slice before it is given up. From 1 second; default 15 minutes.</summary>
    public TimeSpan TimeLimit { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>The program's file; null if there is none.</summary>
    internal string? Locate()
    {
        if (Path is { } path && path.Contains(System.IO.Path.DirectorySeparatorChar, StringComparison.Ordinal))
        {
            return File.Exists(path) ? path : null;
        }

        string[] names = Path is { } name ? [name] : ["prusa-slicer", "PrusaSlicer", "prusa-slicer-console.exe"];
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(System.IO.Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        return names.SelectMany(n => folders.Select(f => System.IO.Path.Combine(f, n))).FirstOrDefault(File.Exists);
    }
}

/// <summary>How much of the disk the edge may use.</summary>
public sealed record StorageConfig
{
    /// <summary>Designs kept, in bytes; the least recently used go first. From 1 MB; default 10 GB.</summary>
    public long DesignBytes { get; init; } = 10_000_000_000;

    /// <summary>Sliced G-code kept, in bytes; the least recently used goes first. From 1 MB; default 2 GB.</summary>
    public long SlicedBytes { get; init; } = 2_000_000_000;

    /// <summary>Telemetry kept until the coordinator has it, in bytes; the oldest goes first. From 64 kB; default 64 MB.</summary>
    public long TelemetryBytes { get; init; } = 64_000_000;

    /// <summary>Telemetry older than this is dropped. Default 7 days.</summary>
    public TimeSpan TelemetryAge { get; init; } = TimeSpan.FromDays(7);
}

/// <summary>Who a site is in the commons: what it publishes there is signed with this publisher's keys.</summary>
public sealed record SitePublisherConfig
{
    /// <summary>The publisher's namespace.</summary>
    public required string Name { get; init; }

    /// <summary>The configuration folder that holds its chain and its private keys.</summary>
    public required string Folder { get; init; }

    /// <summary>True lets each finished job publish an attested run: machine class, settings, time, yield, month. Default false.</summary>
    public bool SharesRuns { get; init; }
}

/// <summary>How a machine in Bambu Lab's LAN mode is reached: MQTT for orders and reports, FTPS for files. At least one of CA and fingerprint is pinned.</summary>
public sealed record MqttPort
{
    /// <summary>Host name or address.</summary>
    public required string Host { get; init; }

    /// <summary>TCP port. Default 8883.</summary>
    public int Port { get; init; } = 8883;

    /// <summary>The machine's serial number: part of its topics, and the name in its certificate.</summary>
    public required string Serial { get; init; }

    /// <summary>The access code that its screen shows.</summary>
    public required string AccessCode { get; init; }

    /// <summary>The port for files (implicit FTPS, always over TLS). Default 990.</summary>
    public int FtpsPort { get; init; } = 990;

    /// <summary>True for MQTT over TLS, as on the machine itself; false only for a broker on a network that you trust. Default true.</summary>
    public bool Tls { get; init; } = true;

    /// <summary>A PEM file with the maker's root CA, to which the machine's certificate must chain; null where only its fingerprint is pinned.</summary>
    public string? CertificateAuthority { get; init; }

    /// <summary>The SHA-256 of the machine's own certificate, 64 hexadecimal digits; null where only the CA is pinned.</summary>
    public string? CertificateSha256 { get; init; }
}

/// <summary>How a Klipper machine is reached: through its Moonraker.</summary>
public sealed record MoonrakerPort
{
    /// <summary>Moonraker's address, such as <c>http://voron.local:7125</c>.</summary>
    public required Uri Url { get; init; }

    /// <summary>A file whose one line is Moonraker's API key; null where this host is one of its trusted clients.</summary>
    public string? ApiKeyFile { get; init; }

    /// <summary>With https: a PEM file with the authority to which the server's certificate must chain; null for the system's authorities.</summary>
    public string? CertificateAuthority { get; init; }

    /// <summary>With https: false takes any certificate. Only for a network that you trust. Default true.</summary>
    public bool Verify { get; init; } = true;
}

/// <summary>A person of the site, and what that person was trained for.</summary>
/// <param name="Name">As the person is named in commands; upper and lower case do not matter there.</param>
/// <param name="Trainings">Names of trainings, such as <c>laser-basics</c>.</param>
/// <param name="IsStaff">True for those who see to the jobs that the site takes by its own policy.</param>
public sealed record SitePerson(string Name, IReadOnlyList<string> Trainings, bool IsStaff);

/// <summary>One machine of the site.</summary>
public sealed record MachineConfig
{
    /// <summary>Its name, unique in the site.</summary>
    public required string Name { get; init; }

    /// <summary>Its profile: limits, set-up costs, slicer settings.</summary>
    public required MachineProfile Profile { get; init; }

    /// <summary>The serial port, such as <c>/dev/serial/by-id/usb-…</c>; null for a machine that is reached otherwise.</summary>
    public string? Port { get; init; }

    /// <summary>Serial speed in bits per second, where it differs from the profile's.</summary>
    public int? Baud { get; init; }

    /// <summary>How it is reached over MQTT; null for any other machine.</summary>
    public MqttPort? Mqtt { get; init; }

    /// <summary>How it is reached through Moonraker; null for any other machine.</summary>
    public MoonrakerPort? Moonraker { get; init; }

    /// <summary>What is loaded when the agent first starts; later loads are remembered in its journal.</summary>
    public LoadedMaterial Loaded { get; init; }

    /// <summary>
    /// For a simulated machine: how many times faster than the wall clock it runs; reported times are in machine time (wall seconds ×
    /// this). Null (the default) for a real machine.
    /// </summary>
    public double? SimulatedSpeed { get; init; }

    /// <summary>The training that a person needs to reserve, operate or claim for it, such as <c>laser-basics</c>; null for none.</summary>
    public string? Training { get; init; }

    /// <summary>What becomes of a job that was interrupted here. Default: it fails.</summary>
    public InterruptionPolicy OnInterruption { get; init; }

    /// <summary>The serial speed to use.</summary>
    public int BaudRate => Baud ?? Profile.Baud;

    /// <summary>True if a person is asked about an interrupted job: wanted, and possible with this machine.</summary>
    public bool AsksWhenInterrupted => OnInterruption is InterruptionPolicy.Ask && Resumption.IsOfferedBy(Profile);
}

/// <summary>The configuration of one site's edge agent.</summary>
public sealed record EdgeConfig
{
    /// <summary>The site.</summary>
    public required SiteId Site { get; init; }

    /// <summary>The name that people read.</summary>
    public required string Title { get; init; }

    /// <summary>Degrees north, if the site wants it known.</summary>
    public double? Latitude { get; init; }

    /// <summary>Degrees east, if the site wants it known.</summary>
    public double? Longitude { get; init; }

    /// <summary>Its coordinator.</summary>
    public required Uri Coordinator { get; init; }

    /// <summary>Its catalogue.</summary>
    public required Uri Catalogue { get; init; }

    /// <summary>The folder that holds its journal, programs, designs and telemetry.</summary>
    public required string DataFolder { get; init; }

    /// <summary>Its prices.</summary>
    public SitePrices Prices { get; init; } = new();

    /// <summary>Its IANA time zone. Default UTC.</summary>
    public string TimeZone { get; init; } = "UTC";

    /// <summary>When people are there to set machines up; none means always.</summary>
    public IReadOnlyList<WeeklyHours> Hours { get; init; } = [];

    /// <summary>What it does without asking.</summary>
    public SitePolicy Policy { get; init; } = new();

    /// <summary>How it slices.</summary>
    public SlicerConfig Slicer { get; init; } = new();

    /// <summary>How much of the disk it may use.</summary>
    public StorageConfig Storage { get; init; } = new();

    /// <summary>The site's own MQTT broker; null to publish nothing there.</summary>
    public BrokerConfig? Broker { get; init; }

    /// <summary>Who it is in the commons; null for nobody: then it publishes nothing about what it makes.</summary>
    public SitePublisherConfig? Publisher { get; init; }

    /// <summary>Its people, as far as a machine asks for a training.</summary>
    public IReadOnlyList<SitePerson> People { get; init; } = [];

    /// <summary>Its machines; at least one.</summary>
    public required IReadOnlyList<MachineConfig> Machines { get; init; }

    /// <summary>The absolute path of an Open Know-Where manifest with what else there is to say of the site; null if there is none.</summary>
    public string? OpenKnowWherePath { get; init; }

    /// <summary>The id of one of its machines.</summary>
    public MachineId IdOf(MachineConfig machine) => new(Site, machine.Name);

    /// <summary>The site as the network sees it.</summary>
    /// <param name="loaded">What is loaded on a machine now.</param>
    /// <param name="reserved">When it takes no jobs; null for never.</param>
    internal Site ToSite(Func<MachineId, LoadedMaterial> loaded, Func<MachineId, IReadOnlyList<Reservation>>? reserved = null)
    {
        var slices = Policy.SharesBeds && Slicer.Locate() is not null;
        return new Site
        {
            Id = Site,
            Title = Title,
            Latitude = Latitude,
            Longitude = Longitude,
            Prices = Prices,
            TimeZone = TimeZone,
            Hours = Hours,
            OwnCommunityOnly = !Policy.HelpsCommunities,
            Machines =
            [
                .. Machines.Select(m => new Machine
                {
                    Id = IdOf(m),
                    Profile = m.Profile,
                    Loaded = loaded(IdOf(m)),
                    Reserved = reserved?.Invoke(IdOf(m)) ?? [],
                    SimulatedSpeed = m.SimulatedSpeed,
                    SharesBeds = slices && m.Profile is { Process: FabricationProcess.Printing, Slicer.Count: > 0 },
                }),
            ],
        };
    }

    /// <summary>May this person work at a machine?</summary>
    /// <param name="training">What the machine asks for; null for nothing.</param>
    /// <param name="machine">The machine, for the words.</param>
    /// <param name="who">The person, as the configuration names people; empty if nobody was named.</param>
    /// <param name="option">The option that names the person, for the words.</param>
    /// <exception cref="OperatorException">No.</exception>
    internal void RequireTraining(string? training, MachineId machine, string who, string option)
    {
        if (training is null)
        {
            return;
        }

        if (who.Length == 0)
        {
            throw new OperatorException($"{machine} asks for the training '{training}'. Say who you are: {option} \"name\"");
        }

        if (People.FirstOrDefault(p => p.Name.Equals(who, StringComparison.OrdinalIgnoreCase)) is not { } person)
        {
            throw new OperatorException($"{machine} asks for the training '{training}', and '{who}' is not among this site's people. Whoever keeps its configuration adds them under people:");
        }

        if (!person.Trainings.Contains(training, StringComparer.Ordinal))
        {
            throw new OperatorException($"{machine} asks for the training '{training}', which {person.Name} does not have. {Trained(training)}");
        }
    }

    private string Trained(string training) => People.Where(p => p.Trainings.Contains(training, StringComparer.Ordinal)).Select(static p => p.Name).ToList() is { Count: > 0 } names
        ? $"Who has it: {string.Join(", ", names.Take(5))}."
        : "Nobody here has it yet.";
}
