using FabNet.Edge.Configuration;
using FabNet.Model.Sites;
using FabNet.Protocol;
using FabNet.Tests.House;
using Xunit;

namespace FabNet.Tests.Edge;

public sealed class EdgeConfigTests
{
    private const string Good = """
        site:
          id: lab-lisbon
          title: Fab Lab Lisbon
        coordinator: http://127.0.0.1:5080
        catalogue: http://127.0.0.1:5081
        data: data
        machines:
          - name: mk3
            profile: prusa-mk3s
            port: /dev/ttyACM0
            loaded: { material: pla, color: Black }
        """;

    [Fact]
    public void The_sample_configuration_is_good_and_holds_every_machine_kind()
    {
        var config = EdgeConfigReader.ReadFile(Path.Combine(Repository.Root, "hardware", "site.sample.yaml"));
        Assert.Equal("lab-lisbon", config.Site.Value);
        Assert.Equal(4, config.Machines.Count);
        Assert.Equal(new SitePrices { MaterialPerKg = config.Prices.MaterialPerKg }, config.Prices);
        Assert.Equal(4.50m, config.Prices.MaterialPerKg["PLYWOOD"]);
        Assert.Equal("12345678", config.Machines[2].Mqtt!.AccessCode);
        Assert.Equal("voron.key", Path.GetFileName(config.Machines[3].Moonraker!.ApiKeyFile));
        Assert.Equal(new StorageConfig(), config.Storage);
    }

    [Fact]
    public void Materials_are_upper_case_colours_lower_case_and_paths_relative_to_the_file()
    {
        var config = Read(Good);
        Assert.Equal(new LoadedMaterial("PLA", "black"), config.Machines[0].Loaded);
        Assert.Equal("/etc/fabnet/data", config.DataFolder);
        Assert.Equal(115200, config.Machines[0].BaudRate);
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("policy: { communities: all }", false)]
    [InlineData("policy: { communities: none }", true)]
    public void A_site_says_whether_it_helps_other_communities_and_does_by_default(string policy, bool keepsToItself)
    {
        var site = Read($"{Good}\n{policy}").ToSite(static _ => default);
        Assert.Equal((keepsToItself, null), (site.OwnCommunityOnly, site.Community));
        Assert.Equal(keepsToItself, FabNet.Protocol.SiteMapping.ToModel(FabNet.Protocol.SiteMapping.ToWire(site)).OwnCommunityOnly);
    }

    [Fact]
    public void People_and_the_training_that_a_machine_asks_for_are_read_and_the_policy_needs_staff_that_has_it()
    {
        var laser = Good.Replace("    port: /dev/ttyACM0", "    port: /dev/ttyACM0\n    training: laser-basics", StringComparison.Ordinal);
        var config = Read($"{laser}\npeople:\n  - {{ name: Ana Sousa, trainings: [laser-basics, cnc], staff: true }}\n  - {{ name: Ben }}");
        Assert.Equal("laser-basics", config.Machines[0].Training);
        Assert.Equal(("Ana Sousa", "laser-basics cnc", true), (config.People[0].Name, string.Join(' ', config.People[0].Trainings), config.People[0].IsStaff));
        Assert.Equal(("Ben", 0, false), (config.People[1].Name, config.People[1].Trainings.Count, config.People[1].IsStaff));
        Assert.Contains("nobody of the staff has it", Refused(laser), StringComparison.Ordinal);
        Assert.Contains("nobody of the staff has it", Refused($"{laser}\npeople: [{{ name: Ana, trainings: [laser-basics] }}]"), StringComparison.Ordinal);
        Assert.Equal("laser-basics", Read($"{laser}\npolicy: {{ claim: none }}").Machines[0].Training);
        Assert.Contains("is there twice", Refused($"{Good}\npeople: [{{ name: Ana }}, {{ name: ana }}]"), StringComparison.Ordinal);
        Assert.Contains("'Laser Basics' is no name of a training", Refused($"{Good}\npeople: [{{ name: Ana, trainings: [Laser Basics] }}]"), StringComparison.Ordinal);

        static string Refused(string yaml) => string.Join(' ', Assert.Throws<EdgeConfigException>(() => Read(yaml)).Problems);
    }

