// What is set up on a machine, as numbers, and what a change of it takes.

using System.Runtime.CompilerServices;

namespace FabNet.Planning.Scheduling;

/// <summary>The attributes of a set-up, each a number or -1: unknown on a machine, any for a job. Jobs with equal needs are one family.</summary>
internal readonly record struct SetUpIds(int Material, int Color, int Nozzle, int Tool, int Fixture)
{
    public const int Any = -1;

    /// <summary>What is set up after a job with these needs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public SetUpIds After(SetUpIds before) => new(
        Material == Any ? before.Material : Material,
        Color != Any ? Color : Material == Any || Material == before.Material ? before.Color : Any,
        Nozzle == Any ? before.Nozzle : Nozzle,
        Tool == Any ? before.Tool : Tool,
        Fixture == Any ? before.Fixture : Fixture);

    /// <summary>What changes when a job with these needs follows a set-up.</summary>
    public SetUpAttributes ChangesFrom(SetUpIds before)
    {
        var changes = SetUpAttributes.None;
        if (Material != Any && Material != before.Material)
        {
            changes |= SetUpAttributes.Material;
        }
        else if (Color != Any && Color != before.Color)
        {
            changes |= SetUpAttributes.Color;
        }

        changes |= Nozzle != Any && Nozzle != before.Nozzle ? SetUpAttributes.Nozzle : SetUpAttributes.None;
        changes |= Tool != Any && Tool != before.Tool ? SetUpAttributes.Tool : SetUpAttributes.None;
        return changes | (Fixture != Any && Fixture != before.Fixture ? SetUpAttributes.Fixture : SetUpAttributes.None);
    }
}

/// <summary>The attributes of a set-up.</summary>
[Flags]
internal enum SetUpAttributes
{
    None = 0,
    Material = 1,
    Color = 2,
    Nozzle = 4,
    Tool = 8,
    Fixture = 16,
}

/// <summary>What a change takes, besides what every run takes.</summary>
/// <param name="LabourMinutes">A person's time, in minutes, with clearing.</param>
/// <param name="WarmUpMinutes">The machine's own, in minutes.</param>
/// <param name="PurgeGrams">Of the new material.</param>
internal readonly record struct SetUpEffort(double LabourMinutes, double WarmUpMinutes, double PurgeGrams)
{
    public double Minutes => LabourMinutes + WarmUpMinutes;
}
