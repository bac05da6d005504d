// The one rule that lets a machine start: pure, and each refusal says what would help.

using FabNet.Edge.Leasing;
using FabNet.Model;
using FabNet.Model.Jobs;
using FabNet.Model.Machines;
using FabNet.Model.Sites;

namespace FabNet.Edge.Queue;

/// <summary>What keeps the next job from starting.</summary>
internal enum Obstacle
{
    /// <summary>Nothing: it may start.</summary>
    None,

    /// <summary>It passes by itself.</summary>
    Wait,

    /// <summary>A person must load something.</summary>
    WrongMaterial,
}

/// <summary>Whether the next job may start.</summary>
/// <param name="Obstacle">What is in the way.</param>
/// <param name="Message">One sentence with the next step; null if nothing is in the way.</param>
internal readonly record struct StartVerdict(Obstacle Obstacle, string? Message)
{
    public static StartVerdict Go => new(Obstacle.None, null);

    public static StartVerdict WaitFor(string message) => new(Obstacle.Wait, message);
}

/// <summary>What the rule needs to know of a machine.</summary>
/// <param name="Id">The machine.</param>
/// <param name="Profile">Its profile.</param>
/// <param name="State">What its session says.</param>
/// <param name="Facts">What people said.</param>
internal sealed record MachineFacts(MachineId Id, MachineProfile Profile, MachineState State, MachineRecord Facts)
{
    /// <summary>The reservation that is under way, or comes next; null if none does.</summary>
    public ReservationRecord? Next { get; init; }

    /// <summary>The site's own clock, by which reservations go.</summary>
    public DateTimeOffset Now { get; init; }

    /// <summary>How many seconds of machine time pass in one of the clock's. Default 1.</summary>
    public double SpeedUp { get; init; } = 1;
}

/// <summary>An admitted program as the rule sees it.</summary>
/// <param name="Profile">The profile it was admitted for.</param>
/// <param name="Material">The material it must run with; null where that has no meaning.</param>
/// <param name="Color">The colour it must run with; null for any.</param>
internal readonly record struct ProgramNeeds(MachineProfile Profile, string? Material, string? Color);

/// <summary>Decides whether a job may start on its machine now.</summary>
internal static class StartRule
{
    /// <summary>A job is not started this close to the end of its lease, by the coordinator's clock as the site knows it: what it says may have been under way for a moment.</summary>
    public static readonly TimeSpan LeaseMargin = TimeSpan.FromSeconds(5);

    /// <summary>Checks everything that must hold at the moment of the start.</summary>
    public static StartVerdict Check(Job job, ProgramNeeds? program, MachineFacts machine, DateTimeOffset now)
    {
        if (CheckMachine(machine) is { } unfit)
        {
            return StartVerdict.WaitFor(unfit);
        }

        if (job.State is not JobState.Ready || program is not { } needs)
        {
            return StartVerdict.WaitFor($"{job.Id} is being prepared.");
        }

        if (!ReferenceEquals(needs.Profile, machine.Profile))
        {
            return StartVerdict.WaitFor($"{job.Id} was admitted for the profile {needs.Profile.Name}, and {machine.Id} has {machine.Profile.Name}: it is prepared again.");
        }

        if (CheckLease(job, now) is { } lapsed)
        {
            return StartVerdict.WaitFor(lapsed);
        }

        if (CheckReservation(job, machine) is { } reserved)
        {
            return StartVerdict.WaitFor(reserved);
        }

        return IsLoaded(needs, machine.Facts.Loaded)
            ? StartVerdict.Go
            : new StartVerdict(Obstacle.WrongMaterial, $"{job.Id} needs {Describe(needs.Material, needs.Color)}, and {Describe(machine.Facts.Loaded)} is loaded. "
                + $"Load it, then: fabnet site load {machine.Id} {needs.Material ?? machine.Facts.Loaded.Material}{(needs.Color is null ? "" : " " + needs.Color)}");
    }

    /// <summary>Why a lease does not allow a start now; null if it does. Asked again at the last moment before motion.</summary>
    public static string? CheckLease(Job job, DateTimeOffset now) =>
        job.LeaseExpiresAt is { } expires && now < expires - LeaseMargin
            ? null
            : $"The lease of {job.Id} has to be renewed before it may start: waiting for the coordinator.";

    /// <summary>Why a reservation does not allow a start now; null if none is in the way. Asked again at the last moment before motion.</summary>
    public static string? CheckReservation(Job job, MachineFacts machine)
    {
        if (machine.Next is not { } next || next.To <= machine.Now)
        {
            return null;
        }

        if (next.From <= machine.Now)
        {
            return $"{machine.Id} is reserved until {ReservationBook.Text(next.To)} ({ReservationBook.WhyOf(next)}): {job.Id} starts after it.";
        }

        // Beyond three years a time of the program means nothing, and a clock can't hold it.
        var takes = TimeSpan.FromSeconds(Math.Clamp((job.EstimatedSeconds ?? 0) / (job.Share ?? 1) / machine.SpeedUp, 0, 1e8));
        return machine.Now + takes <= next.From
            ? null
            : $"{job.Id} takes about {takes.TotalMinutes:0} min and would run into the reservation of {machine.Id} from {ReservationBook.Text(next.From)} to {ReservationBook.Text(next.To)} ({ReservationBook.WhyOf(next)}): it starts after it.";
    }

    /// <summary>True if what is loaded is what a program needs.</summary>
    public static bool IsLoaded(ProgramNeeds needs, LoadedMaterial loaded) =>
        (needs.Material is null || needs.Material == loaded.Material) && (needs.Color is null || needs.Color == loaded.Color);

    /// <summary>A material for a message.</summary>
    public static string Describe(string? material, string? color) =>
        (material, color) switch
        {
            (null, null) => "nothing",
            (null, _) => color,
            (_, null) => material,
            _ => $"{material} {color}",
        };

    public static string Describe(LoadedMaterial loaded) => Describe(loaded.Material, loaded.Color);

    private static string? CheckMachine(MachineFacts machine) => machine switch
    {
        { Facts.Maintenance: { } reason } => $"It is out of service: {reason}.",
        { State: not MachineState.Idle } => $"The machine is {machine.State}.",
        { Facts.NeedsClearing: { } reason } => $"{reason} Take the part off, then: fabnet site clear {machine.Id}",
        _ => null,
    };
}
