// What a simulated workshop does with the jobs that it holds: prepares them, bed by bed, sets machines up, makes, takes off what was made and looks at it.

using FabNet.Edge.Leasing;
using FabNet.Edge.Queue;
using FabNet.Model;
using FabNet.Model.Jobs;
using FabNet.Model.Machines;
using FabNet.Model.Sites;

namespace FabNet.Tests.Network;

internal sealed partial class SimulatedSite
{
    private const double FailureRate = 0.05;
    private const double ScrapRate = 0.03;
    private const double PromptSeconds = 1800;
    private const double BrokenGramsPerHour = 10;

    /// <summary>Goes on with whatever a machine can go on with: plates without a program get one, and the next is set up or started.</summary>
    private void Advance(SimulatedMachine machine)
    {
        machine.Prepared.RemoveAll(p => !PlatesOf(machine).Exists(p.IsSameAs)); // Somebody left the plate, or joined it.
        while (PlatesOf(machine).Find(p => !machine.HasProgramFor(p)) is { } next)
        {
            Prepare(machine, next);
        }

        if (machine.Plate is null)
        {
            SetUp(machine);
        }
        else if (machine.IsSetUp && machine.MovesSince is null)
        {
            Start(machine, machine.Plate);
        }
    }

    /// <summary>The jobs of a machine that were not started, as the edge puts them together, in the order in which they were leased.</summary>
    private List<Plate> PlatesOf(SimulatedMachine machine) => [.. Plate.Of(_book.Leases.Open.Where(h => h.Job.Machine == machine.Machine.Id), machine.Apart)];

    private void Prepare(SimulatedMachine machine, Plate plate)
    {
        Append([.. plate.Jobs.Where(static j => j.State is not JobState.Preparing).Select(j => new JobPreparing { Job = j.Id, Epoch = j.Epoch, At = Now })]);
        if (plate.Jobs.FirstOrDefault(j => Demand.Luck("slices", j.Part, machine.Machine.Profile.Name, Site.Id) < 0.01) is { } bad)
        {
            Append(new JobRejected { Job = bad.Id, Epoch = bad.Epoch, At = Now, Reason = "The slicer found no extrusions." });
        }
        else if (plate.Bed is { } bed && Demand.Luck("arranges", bed) < 0.03)
        {
            machine.Apart.Add(bed);
            _network.Count("beds made apart, because they can't be sliced as one");
        }
        else
        {
            var work = plate.Jobs.Select(j => _network.TrueWork(j, machine.Machine.Profile)).ToList();
            var (seconds, grams) = (work.Sum(static w => w.Seconds), work.Sum(static w => w.Grams));
            Append([.. plate.Jobs.Select(j => new JobReady
            {
                Job = j.Id,
                Epoch = j.Epoch,
                At = Now,
                Program = Digest.Of([9]),
                EstimatedSeconds = seconds * (plate.ShareOf(j) ?? 1),
                EstimatedGrams = grams * (plate.ShareOf(j) ?? 1),
                Share = plate.ShareOf(j),
            })]);
            machine.Prepared.Add(plate);
            if (plate.Jobs.Any(static j => j.State is JobState.Ready))
            {
                _network.Count("plates prepared anew");
            }
        }
    }

    /// <summary>Begins the set-up for the next plate, if the machine is free.</summary>
    private void SetUp(SimulatedMachine machine)
    {
        if (machine.State is not MachineState.Idle)
        {
            return;
        }

        if (machine.WantsMaintenance)
        {
            machine.WantsMaintenance = false;
            BreakDown(machine, MachineState.Maintenance);
            return;
        }

        if (PlatesOf(machine).Find(machine.HasProgramFor) is { } plate)
        {
            var needs = NeedsOf(plate);
            var effort = MakersBook.Effort(machine.Machine.Profile, machine.Loaded, needs);
            var turn = machine.Turn;
            machine.Plate = plate;
            _network.After(TimeSpan.FromMinutes(effort.LabourMinutes + effort.WarmUpMinutes), () =>
            {
                if (machine.Turn == turn)
                {
                    machine.IsSetUp = true;
                    machine.Loaded = new LoadedMaterial(needs.Material ?? machine.Loaded.Material, needs.Color ?? (needs.Material is null || needs.Material == machine.Loaded.Material ? machine.Loaded.Color : null));
                    _network.Book.SetUpMade(Site.Prices, machine.Machine.Profile, effort);
                    Advance(machine);
                }
            });
        }
    }

