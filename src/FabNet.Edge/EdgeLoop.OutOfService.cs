// Machines that can't go on by themselves: nobody's work waits for them, and one on which run after run fails takes no more.

using FabNet.Edge.Machines;
using FabNet.Edge.Queue;
using FabNet.Model;
using FabNet.Model.Machines;

namespace FabNet.Edge;

internal sealed partial class EdgeLoop
{
    /// <summary>After so many failed runs in a row, between which nobody looked at the machine, a person must.</summary>
    private const int MostFailuresInARow = 2;

    /// <summary>How long work that was not started waits for a machine that was not taken out of service by a person.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>A person stopped a machine at once: whatever its firmware makes of that, nothing starts there before somebody has looked. Runs in the loop.</summary>
    public string RequireLook(MachineId machine)
    {
        var desk = DeskOf(machine);
        SetFacts(desk, desk.Facts with { NeedsClearing = "It was stopped in an emergency." });
        return desk.Facts.NeedsClearing!;
    }

    /// <summary>A run ended: what its end says of the machine.</summary>
    private void CountFailures(MachineDesk desk, RunEnd end)
    {
        desk.FailuresInARow = end.Kind switch { RunEndKind.Completed => 0, RunEndKind.Failed => desk.FailuresInARow + 1, _ => desk.FailuresInARow };
        if (desk.FailuresInARow >= MostFailuresInARow && _handOver is null && desk.Facts.Maintenance is null)
        {
            desk.FailuresInARow = 0;
            SetFacts(desk, desk.Facts with { Maintenance = $"{MostFailuresInARow} runs in a row failed on it, the last: {end.Reason.TrimEnd('.')}. Look at it, then: fabnet site maintenance {desk.Id} --done" });
        }
    }

    /// <summary>What was taken for a machine that stays out of service goes back to the network, but for what was started.</summary>
    private void GiveBack(MachineDesk desk)
    {
        if (OutOfServiceBecause(desk) is not { } why)
        {
            desk.OutOfServiceSince = null;
            return;
        }

        desk.OutOfServiceSince ??= _time.GetTimestamp();
        if (desk.Run is null && (desk.Facts.Maintenance is not null || _time.GetElapsedTime(desk.OutOfServiceSince.Value) >= Patience))
        {
            foreach (var held in _book.Leases.Open.Where(h => h.Job.Machine == desk.Id && !h.IsStarted).ToList())
            {
                Release(held.Job, $"{desk.Id} is out of service: {why}");
            }
        }
    }

    private static string? OutOfServiceBecause(MachineDesk desk) => desk switch
    {
        { Facts.Maintenance: { } reason } => reason,
        { Waiting: { } waiting } => waiting.Words,
        { Host.Report: { State: MachineState.Alarm or MachineState.Offline } report } => report.Detail ?? $"it is {report.State}",
        _ => null,
    };
}
