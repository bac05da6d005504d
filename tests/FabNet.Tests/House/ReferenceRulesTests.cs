// The rooms may know one another only as docs/architecture.md says: this is what keeps them apart.

using System.Xml.Linq;
using Xunit;

namespace FabNet.Tests.House;

public sealed class ReferenceRulesTests
{
    private static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        ["FabNet.Model"] = [],
        ["FabNet.GCode"] = ["FabNet.Model"],
        ["FabNet.Planning"] = ["FabNet.Model"],
        ["FabNet.Journal"] = ["FabNet.Model"],
        ["FabNet.Protocol"] = ["FabNet.Model"],
        ["FabNet.FirmwareBridge"] = ["FabNet.GCode"],
        ["FabNet.FirmwareSimulator"] = ["FabNet.GCode"],
        ["FabNet.Edge"] = ["FabNet.FirmwareBridge", "FabNet.GCode", "FabNet.Journal", "FabNet.Protocol"],
        ["FabNet.Catalogue"] = ["FabNet.Journal", "FabNet.Protocol"],
        ["FabNet.Coordinator"] = ["FabNet.Planning", "FabNet.Journal", "FabNet.Protocol"],
    };

    private static readonly string[] ForbiddenRooms = ["Common", "Shared", "Core", "Utils", "Infrastructure", "Abstractions", "Helpers"];

    public static TheoryData<string> Rooms => [.. Allowed.Keys];

    [Theory]
    [MemberData(nameof(Rooms))]
    public void A_room_references_only_the_rooms_that_it_may(string room)
    {
        var references = References(ProjectFile(room)).Where(r => r.StartsWith("FabNet", StringComparison.Ordinal));

        Assert.Subset(Allowed[room].ToHashSet(StringComparer.Ordinal), references.ToHashSet(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_room_is_listed_here()
    {
        var found = Directory.EnumerateFiles(Repository.Root, "*.csproj", SearchOption.AllDirectories)
            .Select(p => Path.GetRelativePath(Repository.Root, p).Replace('\\', '/'))
            .Where(p => (p.StartsWith("src/", StringComparison.Ordinal) || p.StartsWith("firmware-bridge/", StringComparison.Ordinal)) && !p.Contains("/standins/", StringComparison.Ordinal))
            .Select(p => Path.GetFileNameWithoutExtension(p))
            .Where(p => p != "FabNet");

        Assert.Equal(Allowed.Keys.Order(StringComparer.Ordinal), found.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void No_room_is_a_store_room()
    {
        var names = Allowed.Keys.Select(r => r["FabNet.".Length..]);

        Assert.Empty(names.Intersect(ForbiddenRooms, StringComparer.OrdinalIgnoreCase));
    }

    [Fact]
    public void Application_rooms_name_upstream_packages_and_never_a_stand_in()
    {
        foreach (var room in Allowed.Keys)
        {
            Assert.DoesNotContain(XDocument.Load(ProjectFile(room)).Descendants("ProjectReference"), r => r.Attribute("Include")!.Value.Contains("standins", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Every_stand_in_has_a_pinned_upstream_version()
    {
        var pinned = XDocument.Load(Path.Combine(Repository.Root, "Directory.Packages.props")).Descendants("PackageVersion").Select(p => p.Attribute("Include")!.Value).ToHashSet(StringComparer.Ordinal);
        var standIns = Directory.GetDirectories(Path.Combine(Repository.Root, "src", "standins")).Select(d => Path.GetFileName(d)!).ToHashSet(StringComparer.Ordinal);

        Assert.NotEmpty(standIns);
        Assert.Subset(pinned, standIns);
    }

    [Fact]
    public void An_interface_has_two_implementers()
    {
        var types = Allowed.Keys.Select(r => System.Reflection.Assembly.Load(r)).SelectMany(a => a.GetTypes()).ToList();
        var lonely = types
            .Where(t => t.IsInterface && t.Namespace?.StartsWith("FabNet.", StringComparison.Ordinal) == true && !t.Namespace.StartsWith("FabNet.Protocol.V1", StringComparison.Ordinal))
            .Where(i => types.Count(t => t is { IsInterface: false, IsAbstract: false } && i.IsAssignableFrom(t)) < 2)
            .Select(i => i.FullName);

        Assert.Empty(lonely);
    }

    private static string ProjectFile(string room)
    {
        var folder = room is "FabNet.FirmwareBridge" or "FabNet.FirmwareSimulator" ? "firmware-bridge" : "src";
        return Path.Combine(Repository.Root, folder, room, room + ".csproj");
    }

    private static IEnumerable<string> References(string projectFile) =>
        XDocument.Load(projectFile).Descendants("ProjectReference").Select(r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value.Replace('\\', '/')));
}
