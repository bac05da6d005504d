// How jobs that wait for a machine become admitted programs: together where they were planned on one bed, otherwise one by one.

using System.Threading.Channels;
using FabNet.Edge.Preparing;
using FabNet.Edge.Queue;
using FabNet.Model;
using FabNet.Model.Jobs;
using FabNet.Model.Machines;
using FabNet.Model.Sites;
using Microsoft.Extensions.Logging;

namespace FabNet.Edge;

internal sealed partial class EdgeLoop
{
    private const int MaxPreparationAttempts = 20;

    // So long the first jobs of a bed wait for more of it to be leased. One that comes later still joins a plate that has not been started.
    private static readonly TimeSpan WaitForMates = TimeSpan.FromSeconds(20);

    /// <summary>Prepares the first plate that has no program, one at a time for each machine, also while another runs.</summary>
    private void AdvancePreparation(MachineDesk desk, List<Plate> plates)
    {
        foreach (var (lead, waiting) in desk.Prepared.Where(p => !plates.Exists(p.Value.Plate.IsSameAs)).ToList())
        {
            desk.Prepared.Remove(lead); // Somebody left the plate, or joined it: it is made anew.
            ProgramFolder.Remove(waiting.Program);
        }

        if (desk.Preparation is not null || _time.GetTimestamp() < desk.RetryPreparationAt || _trouble is not null)
        {
            return;
        }

        var next = plates.Find(p => !desk.Prepared.ContainsKey(p.Lead.Id) && desk.Run?.Plate.Jobs.Any(j => p.Has(j.Id)) != true && !IsWaitingForMates(desk, p));
        if (next is null)
        {
            return;
        }

        var now = _time.GetUtcNow();
        Append([], [.. next.Jobs.Where(static j => j.State is not JobState.Preparing).Select(j => new JobPreparing { Job = j.Id, Epoch = j.Epoch, At = now })]);
        var cancellation = new CancellationTokenSource();
        desk.Preparation = new ActivePreparation(next, cancellation);
        var loaded = desk.Facts.Loaded;
        _ = Task.Run(() => PrepareAsync(desk.Id, next, desk.Profile, loaded, cancellation), CancellationToken.None);
    }

    /// <summary>True while more jobs of a plate's bed may come soon.</summary>
    private bool IsWaitingForMates(MachineDesk desk, Plate plate)
    {
        if (plate.Lead.Bed is not { } bed || desk.Apart.Contains(bed.Id) || !_offers.IsAwaited(bed.Id))
        {
            return false;
        }

        desk.WaitingForMates.TryAdd(bed.Id, _time.GetTimestamp());
        return _time.GetElapsedTime(desk.WaitingForMates[bed.Id]) < WaitForMates;
    }

    private async Task PrepareAsync(MachineId machine, Plate plate, MachineProfile profile, LoadedMaterial loaded, CancellationTokenSource cancellation)
    {
        PreparationOutcome outcome;
        try
        {
            outcome = await _preparation.PrepareAsync(plate, profile, loaded, cancellation.Token);
        }
        catch (OperationCanceledException)
        {
            outcome = new Postponed("It was called off.");
        }
        catch (Exception e)
        {
            // A preparation must always end with an outcome, or its machine would wait for ever.
            LogPreparationBroke(e, plate.ToString());
            outcome = new Refused($"{plate} could not be prepared: {e.Message}", Everywhere: false);
        }

        try
        {
            await _inbox.Writer.WriteAsync(new PreparationEnded(machine, plate, outcome));
        }
        catch (ChannelClosedException)
        {
            (outcome as Prepared)?.Dispose(); // The agent has stopped; the next start removes the file.
        }
    }

    private void OnPrepared(PreparationEnded ended)
    {
        var (desk, plate) = (_desks[ended.Machine], ended.Plate);
        if (desk.Preparation?.Plate == plate)
        {
            desk.Preparation.Cancellation.Dispose();
            desk.Preparation = null;
        }

        var jobs = HeldOf(plate);
        if (jobs.Count < plate.Jobs.Count || _handOver is not null)
        {
            if (ended.Outcome is Prepared late)
            {
                ProgramFolder.Remove(late); // Who is left of the plate is prepared anew.
            }

            return;
        }

        switch (ended.Outcome)
        {
            case Prepared prepared:
                desk.PreparationNotice = null;
                desk.Attempts.Remove(plate.Lead.Id);
                AppendReady(plate, prepared);
                desk.Prepared[plate.Lead.Id] = (plate, prepared);
                break;
            case Refused { Job: null } refused when plate.Bed is { } bed:
                desk.PreparationNotice = null;
                desk.Apart.Add(bed);
                LogMadeApart(plate.ToString(), refused.Reason);
                break;
            case Refused refused:
                desk.PreparationNotice = null;
                var whose = jobs.Find(j => j.Id == refused.Job) ?? jobs[0];
                Append(new JobRejected { Job = whose.Id, Epoch = whose.Epoch, At = _time.GetUtcNow(), Reason = refused.Reason, Everywhere = refused.Everywhere });
                desk.Forget(whose.Id);
                break;
            case Postponed postponed when desk.CountAttempt(plate.Lead.Id) < MaxPreparationAttempts:
                desk.PreparationNotice = $"{plate} waits: {postponed.Reason}";
                desk.RetryPreparationAt = StampIn(TimeSpan.FromSeconds(15));
                LogPostponed(plate.ToString(), postponed.Reason);
                break;
            case Postponed postponed:
                desk.PreparationNotice = null;
                jobs.ForEach(job => Release(job, $"It could not be prepared for five minutes: {postponed.Reason}"));
                break;
            default:
                throw new NotSupportedException($"{ended.Outcome.GetType().Name} is no outcome.");
        }
    }

    private void AppendReady(Plate plate, Prepared prepared)
    {
        var (summary, now) = (prepared.Program.Summary, _time.GetUtcNow());
        Append(RecipesOf(plate, prepared), [.. plate.Jobs.Select(job => new JobReady
        {
            Job = job.Id,
            Epoch = job.Epoch,
            At = now,
            Program = prepared.Program.Digest,
            EstimatedSeconds = (summary.TimeSeconds + summary.HeatUpSeconds) * (plate.ShareOf(job) ?? 1),
            EstimatedGrams = summary.FilamentGrams * (plate.ShareOf(job) ?? 1),
            Share = plate.ShareOf(job),
        })]);
    }

    [LoggerMessage(LogLevel.Error, "The preparation of {Job} broke.")]
    private partial void LogPreparationBroke(Exception e, string job);

    [LoggerMessage(LogLevel.Warning, "{Job} can't be prepared yet: {Reason}")]
    private partial void LogPostponed(string job, string reason);

    [LoggerMessage(LogLevel.Information, "{Jobs} share no bed after all, and each is made alone: {Reason}")]
    private partial void LogMadeApart(string jobs, string reason);
}
