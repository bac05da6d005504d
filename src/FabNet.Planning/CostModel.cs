// What a run costs on a machine, term by term, as docs/economics defines it. Nothing here decides anything: a measure of scope can price any plan with it.

using FabNet.Model.Machines;
using FabNet.Model.Plans;
using FabNet.Model.Sites;

namespace FabNet.Planning;

/// <summary>The prices of a machine's site and the powers of its profile, as numbers for the planner's inner loop.</summary>
internal sealed class MachineRates
{
    private readonly SitePrices _prices;

    public MachineRates(Site site, MachineProfile profile)
    {
        _prices = site.Prices;
        Currency = site.Prices.Currency;
        MachinePerHour = (double)site.Prices.MachinePerHour;
        LabourPerHour = (double)site.Prices.LabourPerHour;
        EnergyPerKwh = (double)site.Prices.EnergyPerKwh;
        Co2GramsPerKwh = site.Prices.Co2GramsPerKwh;
        LatenessPerHour = (double)site.Prices.LatenessPerHour;
        RunningKw = profile.Power.RunningW / 1000;
        WarmUpKw = profile.Power.WarmUpW / 1000;
    }

    public string Currency { get; }

    public double MachinePerHour { get; }

    public double LabourPerHour { get; }

    public double EnergyPerKwh { get; }

    public double Co2GramsPerKwh { get; }

    public double LatenessPerHour { get; }

    public double RunningKw { get; }

    public double WarmUpKw { get; }

    /// <summary>Price of a material per gram.</summary>
    public double MaterialPerGram(string? material) =>
        (double)(material is not null && _prices.MaterialPerKg.TryGetValue(material, out var price) ? price : _prices.DefaultMaterialPerKg) / 1000;

    /// <summary>Price of a delivery over a distance; 0 where the part stays.</summary>
    public double Transport(bool stays, double kilometres, double grams) =>
        stays ? 0 : (double)_prices.TransportFixed + ((double)_prices.TransportPerKmKg * kilometres * grams / 1000);
}

/// <summary>What of a run's cost does not depend on its place in a sequence.</summary>
/// <param name="RunMinutes">Running time, in minutes.</param>
/// <param name="Grams">Material in the part.</param>
/// <param name="PricePerGram">Of its material, at the site.</param>
/// <param name="Transport">To where it should go.</param>
/// <param name="FailureProbability">Between 0 and 1.</param>
internal readonly record struct RunCost(double RunMinutes, double Grams, double PricePerGram, double Transport, double FailureProbability);

/// <summary>The terms of <see cref="CostBreakdown"/> as numbers.</summary>
internal readonly record struct CostTerms(
    double MachineTime, double SetUp, double Material, double Energy, double Transport, double Lateness, double Risk, double Co2Grams)
{
    public double Total => MachineTime + SetUp + Material + Energy + Transport + Lateness + Risk;

    /// <summary>As money, each term rounded to a hundredth of a cent, so that the terms sum to the total exactly.</summary>
    public CostBreakdown ToBreakdown(string currency) => new()
    {
        Currency = currency,
        MachineTime = Round(MachineTime),
        SetUp = Round(SetUp),
        Material = Round(Material),
        Energy = Round(Energy),
        Transport = Round(Transport),
        Lateness = Round(Lateness),
        Risk = Round(Risk),
        Co2Grams = Math.Round(Co2Grams, 1),
    };

    private static decimal Round(double amount) => Math.Round((decimal)Math.Clamp(amount, -1e15, 1e15), 4, MidpointRounding.ToEven);
}

/// <summary>Prices a run after a set-up change.</summary>
internal static class CostModel
{
    /// <summary>
    /// machine time × rate + set-up (labour × rate + machine time × rate) + (part and purge, g) × price + kWh × price + transport + hours late × price + risk. Risk is the probability
    /// of failure × what making it again costs: machine time, set-up, material and energy.
    /// </summary>
    /// <param name="run">What does not depend on the sequence.</param>
    /// <param name="change">The set-up change before it.</param>
    /// <param name="rates">Prices and powers.</param>
    /// <param name="hoursLate">Hours past the due time; 0 if in time, or if it does not matter.</param>
    public static CostTerms Of(in RunCost run, in SetUpChange change, MachineRates rates, double hoursLate)
    {
        var machineTime = run.RunMinutes / 60 * rates.MachinePerHour;
        var setUp = ((change.LabourMinutes * rates.LabourPerHour) + (change.Minutes * rates.MachinePerHour)) / 60;
        var material = (run.Grams + change.PurgeGrams) * run.PricePerGram;
        var kwh = ((run.RunMinutes * rates.RunningKw) + (change.WarmUpMinutes * rates.WarmUpKw)) / 60;
        var energy = kwh * rates.EnergyPerKwh;
        return new(
            machineTime,
            setUp,
            material,
            energy,
            run.Transport,
            hoursLate * rates.LatenessPerHour,
            run.FailureProbability * (machineTime + setUp + material + energy),
            kwh * rates.Co2GramsPerKwh);
    }
}