    [Theory]
    [InlineData("data: data", "dta: data", 6, "did you mean data?")]
    [InlineData("profile: prusa-mk3s", "profile: prusa-mk4", 9, "no profile is named 'prusa-mk4'")]
    [InlineData("id: lab-lisbon", "id: Lab Lisbon", 2, "'Lab Lisbon' is not a site id")]
    [InlineData("coordinator: http://127.0.0.1:5080", "coordinator: ftp://there", 4, "coordinator must be an address such as")]
    [InlineData("port: /dev/ttyACM0", "prot: /dev/ttyACM0", 10, "did you mean port?")]
    [InlineData("port: /dev/ttyACM0", "mqtt: { host: a, serial: b, accessCode: c, tls: false, certificateAuthority: d }", 10, "speaks Marlin. Write port: instead of mqtt:")]
    [InlineData("port: /dev/ttyACM0", "mqtt: { host: a, serial: b, accessCode: c, tls: false }", 10, "'mqtt.certificateAuthority' is missing")]
    [InlineData("port: /dev/ttyACM0", "mqtt: { host: a, serial: b, accessCode: c, certificateSha256: \"12:34\" }", 10, "'1234' is no SHA-256 fingerprint")]
    [InlineData("port: /dev/ttyACM0", "moonraker: { url: \"http://voron.local:7125\" }", 10, "speaks Marlin. Write port: instead of moonraker:")]
    [InlineData("port: /dev/ttyACM0", "port: /dev/ttyACM0\n    moonraker: { url: \"http://voron.local:7125\" }", 10, "needs exactly one of")]
    [InlineData("material: pla", "material: plywood", 11, "does not know the material PLYWOOD")]
    [InlineData("data: data", "data: \"a\\0b\"", 6, "data must hold no null character")]
    [InlineData("data: data", "data:", 6, "data is missing; write for example data:")]
    [InlineData("port: /dev/ttyACM0", "onInterruption: wait", 10, "fail, ask")]
    [InlineData("title: Fab Lab Lisbon", "location: { latitude: 91, longitude: 2 }", 3, "from -90 to 90")]
    public void A_mistake_is_told_with_its_line_and_what_to_write(string right, string wrong, int line, string says)
    {
        var problems = Assert.Throws<EdgeConfigException>(() => Read(Good.Replace(right, wrong, StringComparison.Ordinal))).Problems;
        Assert.Contains(problems, p => p.StartsWith($"/etc/fabnet/site.yaml:{line}:", StringComparison.Ordinal) && p.Contains(says, StringComparison.Ordinal));
    }

    [Fact]
    public void A_site_is_nobody_in_the_commons_and_shares_nothing_unless_it_says_so()
    {
        using var folder = new TestFolder();
        Assert.Null(Read(Good).Publisher);
        Assert.Contains(
            Assert.Throws<EdgeConfigException>(() => Read(Good + $"\npublisher: {{ name: lab, folder: {folder.Path} }}")).Problems,
            p => p.Contains("There is no publisher 'lab'", StringComparison.Ordinal) && p.Contains("fabnet key create lab", StringComparison.Ordinal));
        FabNet.Protocol.Statements.PublisherFolder.Create(folder.Path, "lab", "Lab", FabNet.Model.Licensing.OrganisationKind.Nonprofit);
        Assert.Equal(new SitePublisherConfig { Name = "lab", Folder = folder.Path, SharesRuns = false }, Read(Good + $"\npublisher: {{ name: lab, folder: {folder.Path} }}").Publisher);
        Assert.True(Read(Good + $"\npublisher: {{ name: lab, folder: {folder.Path}, shareRuns: true }}").Publisher!.SharesRuns);
    }

    [Fact]
    public void Without_a_broker_nothing_is_published_and_with_one_the_defaults_are_the_usual_ones()
    {
        Assert.Null(Read(Good).Broker);
        Assert.Equal(
            new BrokerConfig { Host = "broker.lan", Port = 1883, HomeAssistantPrefix = "homeassistant" },
            Read(Good + "\nbroker: { host: broker.lan, homeAssistant: true }").Broker);
        Assert.Equal(
            new BrokerConfig { Host = "b", Port = 8883, Tls = true, User = "u", PasswordFile = "/etc/fabnet/p", Sparkplug = new SparkplugConfig { Group = "Lisbon", PrimaryHost = "scada" } },
            Read(Good + "\nbroker: { host: b, tls: true, user: u, passwordFile: ./p, sparkplug: { group: Lisbon, primaryHost: scada } }").Broker);
    }

    [Theory]
    [InlineData("{ host: b }", "names nothing to publish")]
    [InlineData("{ homeAssistant: true }", "host is missing")]
    [InlineData("{ host: b, sparkplug: { group: a/b } }", "It is one level of a topic")]
    [InlineData("{ host: b, homeAssistant: \"a/#\" }", "without + and #")]
    [InlineData("{ host: b, homeAssistant: true, passwordFile: p }", "needs 'broker.user'")]
    public void A_broker_that_can_not_work_is_refused(string broker, string says) =>
        Assert.Contains(says, Assert.Throws<EdgeConfigException>(() => Read($"{Good}\nbroker: {broker}")).Message, StringComparison.Ordinal);

