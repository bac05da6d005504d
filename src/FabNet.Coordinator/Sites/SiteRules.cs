// What a site may say of itself: checked before it is journaled.

using FabNet.Model;
using FabNet.Model.Machines;
using FabNet.Model.Sites;

namespace FabNet.Coordinator.Sites;

/// <summary>Checks announcements of sites.</summary>
internal static class SiteRules
{
    private const int MostMachines = 1000;
    private const int MostHours = 100;
    private const decimal HighestEnergyPrice = 100m;
    private const decimal HighestPrice = 1_000_000m;

    /// <summary>Checks that a site is at home where it was before: nobody takes the name of another community's site.</summary>
    /// <param name="site">As it announces itself.</param>
    /// <param name="known">As it is registered; null if it is new.</param>
    /// <param name="own">What this community is called.</param>
    /// <exception cref="FormatException">It is not; the message says what helps.</exception>
    public static void CheckHome(Site site, Site? known, string own)
    {
        Require(site.Community != own, "site.community", $"is '{own}', as this community is called itself: one of the two needs another name (--community)");
        Require(known is null || known.Community == site.Community, "site.id", $"{site.Id} is known here as a site of {(known?.Community is { } home ? $"the community {home}" : "this community")}: it, or its community, needs another name");
    }

    /// <summary>Checks a site as it announced itself.</summary>
    /// <exception cref="FormatException">Something can't be so; the message names the field.</exception>
    public static void Check(Site site)
    {
        Require(site.Community is null || (Names.IsValid(site.Community) && site.Id.Value.StartsWith($"{site.Community}-", StringComparison.Ordinal)), "site.id", $"of a guest must begin with its community's name: {site.Community}-");
        Require(Names.IsValid(site.Id.Value), "site.id", "is not a name of lower-case letters, digits and dashes");
        Require(site.Title.Length is > 0 and <= 200, "site.title", "must have 1 to 200 characters");
        Require(site.Latitude is null or (>= -90 and <= 90), "site.latitude", "must be between -90 and 90");
        Require(site.Longitude is null or (>= -180 and <= 180), "site.longitude", "must be between -180 and 180");
        Require(site.Latitude.HasValue == site.Longitude.HasValue, "site.latitude", "and site.longitude go together");
        Require(site.Machines.Count <= MostMachines, "site.machines", $"may be at most {MostMachines}");
        Require(site.Machines.Select(m => m.Id).Distinct().Count() == site.Machines.Count, "site.machines", "names a machine twice");
        Require(TimeZoneInfo.TryFindSystemTimeZoneById(site.TimeZone, out _), "site.time_zone", $"is '{site.TimeZone}', which is no IANA time zone that is known here; write one such as Europe/Lisbon");
        Require(site.Hours.Count <= MostHours, "site.hours", $"may be at most {MostHours}");
        CheckPrices(site.Prices);
        foreach (var machine in site.Machines)
        {
            Require(machine.Id.Site == site.Id, $"site.machines[{machine.Id}]", $"does not belong to {site.Id}");
            Require(machine.SimulatedSpeed is null or (>= 0.01 and <= 1e6), $"site.machines[{machine.Id}].simulated_speed", "must be between 0.01 and 1,000,000");
            CheckProfile(machine);
        }
    }

    private static void CheckPrices(SitePrices prices)
    {
        Require(prices.Currency is { Length: 3 } currency && currency.All(char.IsAsciiLetterUpper), "prices.currency", "must be three capital letters, such as EUR");
        Require(double.IsFinite(prices.Co2GramsPerKwh) && prices.Co2GramsPerKwh is >= 0 and <= 1e6, "prices.co2_grams_per_kwh", "must be between 0 and 1,000,000");
        foreach (var (name, price) in (ReadOnlySpan<(string, decimal)>)
        [
            ("machine_per_hour", prices.MachinePerHour), ("labour_per_hour", prices.LabourPerHour), ("default_material_per_kg", prices.DefaultMaterialPerKg),
            ("energy_per_kwh", prices.EnergyPerKwh), ("transport_fixed", prices.TransportFixed), ("transport_per_km_kg", prices.TransportPerKmKg),
            ("lateness_per_hour", prices.LatenessPerHour),
        ])
        {
            Require(price is >= 0 and <= HighestPrice, $"prices.{name}", $"is {price}; it must be between 0 and {HighestPrice}");
        }

        Require(prices.EnergyPerKwhByHour.Count is 0 or 24, "prices.energy_per_kwh_by_hour", $"has {prices.EnergyPerKwhByHour.Count} prices; give 24, one for each hour of the day, or none");
        Require(prices.EnergyPerKwhByHour.All(static p => Math.Abs(p) <= HighestEnergyPrice), "prices.energy_per_kwh_by_hour", $"has a price beyond {HighestEnergyPrice}");
        Require(prices.MaterialPerKg.Count <= 1000, "prices.material_per_kg", "may name at most 1000 materials");
        foreach (var (material, price) in prices.MaterialPerKg)
        {
            Require(price is >= 0 and <= HighestPrice, $"prices.material_per_kg[{material}]", $"is {price}; it must be between 0 and {HighestPrice}");
        }
    }

    private static void CheckProfile(Machine machine)
    {
        var (setUp, power, field) = (machine.Profile.SetUp, machine.Profile.Power, $"site.machines[{machine.Id}].profile");
        foreach (var value in (ReadOnlySpan<double>)
        [
            setUp.ClearMinutes, setUp.MaterialChangeMinutes, setUp.ColorChangeMinutes, setUp.ToolChangeMinutes, setUp.WarmUpMinutes,
            setUp.PurgeGrams, setUp.DarkToLightPurgeGrams, power.RunningW, power.WarmUpW,
        ])
        {
            Require(value is >= 0 and <= 1e6, field, "has a set-up time, a waste or a power that is negative or absurd");
        }
    }

    private static void Require(bool condition, string field, string what)
    {
        if (!condition)
        {
            throw new FormatException($"{field} {what}.");
        }
    }
}
