// What a site's people ask of their edge; each answer is one sentence.

using FabNet.Edge.Leasing;
using FabNet.Edge.Queue;
using FabNet.Model;
using FabNet.Model.Sites;
using FabNet.Protocol;
using FabNet.Protocol.V1;
using LoadedMaterial = FabNet.Model.Sites.LoadedMaterial;

namespace FabNet.Edge;

internal sealed partial class EdgeLoop
{
    /// <summary>Runs a question in the loop.</summary>
    /// <exception cref="OperatorException">It can't be done now.</exception>
    /// <exception cref="Journal.JournalException">It can't be written down, so it was not done.</exception>
    public async Task<T> AskAsync<T>(Func<T> question, CancellationToken cancellationToken)
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        await _inbox.Writer.WriteAsync(
            new Ask(() =>
            {
                try
                {
                    answer.TrySetResult(question());
                }
                catch (Exception e)
                {
                    // Whoever asked hears it; the loop goes on.
                    answer.TrySetException(e);
                }
            }),
            cancellationToken);
        return await answer.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Offers that wait for the operator. Runs in the loop.</summary>
    public IReadOnlyList<EdgeDown.Types.Offer> WaitingOffers() => _offers.Waiting;

    /// <summary>Takes an offer, or a job that is open on the board. Runs in the loop; the task ends with the coordinator's word.</summary>
    public Task<string> Claim(JobId job, MachineId machine, string by = "")
    {
        RequireTraining(machine, by);
        if (_handOver is not null)
        {
            throw new OperatorException("The agent is being stopped.");
        }

        if (!_uplink.TrySend(new EdgeUp { Claim = new() { JobId = job.Value, Machine = machine.ToString() } }))
        {
            throw new OperatorException($"There is no link to the coordinator {_config.Coordinator} now. Try again once it is back.");
        }

        return _offers.AwaitAnswer(job);
    }

    /// <summary>Declines an offer. Runs in the loop.</summary>
    public string Decline(JobId job, string? reason)
    {
        if (_offers.Find(job) is null)
        {
            throw new OperatorException($"{job} is not offered to this site. See the offers with: fabnet offers", isUnknown: true);
        }

        var decline = new EdgeUp.Types.Decline { JobId = job.Value };
        if (reason is not null)
        {
            decline.Reason = reason;
        }

        if (!_uplink.TrySend(new EdgeUp { Decline = decline }))
        {
            throw new OperatorException($"There is no link to the coordinator {_config.Coordinator} now. An offer that is not answered goes elsewhere by itself.");
        }

        _offers.Remove(job);
        return $"{job} is declined.";
    }

    /// <summary>The part is off the machine. Runs in the loop.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="scrapped">How many of the pieces are no good, 0 or more.</param>
    /// <param name="of">Of which job; null where it does not matter.</param>
    /// <param name="reason">What is wrong with them; may be empty.</param>
    public string Clear(MachineId machine, int scrapped = 0, JobId? of = null, string reason = "")
    {
        var desk = DeskOf(machine);
        if (desk.Run is { } run)
        {
            throw new OperatorException($"{machine} is running {run.Plate}. Cancel it first: {string.Join("; ", run.Plate.Jobs.Select(static j => $"fabnet job cancel {j.Id}"))}");
        }

        if (desk.Waiting is { } waiting)
        {
            desk.Host.Reset();
            return $"{machine} is reset, and {waiting.Job} still waits on it: fabnet site recover {machine}, or fabnet site give-up {machine}";
        }

        var wasNeeded = desk.Facts.NeedsClearing is not null;
        desk.FailuresInARow = 0;
        var noted = Judge(machine, scrapped, of, reason);
        SetFacts(desk, desk.Facts with { NeedsClearing = null });
        var isInAlarm = desk.Host.Report.State == Model.Machines.MachineState.Alarm;
        desk.Host.Reset();
        return (wasNeeded && isInAlarm ? $"{machine} is clear; its alarm was reset as far as its firmware lets one: fabnet site machines shows how it is."
            : wasNeeded || noted.Length > 0 ? $"{machine} is clear: its next job may start." : $"{machine} had nothing to clear; an alarm was reset as far as its firmware lets one: fabnet site machines shows how it is.") + noted;
    }

    /// <summary>Another material or colour is loaded. Runs in the loop.</summary>
    public string Load(MachineId machine, LoadedMaterial loaded)
    {
        var desk = DeskOf(machine);
        if (desk.Run is { } run)
        {
            throw new OperatorException($"{machine} is running {run.Plate}. Load it when the run has ended.");
        }

        if (loaded.Material is { } material && desk.Profile.Materials.Count > 0 && !desk.Profile.Materials.Contains(material))
        {
            throw new OperatorException($"{desk.Profile.Title} does not work '{material}'. It works: {string.Join(", ", desk.Profile.Materials)}.");
        }

        SetFacts(desk, desk.Facts with { Loaded = loaded });
        return $"{machine} has {StartRule.Describe(loaded)} loaded.";
    }

    /// <summary>Takes a machine out of service, or back. Runs in the loop.</summary>
    public string SetMaintenance(MachineId machine, bool inMaintenance, string reason)
    {
        var desk = DeskOf(machine);
        SetFacts(desk, desk.Facts with { Maintenance = inMaintenance ? (reason.Length > 0 ? reason : "maintenance") : null });
        return !inMaintenance ? $"{machine} is back in service."
            : desk.Run is { } run ? $"{machine} finishes {run.Plate} and is out of service then."
            : $"{machine} is out of service.";
    }

    /// <summary>A machine's desk. Runs in the loop.</summary>
    /// <exception cref="OperatorException">There is no such machine here.</exception>
    public MachineDesk DeskOf(MachineId machine) => _desks.GetValueOrDefault(machine)
        ?? throw new OperatorException($"{machine} is not a machine of this site. It has: {string.Join(", ", _desks.Keys)}.", isUnknown: true);
}
