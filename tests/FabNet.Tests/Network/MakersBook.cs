// What a simulated network really spent: each run and each delivery, at the prices of the site that bears it.

using FabNet.Model;
using FabNet.Model.Machines;
using FabNet.Model.Sites;

namespace FabNet.Tests.Network;

/// <summary>The costs of what happened, by the terms of economics.md; risk has become failed runs, which are in the other terms.</summary>
internal sealed class MakersBook
{
    private static readonly string[] Dark = ["black", "blue", "red", "green", "grey"];
    private static readonly string[] Light = ["white", "yellow"];
    private readonly HashSet<(SiteId From, SiteId To, int Day)> _deliveries = [];

    public double MachineTime { get; private set; }

    public double SetUp { get; private set; }

    public double Material { get; private set; }

    public double Energy { get; private set; }

    public double Transport { get; private set; }

    public double Lateness { get; private set; }

    public double Total => MachineTime + SetUp + Material + Energy + Transport + Lateness;

    /// <summary>Changes of material or colour.</summary>
    public int Changes { get; private set; }

    public int Runs { get; private set; }

    /// <summary>Runs that did not come to their end.</summary>
    public int Failures { get; private set; }

    /// <summary>Good parts made.</summary>
    public int Parts { get; private set; }

    /// <summary>Parts that were made and are of no use.</summary>
    public int Scrap { get; private set; }

    /// <summary>Runs that made several jobs at once.</summary>
    public int SharedBeds { get; private set; }

    /// <summary>Jobs on them.</summary>
    public int OnSharedBeds { get; private set; }

    /// <summary>What clearing and warming up for each of them alone would have cost more.</summary>
    public double SavedByBeds { get; private set; }

    public int Late { get; private set; }

    public double LateHours { get; private set; }

    public int Deliveries => _deliveries.Count;

    public DateTimeOffset LastEnd { get; private set; }

    /// <summary>What a set-up takes: a person's minutes, the machine's own, and grams purged.</summary>
    public static (double LabourMinutes, double WarmUpMinutes, double PurgeGrams) Effort(MachineProfile profile, LoadedMaterial loaded, LoadedMaterial needed)
    {
        var costs = profile.SetUp;
        var changesMaterial = needed.Material is { } material && material != loaded.Material;
        if (!changesMaterial && (needed.Color is null || needed.Color == loaded.Color))
        {
            return (costs.ClearMinutes, costs.WarmUpMinutes, 0);
        }

        var purge = costs.PurgeGrams + (Dark.Contains(loaded.Color) && Light.Contains(needed.Color) ? costs.DarkToLightPurgeGrams : 0);
        return (costs.ClearMinutes + (changesMaterial ? costs.MaterialChangeMinutes : costs.ColorChangeMinutes), costs.WarmUpMinutes, purge);
    }

    /// <summary>A set-up was made.</summary>
    public void SetUpMade(SitePrices prices, MachineProfile profile, (double LabourMinutes, double WarmUpMinutes, double PurgeGrams) effort)
    {
        SetUp += PeopleAndMachine(prices, effort.LabourMinutes, effort.WarmUpMinutes);
        Material += effort.PurgeGrams * (double)prices.DefaultMaterialPerKg / 1000;
        Energy += WarmUpEnergy(prices, profile, effort.WarmUpMinutes);
        Changes += effort.PurgeGrams > 0 ? 1 : 0;
    }

    /// <summary>Jobs are made at once: the machine is cleared and warmed up once for all of them.</summary>
    public void BedShared(SitePrices prices, MachineProfile profile, int jobs)
    {
        SharedBeds++;
        OnSharedBeds += jobs;
        SavedByBeds += (jobs - 1) * (PeopleAndMachine(prices, profile.SetUp.ClearMinutes, profile.SetUp.WarmUpMinutes) + WarmUpEnergy(prices, profile, profile.SetUp.WarmUpMinutes));
    }

    /// <summary>A run ended, well or not.</summary>
    public void RunEnded(SitePrices prices, MachineProfile profile, double seconds, double grams, bool isGood, DateTimeOffset at)
    {
        MachineTime += seconds / 3600 * (double)prices.MachinePerHour;
        Material += grams * (double)prices.DefaultMaterialPerKg / 1000;
        Energy += seconds / 3600 * profile.Power.RunningW / 1000 * (double)prices.EnergyPerKwh;
        Runs++;
        Failures += isGood ? 0 : 1;
        LastEnd = at > LastEnd ? at : LastEnd;
    }

    /// <summary>A part is of no use.</summary>
    public void Scrapped() => Scrap++;

    /// <summary>A good part is there: it goes to its destination with what else goes there that day, and is late or not.</summary>
    public void Delivered(Site from, Site? to, double kilometres, double grams, DateTimeOffset? due, DateTimeOffset at)
    {
        Parts++;
        if (to is not null && to.Id != from.Id)
        {
            Transport += kilometres * grams / 1000 * (double)from.Prices.TransportPerKmKg;
            Transport += _deliveries.Add((from.Id, to.Id, (int)(at - Demand.Start).TotalDays)) ? (double)from.Prices.TransportFixed : 0;
        }

        if (due is { } promised && at > promised)
        {
            Late++;
            LateHours += (at - promised).TotalHours;
            Lateness += (at - promised).TotalHours * (double)from.Prices.LatenessPerHour;
        }
    }

    /// <summary>Adds another book to this one.</summary>
    public void Add(MakersBook other)
    {
        (MachineTime, SetUp, Material) = (MachineTime + other.MachineTime, SetUp + other.SetUp, Material + other.Material);
        (Energy, Transport, Lateness) = (Energy + other.Energy, Transport + other.Transport, Lateness + other.Lateness);
        (Changes, Runs, Failures) = (Changes + other.Changes, Runs + other.Runs, Failures + other.Failures);
        (Parts, Scrap) = (Parts + other.Parts, Scrap + other.Scrap);
        (SharedBeds, OnSharedBeds, SavedByBeds) = (SharedBeds + other.SharedBeds, OnSharedBeds + other.OnSharedBeds, SavedByBeds + other.SavedByBeds);
        (Late, LateHours) = (Late + other.Late, LateHours + other.LateHours);
        LastEnd = other.LastEnd > LastEnd ? other.LastEnd : LastEnd;
        _deliveries.UnionWith(other._deliveries);
    }

    private static double PeopleAndMachine(SitePrices prices, double labourMinutes, double warmUpMinutes) =>
        ((labourMinutes * (double)prices.LabourPerHour) + ((labourMinutes + warmUpMinutes) * (double)prices.MachinePerHour)) / 60;

    private static double WarmUpEnergy(SitePrices prices, MachineProfile profile, double minutes) => minutes / 60 * profile.Power.WarmUpW / 1000 * (double)prices.EnergyPerKwh;
}
