// The fields of Open Know-Where that a site's configuration has too, and how they are found in what people write.

using System.Text.Json.Nodes;

namespace FabNet.Edge.OpenKnowWhere;

/// <summary>
/// Field names are the labels of the Open Know-Where specification 1.0 (Internet of Production Alliance, 2022: facility in chapter 4, location in 6, equipment in 7, materials in 8) in camel case.
/// </summary>
internal static class OkwFields
{
    public const string Name = "name";
    public const string Location = "location";
    public const string GpsCoordinates = "gpsCoordinates";
    public const string FacilityStatus = "facilityStatus";
    public const string OpeningHours = "openingHours";
    public const string ManufacturingProcesses = "manufacturingProcesses";
    public const string Equipment = "equipment";
    public const string EquipmentType = "equipmentType";
    public const string ManufacturingProcess = "manufacturingProcess";
    public const string Make = "make";
    public const string Model = "model";
    public const string Quantity = "quantity";
    public const string PowerRating = "powerRating";
    public const string MaterialsWorked = "materialsWorked";
    public const string MaterialType = "materialType";
    public const string ComputerControlled = "computerControlled";
    public const string NozzleSize = "nozzleSize";
    public const string BuildVolume = "buildVolume";
    public const string MaximumSpindleSpeed = "maximumSpindleSpeed";
    public const string XTravel = "xTravel";
    public const string YTravel = "yTravel";
    public const string ZTravel = "zTravel";

    /// <summary>The specification leaves everybody free to add fields; this one holds ours, and is written only by the export.</summary>
    public const string FabNet = "fabnet";

    // What mapping initiatives and earlier drafts write for the same.
    private static readonly Dictionary<string, string[]> Others = new(StringComparer.Ordinal)
    {
        [Name] = ["facilityName", "title"],
        [GpsCoordinates] = ["coordinates", "gps", "latLong", "geo"],
        [OpeningHours] = ["hours"],
        [Equipment] = ["equipments", "machines", "tools"],
        [Make] = ["brand", "manufacturer"],
        [Model] = ["modelName", "title", "name"],
        [MaterialsWorked] = ["materials", "typicalMaterials"],
        [Quantity] = ["count", "number"],
    };

    /// <summary>The key under which an object has a field, however it is written: <c>opening_hours</c>, <c>Opening Hours</c>, <c>openningHours</c>. Null if it has it not.</summary>
    /// <param name="of">The object.</param>
    /// <param name="field">The field.</param>
    public static string? KeyOf(JsonObject of, string field)
    {
        string[] names = [field, .. Others.GetValueOrDefault(field) ?? []];
        foreach (var name in names)
        {
            if (of.Select(static m => m.Key).FirstOrDefault(k => Plain(k) == Plain(name)) is { } exact)
            {
                return exact;
            }
        }

        // One slip is forgiven where the word is long enough to be no other.
        return field.Length < 5 ? null : of.Select(static m => m.Key).FirstOrDefault(k => IsOneSlipAway(Plain(k), Plain(field)));
    }

    /// <summary>A field's value; null where it is missing or empty.</summary>
    public static JsonNode? Find(JsonObject of, string field) => KeyOf(of, field) is { } key ? of[key] : null;

    /// <summary>A field's value as text; null where it is missing, empty or no single value.</summary>
    public static string? Text(JsonObject of, string field) => Find(of, field) is JsonValue value && value.ToString().Trim() is { Length: > 0 } text ? text : null;

    /// <summary>A name as it is compared: letters and digits only, lower case.</summary>
    public static string Plain(string text) => string.Concat(text.Where(char.IsLetterOrDigit)).ToLowerInvariant();

    // A letter too many, too few, another, or two the wrong way round.
    private static bool IsOneSlipAway(string written, string meant)
    {
        var same = 0;
        while (same < written.Length && same < meant.Length && written[same] == meant[same])
        {
            same++;
        }

        var (left, right) = (written[same..], meant[same..]);
        return (written.Length - meant.Length) switch
        {
            0 => left.Length > 0 && (left[1..] == right[1..] || (left.Length > 1 && left[0] == right[1] && left[1] == right[0] && left[2..] == right[2..])),
            1 => left[1..] == right,
            -1 => left == right[1..],
            _ => false,
        };
    }
}