    [Fact]
    public void Opening_hours_and_a_tariff_by_the_hour_reach_the_network()
    {
        var tariff = string.Join(", ", Enumerable.Range(0, 24).Select(static h => h < 6 ? "0.18" : "-0.02"));
        var site = Read($"{Good}\nhours: {{ timeZone: Europe/Lisbon, open: [\"mon-fri 09:00-18:00\", sat 10:00-14:00] }}\nprices: {{ energyPerKwhByHour: [{tariff}] }}").ToSite(static _ => default);
        Assert.Equal("Europe/Lisbon", site.TimeZone);
        Assert.Equal(["mon-fri 09:00-18:00", "sat 10:00-14:00"], site.Hours.Select(static h => h.ToString()));
        Assert.Equal(-0.02m, site.Prices.EnergyPerKwhByHour[6]);
        var wire = site.ToWire();
        Assert.Equal(site.Hours, wire.ToModel().Hours);
        Assert.Equal(site.Prices.EnergyPerKwhByHour, wire.ToModel().Prices.EnergyPerKwhByHour);
    }

    [Theory]
    [InlineData("hours: { timeZone: Mars/Base }", "no time zone that is known here")]
    [InlineData("hours: { open: [\"9 to 5\"] }", "Write days and hours, such as mon-fri 09:00-18:00")]
    [InlineData("prices: { energyPerKwhByHour: [1, 2] }", "has 2 entries, 2 of them prices")]
    public void Hours_and_tariffs_that_can_not_be_are_refused(string lines, string says) =>
        Assert.Contains(says, Assert.Throws<EdgeConfigException>(() => Read($"{Good}\n{lines}")).Message, StringComparison.Ordinal);

    [Fact]
    public void An_interrupted_job_fails_unless_the_site_asks_where_the_machine_can_go_on()
    {
        Assert.Equal(InterruptionPolicy.Fail, Read(Good).Machines[0].OnInterruption);
        var asking = Good.Replace("port: /dev/ttyACM0", "port: /dev/ttyACM0\n    onInterruption: ask", StringComparison.Ordinal);
        Assert.True(Read(asking).Machines[0].AsksWhenInterrupted);
        Assert.True(Read(asking.Replace("prusa-mk3s", "shapeoko-3", StringComparison.Ordinal).Replace("pla", "plywood", StringComparison.Ordinal)).Machines[0].AsksWhenInterrupted);
        var wrong = asking.Replace("prusa-mk3s", "bambu-p1s", StringComparison.Ordinal).Replace("port: /dev/ttyACM0", "mqtt: { host: a, serial: b, accessCode: c, tls: false, certificateAuthority: d }", StringComparison.Ordinal);
        Assert.Contains("runs whole files by itself", Assert.Throws<EdgeConfigException>(() => Read(wrong)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_mistake_is_told_at_once_in_the_order_of_the_file()
    {
        var yaml = Good.Replace("id: lab-lisbon", "id: _", StringComparison.Ordinal).Replace("port: /dev/ttyACM0", "baud: fast", StringComparison.Ordinal) + "\npolicy: { claim: some }";
        var problems = Assert.Throws<EdgeConfigException>(() => Read(yaml)).Problems;
        Assert.Equal(4, problems.Count);
        Assert.Contains("all, none, matching", problems[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void Two_machines_of_one_name_or_on_one_port_are_refused()
    {
        var twice = Good + "\n  - name: mk3\n    profile: ender-3\n    port: /dev/ttyACM1\n  - name: other\n    profile: ender-3\n    port: /dev/ttyACM0";
        var message = Assert.Throws<EdgeConfigException>(() => Read(twice)).Message;
        Assert.Contains("two machines are named 'mk3'", message, StringComparison.Ordinal);
        Assert.Contains("'other' has the port of 'mk3'", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("- a\n- b")]
    [InlineData("site: [unclosed")]
    [InlineData("a: &a [*a]")]
    public void What_is_no_configuration_is_refused_without_a_crash(string yaml) =>
        Assert.StartsWith("/etc/fabnet/site.yaml:", Assert.Throws<EdgeConfigException>(() => Read(yaml)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_missing_file_says_where_the_sample_is() =>
        Assert.Contains("site.sample.yaml", Assert.Throws<EdgeConfigException>(() => EdgeConfigReader.ReadFile("/nowhere/site.yaml")).Message, StringComparison.Ordinal);

    private static EdgeConfig Read(string yaml) => EdgeConfigReader.Read(yaml, "/etc/fabnet/site.yaml");
}