    private static LoadedMaterial NeedsOf(Plate plate) =>
        new(plate.Jobs.Select(static j => j.Material).FirstOrDefault(static m => m is not null), plate.Jobs.Select(static j => j.Color).FirstOrDefault(static c => c is not null));

    /// <summary>The physical start, if the leases hold: journaled before anything moves, in one append for all of the plate. Who came or went since the set-up began is on it, or is not.</summary>
    private void Start(SimulatedMachine machine, Plate setUpFor)
    {
        var plate = PlatesOf(machine).Find(p => p.Jobs.Any(j => setUpFor.Has(j.Id)));
        var needs = plate is null ? default : NeedsOf(plate);
        if (plate is null || !StartRule.IsLoaded(new ProgramNeeds(machine.Machine.Profile, needs.Material, needs.Color), machine.Loaded))
        {
            Stop(machine);
            Advance(machine);
            return;
        }

        if (!machine.HasProgramFor(plate) || plate.Jobs.Any(j => StartRule.CheckLease(j, Now) is not null))
        {
            return;
        }

        Append([.. plate.Jobs.Select(j => new JobStarted { Job = j.Id, Epoch = j.Epoch, At = Now })]);
        _network.PhysicallyStarted(plate, machine.Machine, Site);
        (machine.Plate, machine.MovesSince, machine.State) = (plate, Now, MachineState.Running);
        Tell(machine);
        Make(machine, plate);
    }

    private void Make(SimulatedMachine machine, Plate plate)
    {
        var work = plate.Jobs.Select(j => (Job: j, Piece: _network.PieceOf(j.Id), Work: _network.TrueWork(j, machine.Machine.Profile))).ToList();
        var seconds = work.Sum(w => w.Work.Seconds * (0.9 + (0.25 * Demand.Luck("speed", machine.Machine.Id, w.Piece))));
        var fails = work.Min(w => Demand.Luck("fails", w.Piece, _network.AttemptOf(w.Job.Id))); // One part that comes off the bed spoils all.
        var isGood = fails >= FailureRate;
        var isPaused = isGood && work.Exists(w => Demand.Luck("prompt", w.Piece) < 0.03);
        var lasts = isGood ? seconds + (isPaused ? PromptSeconds : 0) : seconds * (0.05 + (fails * 18));
        var turn = machine.Turn;
        if (isPaused)
        {
            After(seconds / 2, () => Append([.. plate.Jobs.Select(j => new JobPaused { Job = j.Id, Epoch = j.Epoch, At = Now, Reason = "M0: change the filament." })]));
            After((seconds / 2) + PromptSeconds, () => Append([.. plate.Jobs.Select(j => new JobResumed { Job = j.Id, Epoch = j.Epoch, At = Now })]));
        }

        After(lasts, () =>
        {
            if (isGood)
            {
                Complete(machine, plate, lasts, work.Sum(static w => w.Work.Grams));
            }
            else
            {
                Stop(machine);
                Fail(machine, "The part came off the bed.");
            }

            Advance(machine);
        });

        void After(double inSeconds, Action what) => _network.After(TimeSpan.FromSeconds(inSeconds), () =>
        {
            if (machine.Turn == turn)
            {
                what();
            }
        });
    }

    /// <summary>What a run took is divided by the shares of its jobs. What was called off meanwhile lies with the others, and nobody wants it.</summary>
    private void Complete(SimulatedMachine machine, Plate plate, double seconds, double grams)
    {
        Stop(machine, grams);
        Append([.. plate.Jobs.Select(j => machine.CalledOff.TryGetValue(j.Id, out var reason) ? (JobEvent)new JobCancelled { Job = j.Id, Epoch = j.Epoch, At = Now, Reason = reason } : new JobCompleted
        {
            Job = j.Id,
            Epoch = j.Epoch,
            At = Now,
            Seconds = seconds * (plate.ShareOf(j) ?? 1),
            Grams = grams * (plate.ShareOf(j) ?? 1),
            EnergyKwh = seconds * (plate.ShareOf(j) ?? 1) / 3.6e6 * machine.Machine.Profile.Power.RunningW,
        })]);
        var wanted = plate.Jobs.Where(j => !machine.CalledOff.ContainsKey(j.Id)).ToList();
        machine.CalledOff.Clear();
        foreach (var job in wanted)
        {
            _network.PhysicallyCompleted(job);
        }

        // Before the next start somebody has cleared the machine: clearing is part of every set-up.
        _network.After(TimeSpan.FromMinutes(machine.Machine.Profile.SetUp.ClearMinutes), () => TakeOff(machine, wanted, j => grams * (plate.ShareOf(j) ?? 1)));
    }

