// The articles of Wikipedia that Open Know-Where classifies equipment, processes and materials by (chapters 3.5 and 8.5 of its specification).

namespace FabNet.Edge.OpenKnowWhere;

internal static class OkwWords
{
    public const string Printer = Wikipedia + "3D_printing";
    public const string Router = Wikipedia + "CNC_router";
    public const string LaserCutter = Wikipedia + "Laser_cutting";
    public const string Extrusion = Wikipedia + "Fused_filament_fabrication";
    public const string Milling = Wikipedia + "Milling_(machining)";
    public const string LaserCutting = Wikipedia + "Laser_cutting";

    private const string Wikipedia = "https://en.wikipedia.org/wiki/";

    /// <summary>Materials by the names that profiles use.</summary>
    public static readonly IReadOnlyDictionary<string, string> Materials = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["PLA"] = Wikipedia + "Polylactic_acid",
        ["ABS"] = Wikipedia + "Acrylonitrile_butadiene_styrene",
        ["PA"] = Wikipedia + "Nylon",
        ["PC"] = Wikipedia + "Polycarbonate",
        ["TPU"] = Wikipedia + "Thermoplastic_polyurethane",
        ["MDF"] = Wikipedia + "Medium-density_fibreboard",
        ["HARDWOOD"] = Wikipedia + "Hardwood",
        ["ACRYLIC"] = Wikipedia + "Acrylic",
        ["ALUMINIUM"] = Wikipedia + "Aluminium",
    };
}
