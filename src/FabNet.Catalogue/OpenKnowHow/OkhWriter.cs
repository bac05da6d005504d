// Writes a design as okh.toml, Open Know-How 2.x.

using System.Globalization;
using System.Text;
using FabNet.Catalogue.Designs;
using FabNet.Model;
using FabNet.Model.Designs;
using FabNet.Protocol;

namespace FabNet.Catalogue.OpenKnowHow;

/// <summary>
/// Writes what a manifest holds as <c>okh.toml</c>, with what FabNet adds to Open Know-How in <c>[fabnet]</c> and <c>[[part]]</c>
/// (docs/okh.md). A design's files and this text, imported again, give the same manifest.
/// </summary>
public static class OkhWriter
{
    /// <summary>The file's name in a design's folder.</summary>
    public const string FileName = "okh.toml";

    /// <summary>Writes a design.</summary>
    /// <exception cref="FormatException">A field that the manifest keeps as TOML is none; the message names it.</exception>
    public static byte[] Write(Design design)
    {
        var toml = new StringBuilder();
        var top = new Table(toml, design.OkhFields);
        top.Write("okhv", null, absent: TomlText.Of(OkhVersionTwo.CurrentVersion));
        top.Write("name", TomlText.Of(design.Title));
        top.Write("repo", Quoted(design.Repository));
        top.Write("version", TomlText.Of(design.Ref.Version));
        top.Write("license", design.License == DesignImporter.NoLicense ? null : TomlText.Of(design.License));
        top.Write("licensor", Quoted(design.Licensor));
        top.Write("function", Quoted(design.Function));
        top.WriteRest("part", "fabnet");
        WriteExtension(toml, design);
        foreach (var part in design.Parts)
        {
            WritePart(toml, part);
        }

        return Encoding.UTF8.GetBytes(toml.ToString());
    }

    private static void WriteExtension(StringBuilder toml, Design design)
    {
        var table = new Table(new StringBuilder());
        table.Write("name", design.Ref.Name == DesignSlug.Of(design.Title) ? null : TomlText.Of(design.Ref.Name));
        table.Write("publisher", Quoted(design.Publisher));
        table.Write("commit", Quoted(design.Commit));
        table.Write("attribution", design.Attribution.Count == 0 ? null : TomlText.Of(design.Attribution));
        if (design.ForkOf is { } origin)
        {
            table.Write("fork-of", $"{{ name = {TomlText.Of(origin.Design.Name)}, version = {TomlText.Of(origin.Design.Version)}, "
                + $"manifest = {TomlText.Of(origin.Design.Manifest.Value)}{(origin.Publisher is { } publisher ? $", publisher = {TomlText.Of(publisher.Value)}" : "")} }}");
        }

        if (table.Text.Length > 0)
        {
            toml.Append("\n[fabnet]\n").Append(table.Text);
        }

        foreach (var bought in design.BillOfMaterials)
        {
            toml.Append("\n[[fabnet.bought]]\n");
            var line = new Table(toml);
            line.Write("name", TomlText.Of(bought.Name));
            line.Write("quantity", TomlText.Of(bought.Quantity));
            line.Write("unit", Quoted(bought.Unit));
            line.Write("reference", Quoted(bought.Reference));
            line.Write("link", Quoted(bought.Link));
        }
    }

    private static void WritePart(StringBuilder toml, DesignPart part)
    {
        toml.Append("\n[[part]]\n");
        var table = new Table(toml, part.OkhFields);
        table.Write("name", TomlText.Of(part.Name));
        table.WriteKeptOr("tsdc", Quoted(part.Process.ToTsdc()));
        table.Write("material", Quoted(part.Material));
        table.Write("quantity", part.Quantity.ToString(CultureInfo.InvariantCulture));
        table.Write("mass", part.MassGrams is { } mass ? TomlText.Of(mass) : null);
        table.Write("outer-dimensions", part.ClaimedDimensionsMm is { } size
            ? $"{{ width = {TomlText.Of(size.Width)}, depth = {TomlText.Of(size.Depth)}, height = {TomlText.Of(size.Height)} }}"
            : null);
        foreach (var field in OkhVersionTwo.PartFileFields)
        {
            table.WriteFiles(field, [.. part.Artefacts.Where(a => PartFinder.FieldOf(a.Kind) == field).Select(a => a.Path)]);
        }

        table.WriteRest("requirements", "toolpath");
        if (part.Requirements is { } requirements)
        {
            WriteRequirements(toml, requirements);
        }

        foreach (var toolpath in part.Artefacts.Where(a => a.Kind == ArtefactKind.Toolpath))
        {
            WriteToolpath(toml, toolpath);
        }
    }

