// An order as somebody asks for it, and the rules that it must keep.

using System.Text.RegularExpressions;
using FabNet.Coordinator.State;
using FabNet.Model;
using FabNet.Model.Designs;
using FabNet.Model.Machines;
using FabNet.Protocol;

namespace FabNet.Coordinator.Orders;

/// <summary>What was asked for, checked field by field.</summary>
internal sealed partial record OrderRequest
{
    public const int MostCopies = 10_000;

    public string? Key { get; init; }

    public string? Part { get; init; }

    public required int Quantity { get; init; }

    public string? Material { get; init; }

    public string? Color { get; init; }

    public DateTimeOffset? Due { get; init; }

    public SiteId? Destination { get; init; }

    public required string Customer { get; init; }

    /// <summary>Checks what needs neither design nor network, and brings texts into their form.</summary>
    /// <exception cref="RefusedException">A field can't be so; the message names it.</exception>
    public OrderRequest Checked(DateTimeOffset now)
    {
        Require(Quantity is >= 1 and <= MostCopies, $"quantity: {Quantity} is not between 1 and {MostCopies}.");
        var material = Blank(Material)?.ToUpperInvariant();
        var color = Blank(Color)?.ToLowerInvariant();
        Require(material is null || MaterialPattern().IsMatch(material), $"material: '{Clip.Reason(material, "", 40)}' is not a material. Write it as PLA or PETG.");
        Require(color is null || ColorPattern().IsMatch(color), $"color: '{Clip.Reason(color, "", 40)}' is not a colour. Write it as black or sky blue.");
        Require(Due is null || Due > now, $"due: {Due:u} has passed.");
        Require(Due is null || Due < now.AddYears(100), $"due: {Due:u} is more than a hundred years away.");
        Require(Key is null || Key.Length <= 200, "key: it has more than 200 characters.");
        Require(Key?.StartsWith(Federation.GuestBook.KeyPrefix, StringComparison.Ordinal) is not true, $"key: '{Federation.GuestBook.KeyPrefix}' begins the keys of work for other communities. Choose another.");
        Require(Customer.Length <= 200 && !Customer.Any(char.IsControl), "customer: it has more than 200 characters, or control characters.");
        return this with { Key = Blank(Key), Part = Blank(Part), Material = material, Color = color, Customer = Blank(Customer) ?? "unnamed" };
    }

    /// <summary>The parts that are to be made, each with its copies.</summary>
    /// <exception cref="RefusedException">There is no such part, or one can't be made by a machine.</exception>
    public List<(DesignPart Part, int Copies)> PartsOf(Design design)
    {
        List<(DesignPart Part, int Copies)> parts = [];
        foreach (var part in design.Parts)
        {
            if (Part is null || part.Name == Part)
            {
                parts.Add((part, (int)Math.Min(MostCopies + 1L, Part is null ? (long)Quantity * Math.Max(1, part.Quantity) : Quantity)));
            }
        }

        if (parts.Count == 0)
        {
            throw new RefusedException(Refusal.NotFound, Part is null
                ? $"{design.Ref} has no parts that a machine could make."
                : $"{design.Ref} has no part '{Clip.Reason(Part, "", 80)}'. Its parts: {string.Join(", ", design.Parts.Select(p => p.Name).Take(20))}.");
        }

        var byHand = parts.Find(p => p.Part.Process is not FabricationProcess.Unknown && !p.Part.Process.IsMachineMade()).Part;
        Require(byHand is null, $"part: {byHand?.Name} of {design.Ref} is made by {byHand?.Process.ToTsdc()}, which no machine of FabNet's does. Order the other parts by name, and have this one made elsewhere.");
        var (copies, shapeless) = (parts.Sum(p => (long)p.Copies), parts.Find(p => !p.Part.Artefacts.Any(a => a.Kind is ArtefactKind.Mesh or ArtefactKind.Toolpath)).Part);
        Require(shapeless is null, $"part: {shapeless?.Name} of {design.Ref} has neither a mesh nor a toolpath, so no machine can make it. Order the other parts by name, or ask its publisher to add one.");
        Require(copies <= MostCopies, $"quantity: that makes {copies} parts, more than {MostCopies} for one order. Place several orders.");
        return parts;
    }

    /// <summary>Refuses a material that no registered machine works. Before any site has joined, nothing is known and nothing is refused.</summary>
    public static void RequireKnownMaterial(string material, DesignPart part, CoordinatorState state)
    {
        var machines = state.Sites.Values.SelectMany(s => s.Machines).ToList();
        var able = machines.Where(m => m.Profile.Process == part.Process).ToList();
        var known = (able.Count > 0 ? able : machines).SelectMany(m => m.Profile.Materials).Distinct(StringComparer.OrdinalIgnoreCase).Order(StringComparer.Ordinal).ToList();
        Require(machines.Count == 0 || known.Contains(material, StringComparer.OrdinalIgnoreCase),
            $"material: no machine of this network works '{material}' for {part.Name}. Known materials: {(known.Count > 0 ? string.Join(", ", known) : "none")}.");
    }

    private static void Require(bool condition, string message)
    {
        if (!condition)
        {
            throw new RefusedException(Refusal.Invalid, message);
        }
    }

    private static string? Blank(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();

    [GeneratedRegex(@"\A[A-Z0-9][A-Z0-9 +_.-]{0,31}\z", RegexOptions.CultureInvariant)]
    private static partial Regex MaterialPattern();

    [GeneratedRegex(@"\A[\p{L}0-9#][\p{L}0-9 #_.-]{0,31}\z", RegexOptions.CultureInvariant)]
    private static partial Regex ColorPattern();
}
