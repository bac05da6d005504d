// Improves one machine's sequence: moves a job behind an earlier one with the same set-up, where that lowers cost and waiting together.

using FabNet.Model.Machines;

namespace FabNet.Planning;

/// <summary>Local search on one machine's sequence. It changes the order of open jobs only: committed work comes before all of them.</summary>
internal static class SequenceSearch
{
    /// <summary>Longer sequences are searched in their first part only: what comes later is planned again long before it starts.</summary>
    private const int Window = 64;

    private const double LeastGain = 1e-6;

    /// <summary>Improves the sequence in place.</summary>
    public static void Improve(MachineTimeline machine, double waitingPerHour)
    {
        var placed = machine.Placed;
        var window = Math.Min(placed.Count, Window);
        if (window < 2)
        {
            return;
        }

        var cost = CostOf(machine, window, waitingPerHour);
        for (var from = 1; from < window; from++)
        {
            var to = PlaceAfterSameSetUp(machine, from);
            if (to == from)
            {
                continue;
            }

            Move(placed, from, to);
            var moved = CostOf(machine, window, waitingPerHour);
            if (moved < cost - LeastGain)
            {
                cost = moved;
            }
            else
            {
                Move(placed, to, from);
            }
        }
    }

    /// <summary>The place behind the last earlier run with the job's set-up, or the first place if that is what is set up before all of them; else the job's own place.</summary>
    private static int PlaceAfterSameSetUp(MachineTimeline machine, int index)
    {
        var wanted = machine.Placed[index].Job.Work;
        for (var i = index - 1; i >= 0; i--)
        {
            if (SharesSetUp(machine.Placed[i].Job.Work, wanted, machine.Profile))
            {
                return i + 1;
            }
        }

        return SetUp.Between(machine.CommittedState, wanted, machine.Profile).Kind is SetUpChangeKind.None ? 0 : index;
    }

    private static bool SharesSetUp(Work earlier, Work later, MachineProfile profile) =>
        earlier.Material == later.Material && earlier.Color == later.Color
        && (profile.Process is not FabricationProcess.Milling || (earlier.Design == later.Design && earlier.Part.Name == later.Part.Name));

    private static void Move(List<PlacedJob> placed, int from, int to)
    {
        var job = placed[from];
        placed.RemoveAt(from);
        placed.Insert(to, job);
    }

    private static double CostOf(MachineTimeline machine, int count, double waitingPerHour)
    {
        var (free, state, sum) = (machine.CommittedMinutes, machine.CommittedState, 0.0);
        for (var i = 0; i < count; i++)
        {
            var placed = machine.Placed[i];
            var slot = machine.SlotAfter(free, state, placed.Job, placed.Run, placed.DueMinutes);
            sum += slot.Cost.Total + (slot.EndMinutes / 60 * waitingPerHour);
            (free, state) = (slot.EndMinutes, slot.Change.After);
        }

        return sum;
    }
}
