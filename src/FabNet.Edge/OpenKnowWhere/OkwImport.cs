// An Open Know-Where manifest as the draft of a site's configuration: what it says is taken as far as it goes, and what is missing is told in order.

using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using FabNet.Edge.Configuration;
using FabNet.Model;
using FabNet.Model.Machines;
using FabNet.Model.Sites;

namespace FabNet.Edge.OpenKnowWhere;

/// <summary>A draft that a person finishes.</summary>
/// <param name="Yaml">The site's configuration, complete but for what <paramref name="Missing"/> names; where a value must be written it says CHANGE-ME.</param>
/// <param name="Manifest">The manifest, with the names of the machines; to be kept beside the configuration, which names it.</param>
/// <param name="Missing">What the manifest does not say or says in words that can't be used, in the order of the configuration.</param>
public sealed record SiteDraft(string Yaml, JsonObject Manifest, IReadOnlyList<string> Missing);

/// <summary>Makes drafts.</summary>
public static class OkwImport
{
    private const int MostMachines = 200;

    /// <summary>Drafts a site. It never refuses: the emptiest manifest makes the emptiest draft.</summary>
    /// <param name="manifest">The manifest; it is not changed.</param>
    /// <param name="manifestFile">The file that the returned manifest will be in, relative to the configuration's folder.</param>
    public static SiteDraft Draft(JsonObject manifest, string manifestFile)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        var kept = (JsonObject)manifest.DeepClone();
        List<string> missing = [];
        var title = OkwFields.Text(kept, OkwFields.Name);
        var id = kept[OkwFields.FabNet] is JsonObject ours && OkwFields.Text(ours, "site") is { } said && Names.IsValid(said) ? said : NameOf(title ?? "");
        var yaml = new StringBuilder("# Drafted by 'fabnet site import-okw'. Every key is explained in hardware/site.sample.yaml.\n\nsite:\n");
        if (title is null)
        {
            missing.Add("name: the facility has none; write site.title and site.id.");
        }

        yaml.Append(CultureInfo.InvariantCulture, $"  id: {(id.Length == 0 ? "change-me" : id)}\n  title: {Quoted(title is { Length: <= 200 } ? title : "CHANGE-ME")}\n");
        if (PlaceOf(kept) is var (latitude, longitude))
        {
            yaml.Append(CultureInfo.InvariantCulture, $"  location: {{ latitude: {latitude}, longitude: {longitude} }}\n");
        }
        else
        {
            missing.Add("location: no GPS coordinates in decimal degrees; without site.location no distance is counted.");
        }

