// The terms of a cost, while it is reckoned.

using FabNet.Model.Plans;

namespace FabNet.Planning;

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

    /// <summary>As money, to a hundredth of a cent.</summary>
    public static decimal Round(double amount) => Math.Round((decimal)Math.Clamp(amount, -1e15, 1e15), 4, MidpointRounding.ToEven);
}