    /// <summary>Somebody takes off what was made, and sees what of it is scrap.</summary>
    private void TakeOff(SimulatedMachine machine, List<Job> made, Func<Job, double> gramsOf)
    {
        var scrap = made.FindAll(j => Demand.Luck("scrap", _network.PieceOf(j.Id), _network.AttemptOf(j.Id)) < ScrapRate);
        foreach (var job in made)
        {
            _network.TakenOff(job, Site, gramsOf(job), scrap.Contains(job));
        }

        if (scrap.Count > 0)
        {
            Append([.. scrap.Select(j => new JobScrapped { Job = j.Id, Epoch = j.Epoch, At = Now, Reason = "Its layers do not hold together." })]);
        }

        _book.SetMachine(new MachineRecord { Machine = machine.Machine.Id.Name, Loaded = machine.Loaded });
    }

    /// <summary>Whatever a machine had started and not ended has failed; what nobody wanted any more is cancelled.</summary>
    private void Fail(SimulatedMachine machine, string reason)
    {
        var started = _book.Leases.Open.Where(h => h.IsStarted && h.Job.Machine == machine.Machine.Id).Select(static h => h.Job).ToList();
        if (started.Count > 0)
        {
            Append([.. started.Select(j => machine.CalledOff.TryGetValue(j.Id, out var own) ? (JobEvent)new JobCancelled { Job = j.Id, Epoch = j.Epoch, At = Now, Reason = own }
                : new JobFailed { Job = j.Id, Epoch = j.Epoch, At = Now, Reason = reason, LastLine = 1000 })]);
        }

        machine.CalledOff.Clear();
    }

    /// <summary>A job is not wanted any more. What runs with others goes on for them, and it ends with the run.</summary>
    private void CallOff(HeldJob held, string reason)
    {
        var machine = Machines.FirstOrDefault(m => m.Plate?.Has(held.Job.Id) == true);
        if (machine is { MovesSince: not null, Plate: { } running })
        {
            machine.CalledOff[held.Job.Id] = reason;
            if (!running.Jobs.All(j => machine.CalledOff.ContainsKey(j.Id)))
            {
                _network.Count("jobs called off while their bed went on");
                return;
            }

            Stop(machine);
            Fail(machine, reason);
            Advance(machine);
        }
        else
        {
            Append(new JobCancelled { Job = held.Job.Id, Epoch = held.Job.Epoch, At = Now, Reason = reason });
            Leave(held.Job);
        }
    }

    /// <summary>A job that was not started is no longer this site's: its plate is made without it.</summary>
    private void Leave(Job job)
    {
        var machine = Machines.First(m => m.Machine.Id == job.Machine);
        if (machine is { Plate: { } setUpFor, MovesSince: null } && !PlatesOf(machine).Exists(p => p.Jobs.Any(j => setUpFor.Has(j.Id))))
        {
            Stop(machine);
        }

        Advance(machine);
    }

    /// <summary>Whatever goes on at a machine ends.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="grams">What went into a run that came to its end; null: it broke off.</param>
    private void Stop(SimulatedMachine machine, double? grams = null)
    {
        if (machine is { MovesSince: { } since, Plate: { } moving })
        {
            _network.PhysicallyEnded(moving);
            _network.Book.RunEnded(Site.Prices, machine.Machine.Profile, (Now - since).TotalSeconds, grams ?? (Now - since).TotalHours * BrokenGramsPerHour, grams is not null, Now);
        }

        machine.Turn++;
        (machine.Plate, machine.MovesSince, machine.IsSetUp) = (null, null, false);
        if (machine.State is MachineState.Running)
        {
            machine.State = MachineState.Idle;
            Tell(machine);
        }
    }
}
