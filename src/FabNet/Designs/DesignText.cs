// A design as people read it.

using System.Globalization;
using FabNet.CommandLine;
using FabNet.Model.Designs;
using Wire = FabNet.Protocol.V1;

namespace FabNet.Designs;

internal static class DesignText
{
    /// <summary>Designs as a table.</summary>
    public static TextTable Table(IEnumerable<Wire.DesignSummary> designs)
    {
        var table = new TextTable("DESIGN", "VERSION", "MADE BY", "PARTS", "LICENCE", "FUNCTION");
        foreach (var design in designs)
        {
            table.Add(
                design.Ref.Name,
                design.Ref.Version,
                string.Join(' ', design.Processes),
                design.PartCount.ToString(CultureInfo.InvariantCulture),
                design.License,
                design.HasHiddenBecause ? $"({design.HiddenBecause})" : design.Function);
        }

        return table;
    }

    /// <summary>One design with its parts and files.</summary>
    public static void Say(CommandConsole console, Design design)
    {
        console.SayLine($"{design.Title}  {design.Ref}");
        console.SayLine($"function   {design.Function}");
        console.SayLine(design.Licensor.Length > 0 ? $"licence    {design.License}, licensed by {design.Licensor}" : $"licence    {design.License}; it does not say who licenses it");
        TrustText.SayObligations(console, design);
        foreach (var credit in design.Attribution)
        {
            console.SayLine($"credit     {credit}");
        }

        if (design.Repository is { } repository)
        {
            console.SayLine($"developed  {repository}{(design.Commit is { } commit ? $" at {commit[..12]}" : "")}");
        }

        console.SayLine($"manifest   {design.Ref.Manifest}");
        console.SayLine($"published  {design.PublishedAt.ToString("yyyy-MM-dd HH:mm'Z'", CultureInfo.InvariantCulture)}");
        foreach (var part in design.Parts)
        {
            console.SayLine($"part       {part.Name}: {part.Process.ToString().ToLowerInvariant()}{(part.Material is { } m ? $", {m}" : "")}"
                + (part.OuterDimensionsMm is { } d ? $", {d.Width:0.#} × {d.Depth:0.#} × {d.Height:0.#} mm" : "") + (part.Quantity > 1 ? $", {part.Quantity} in one product" : "") + Needs(part.Requirements));
            foreach (var artefact in part.Artefacts)
            {
                Say(console, artefact);
            }
        }

        foreach (var bought in design.BillOfMaterials)
        {
            console.SayLine(string.Create(CultureInfo.InvariantCulture, $"to buy     {bought.Quantity} {bought.Unit ?? "×"} {bought.Name}")
                + string.Concat(new[] { bought.Reference, bought.Link }.OfType<string>().Select(t => $", {t}")));
        }

        foreach (var file in design.Files)
        {
            Say(console, file);
        }
    }

    private static string Needs(PartRequirements? needs) => needs is null ? "" : string.Concat(
        Millimetres("nozzle", needs.NozzleMm), Millimetres("layers of", needs.LayerMm), Millimetres("to ±", needs.ToleranceMm),
        needs.InfillPercent is { } infill ? string.Create(CultureInfo.InvariantCulture, $", infill {infill} %") : "",
        needs.Tool is { } tool ? $", {tool}" : "");

    private static string Millimetres(string what, double? value) => value is { } mm ? string.Create(CultureInfo.InvariantCulture, $", {what} {mm} mm") : "";

    private static void Say(CommandConsole console, Artefact artefact) =>
        console.SayLine($"  {artefact.Kind.ToString().ToLowerInvariant(),-9} {artefact.Path}  {artefact.Size} bytes  {artefact.Digest.Short}"
            + (artefact.MachineClass is { } machineClass ? $"  for {machineClass}{(artefact.Material is { } material ? $" in {material}" : "")}" : "")
            + string.Concat(artefact.Settings.Select(s => $", {s.Key} {s.Value}")) + (artefact.Runs.Count > 0 ? $", proven by {artefact.Runs.Count} runs" : ""));
}