        yaml.Append(CultureInfo.InvariantCulture, $"openKnowWhere: {Quoted(manifestFile)}\n\ncoordinator: http://127.0.0.1:7300\ncatalogue: http://127.0.0.1:7301\ndata: ~/.fabnet/{(id.Length == 0 ? "change-me" : id)}\n\n");
        missing.Add("coordinator, catalogue: Open Know-Where names none; the draft has those of this computer.");
        Hours(kept, yaml, missing);
        Machines(kept, yaml, missing);
        return new SiteDraft(yaml.ToString(), kept, missing);
    }

    /// <summary>A name for the network from what people call a place: lower-case Latin letters, digits and dashes.</summary>
    internal static string NameOf(string title)
    {
        var name = new StringBuilder();
        foreach (var c in title.ToLowerInvariant())
        {
            var letters = char.IsAsciiLetterOrDigit(c) ? c.ToString() : Unaccented(c);
            if (letters.Length > 0 || (name.Length > 0 && name[^1] != '-'))
            {
                name.Append(letters.Length > 0 ? letters : "-");
            }
        }

        var text = name.ToString(0, Math.Min(name.Length, 50)).Trim('-');
        return Names.IsValid(text) ? text : "";
    }

    // The program runs without the tables of the world's languages; these are the letters of Latin ones.
    private static string Unaccented(char lower) => lower switch
    {
        (>= 'à' and <= 'å') or 'ā' or 'ă' or 'ą' => "a",
        'æ' => "ae",
        'ç' or 'ć' or 'č' or 'ċ' => "c",
        'ð' or 'ď' or 'đ' => "d",
        (>= 'è' and <= 'ë') or 'ē' or 'ė' or 'ę' or 'ě' => "e",
        'ğ' or 'ģ' => "g",
        (>= 'ì' and <= 'ï') or 'ī' or 'į' or 'ı' => "i",
        'ķ' => "k",
        'ł' or 'ľ' or 'ļ' => "l",
        'ñ' or 'ń' or 'ň' or 'ņ' => "n",
        (>= 'ò' and <= 'ö') or 'ø' or 'ō' or 'ő' => "o",
        'œ' => "oe",
        'ř' or 'ŕ' => "r",
        'ś' or 'š' or 'ş' or 'ș' => "s",
        'ß' => "ss",
        'ť' or 'ţ' or 'ț' => "t",
        'þ' => "th",
        (>= 'ù' and <= 'ü') or 'ū' or 'ů' or 'ű' or 'ų' => "u",
        'ý' or 'ÿ' => "y",
        'ź' or 'ż' or 'ž' => "z",
        _ => "",
    };

    // "59.91, 10.75", [59.91, 10.75], {latitude: 59.91, longitude: 10.75}, below location or beside it.
    private static (double Latitude, double Longitude)? PlaceOf(JsonObject manifest)
    {
        foreach (var of in (JsonObject[])[.. OkwFields.Find(manifest, OkwFields.Location) is JsonObject location ? [location] : (JsonObject[])[], manifest])
        {
            var pair = OkwFields.Find(of, OkwFields.GpsCoordinates) switch
            {
                JsonObject named => (Number(OkwFields.Text(named, "latitude") ?? OkwFields.Text(named, "lat")), Number(OkwFields.Text(named, "longitude") ?? OkwFields.Text(named, "lon") ?? OkwFields.Text(named, "lng"))),
                JsonArray { Count: 2 } list => (Number(list[0]?.ToString()), Number(list[1]?.ToString())),
                JsonValue text => text.ToString().Split([',', ';'], StringSplitOptions.TrimEntries) is [var north, var east] ? (Number(north), Number(east)) : (null, null),
                _ => (Number(OkwFields.Text(of, "latitude")), Number(OkwFields.Text(of, "longitude"))),
            };
            if (pair is ({ } latitude and >= -90 and <= 90, { } longitude and >= -180 and <= 180))
            {
                return (latitude, longitude);
            }
        }

        return null;
    }

    private static double? Number(string? text) =>
        double.TryParse(text?.Trim().TrimEnd('°', 'N', 'E', ' '), NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var number) ? number : null;

    // Free text: taken where each part is of the form that sites use, as the export writes it.
    private static void Hours(JsonObject manifest, StringBuilder yaml, List<string> missing)
    {
        if (OkwFields.Find(manifest, OkwFields.OpeningHours) is not { } written)
        {
            missing.Add("openingHours: not said; without hours a site counts as always open.");
            return;
        }

        var text = written is JsonArray list ? string.Join("; ", list.Select(static t => t?.ToString())) : written.ToString();
        var zone = text.EndsWith(')') && text.LastIndexOf('(') is > 0 and var bracket && TimeZoneInfo.TryFindSystemTimeZoneById(text[(bracket + 1)..^1], out _) ? text[(bracket + 1)..^1] : null;
        try
        {
            var hours = (zone is null ? text : text[..text.LastIndexOf('(')]).Split([';', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(WeeklyHours.Parse).ToList();
            if (hours.Count > 0)
            {
                yaml.Append(CultureInfo.InvariantCulture, $"hours:\n  timeZone: {zone ?? "UTC"}\n  open: [{string.Join(", ", hours.Select(static h => Quoted(h.ToString())))}]\n\n");
            }

            if (zone is null)
            {
                missing.Add("openingHours: in no time zone that is named; the draft has UTC in hours.timeZone.");
            }
        }
        catch (FormatException)
        {
            missing.Add($"openingHours: '{Short(text)}' is free text; write it as hours.open, such as mon-fri 09:00-18:00.");
        }
    }

    private static void Machines(JsonObject manifest, StringBuilder yaml, List<string> missing)
    {
        var equipment = OkwFields.Find(manifest, OkwFields.Equipment) switch { JsonArray list => list.ToList(), JsonObject one => [one], _ => [] };
        var (taken, lines) = (new HashSet<string>(StringComparer.Ordinal), new StringBuilder());
        for (var i = 0; i < equipment.Count; i++)
        {
            var called = equipment[i] is JsonObject described
                ? $"{OkwFields.Text(described, OkwFields.Make)} {OkwFields.Text(described, OkwFields.Model) ?? OkwFields.Text(described, OkwFields.EquipmentType)}".Trim()
                : equipment[i]?.ToString() ?? "";
            var item = equipment[i] as JsonObject ?? new JsonObject { [OkwFields.Model] = called };
            if (OkwMachines.ProfileOf(item) is not { } profile)
            {
                missing.Add($"equipment {i + 1} ({Short(called)}): no machine of a built-in profile; it stays in the manifest. Where FabNet is to drive it, add it to machines with a profile of its own.");
                continue;
            }

            var count = Math.Clamp(OkwMachines.NamesOf(item) is { Count: > 0 } named ? named.Count : int.TryParse(OkwFields.Text(item, OkwFields.Quantity), NumberStyles.None, CultureInfo.InvariantCulture, out var quantity) ? quantity : 1, 1, MostMachines - taken.Count);
            var names = OkwMachines.NamesOf(item).Take(count).Where(taken.Add).ToList();
            for (var number = 1; names.Count < count; number++)
            {
                var name = count == 1 && number == 1 ? profile.Name.Replace('.', '-') : $"{profile.Name.Replace('.', '-')}-{number}";
                if (taken.Add(name))
                {
                    names.Add(name);
                }
            }

            if (equipment[i] is JsonObject known)
            {
                OkwMachines.Name(known, [.. names.Select(n => (n, profile.Name))]);
            }

            foreach (var name in names)
            {
                lines.Append(CultureInfo.InvariantCulture, $"  - {{ name: {name}, profile: {Quoted(profile.Name)}, {LinkOf(profile, name)} }}\n");
            }

            missing.Add($"machines {string.Join(", ", names)}: write where {(names.Count == 1 ? "it is" : "they are")} connected ({WhereOf(profile)}).");
            if (taken.Count >= MostMachines)
            {
                missing.Add($"equipment {i + 2} and on: a draft has {MostMachines} machines at most.");
                break;
            }
        }

        if (taken.Count == 0)
        {
            missing.Add("machines: the manifest has none that FabNet drives; write at least one. See: fabnet machine profiles");
        }

        yaml.Append(taken.Count == 0 ? "machines: []\n" : "machines:\n").Append(lines);
    }

    private static string LinkOf(MachineProfile profile, string name) => profile.Dialect switch
    {
        FirmwareDialect.Bambu => $"mqtt: {{ host: CHANGE-ME-{name}, serial: CHANGE-ME, accessCode: CHANGE-ME, certificateSha256: {new string('0', 64)} }}",
        FirmwareDialect.Klipper => $"moonraker: {{ url: \"http://change-me-{name}.local:7125\" }}",
        _ => $"port: /dev/CHANGE-ME-{name}",
    };

    private static string WhereOf(MachineProfile profile) => profile.Dialect switch
    {
        FirmwareDialect.Bambu => "host, serial, access code and certificate",
        FirmwareDialect.Klipper => "Moonraker's address",
        _ => "its serial port; see: fabnet machine list",
    };

    private static string Short(string text) => text.Length <= 80 ? text.ReplaceLineEndings(" ") : $"{text[..79].ReplaceLineEndings(" ")}…";

    private static string Quoted(string text) => $"\"{System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(text)}\"";
}