    private static void WriteRequirements(StringBuilder toml, PartRequirements requirements)
    {
        toml.Append("\n[part.requirements]\n");
        var table = new Table(toml);
        WriteNumber("nozzle-mm", requirements.NozzleMm);
        WriteNumber("tolerance-mm", requirements.ToleranceMm);
        WriteNumber("infill-percent", requirements.InfillPercent);
        WriteNumber("layer-mm", requirements.LayerMm);
        table.Write("tool", Quoted(requirements.Tool));

        void WriteNumber(string name, double? number) => table.Write(name, number is { } value ? TomlText.Of(value) : null);
    }

    private static void WriteToolpath(StringBuilder toml, Artefact toolpath)
    {
        toml.Append("\n[[part.toolpath]]\n");
        var table = new Table(toml);
        table.Write("file", TomlText.Of(toolpath.Path));
        table.Write("machine-class", Quoted(toolpath.MachineClass));
        table.Write("material", Quoted(toolpath.Material));
        table.Write("settings", toolpath.Settings.Count == 0 ? null
            : $"{{ {string.Join(", ", toolpath.Settings.OrderBy(s => s.Key, StringComparer.Ordinal).Select(s => $"{TomlText.Key(s.Key)} = {TomlText.Of(s.Value)}"))} }}");
        table.Write("runs", toolpath.Runs.Count == 0 ? null : TomlText.Of(toolpath.Runs.Select(r => r.Value)));
    }

    private static string? Quoted(string? text) => string.IsNullOrEmpty(text) ? null : TomlText.Of(text);

    /// <summary>Writes the fields of one table. Kept fields are read again before they are written, for they may come from a stranger's manifest.</summary>
    private sealed class Table(StringBuilder text, IReadOnlyDictionary<string, string>? kept = null)
    {
        private readonly HashSet<string> _written = new(StringComparer.Ordinal);

        public StringBuilder Text => text;

        /// <summary>Writes a value, else the kept one, else (if there is one) what stands for an absent value.</summary>
        public void Write(string name, string? value, string? absent = null)
        {
            _written.Add(name);
            if ((value ?? KeptText(name) ?? absent) is { } toml)
            {
                text.Append(TomlText.Key(name)).Append(" = ").Append(toml).Append('\n');
            }
        }

        public void WriteKeptOr(string name, string? value) => Write(name, KeptText(name) ?? value);

        /// <summary>Writes paths, and after them those that were kept because they are not files of the design.</summary>
        public void WriteFiles(string name, List<string> paths)
        {
            if (KeptNode(name) is { } node)
            {
                paths.AddRange(node is ListNode list ? list.Items.OfType<ScalarNode>().Select(s => s.Value).OfType<string>() : []);
            }

            Write(name, paths switch { [] => null, [var one] => TomlText.Of(one), _ => TomlText.Of(paths) });
        }

        public void WriteRest(params ReadOnlySpan<string> except)
        {
            foreach (var name in except)
            {
                _written.Add(name);
            }

            foreach (var name in (kept?.Keys ?? []).Order(StringComparer.Ordinal).Where(n => !_written.Contains(n)).ToList())
            {
                Write(name, null);
            }
        }

        private string? KeptText(string name) => KeptNode(name) is { } node ? TomlText.Of(node, int.MaxValue) : null;

        private ManifestNode? KeptNode(string name)
        {
            if (kept is null || !kept.TryGetValue(name, out var value))
            {
                return null;
            }

            try
            {
                return TomlReader.Read(Encoding.UTF8.GetBytes($"value = {value}")).Members is { Count: 1 } members ? members["value"]
                    : throw new FormatException($"The manifest's okh.{name} is more than one value. Its publisher can mend it in a new version.");
            }
            catch (ManifestSyntaxException e)
            {
                throw new FormatException($"The manifest's okh.{name} is not a value of TOML ({e.Message}). Its publisher can mend it in a new version.", e);
            }
        }
    }
}
