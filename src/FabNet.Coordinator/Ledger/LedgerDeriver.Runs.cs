// What runs made and used up, or wasted, and whom they credit.

using FabNet.Coordinator.State;
using FabNet.Model;
using FabNet.Model.Jobs;
using FabNet.Model.Ledger;

namespace FabNet.Coordinator.Ledger;

internal sealed partial class LedgerDeriver
{
    private void TakeCompletion(long fact, JobCompleted completed)
    {
        if (_taken.GetValueOrDefault(completed.Job) is not { } taken)
        {
            return;
        }

        if (taken.IsGuest)
        {
            EndGuest(fact, taken, completed);
            return;
        }

        if (taken.Group is not { } group)
        {
            return;
        }

        taken.IsRunning = false;
        AddRun(taken.Costs, taken, completed, fact);
        taken.Grams = DecimalOf(completed.Grams);
        var own = taken.Costs.Sum(c => c.Cost!.Amount);
        AddPriced(taken.Costs, taken.Event("warranty", LedgerAction.DeliverService, completed.At, fact) with
        {
            Receiver = taken.Receiver, ConformsTo = "service/warranty", Resource = new Measure(DecimalOf(taken.FailureProbability), LedgerUnit.One),
        }, CostTerm.Risk, own, taken);
        foreach (var cost in taken.Costs)
        {
            emit(cost);
        }

        var made = taken.Event("made", LedgerAction.Produce, completed.At, fact) with
        {
            Resource = new Measure(taken.Entry.Job.Copies, LedgerUnit.One), Fulfills = LedgerNames.Commitment(taken.Id, taken.Epoch),
        };
        emit(made);
        Cite(taken, completed.At, fact);
        ClaimReciprocity(taken, made);
        if (taken.Entry.Job.ReplacedBy is { } by)
        {
            Refuse(taken, completed.At, fact, $"Its site was away and its work was given to {by}; it is made twice.");
        }

        group.Made.Add(taken);
        group.EndedAt = completed.At;
        if (_groups.GetValueOrDefault(taken.Machine) != group)
        {
            // The site came back with it after the others of its set-up were settled: it shares nothing any more.
            var late = new SetUpGroup(taken, group.Before, isLate: true) { EndedAt = completed.At };
            late.Made.Add(taken);
            Settle(fact, late);
        }
    }

    private static void AddRun(List<EconomicEvent> costs, TakenJob taken, JobEvent ended, long fact)
    {
        var used = Used(taken, ended);
        if (taken.Bed is null)
        {
            AddTime(costs, taken, "set-up", taken.SetUp.ClearMinutes, taken.SetUp.ClearMinutes + taken.SetUp.WarmUpMinutes, ended.At, fact);
        }

        AddPriced(costs, taken.Event("run", LedgerAction.Use, ended.At, fact) with
        {
            ConformsTo = MachineClass(taken), Inventoried = LedgerNames.Machine(taken.Machine), Effort = Hours(used.Seconds), Basis = used.Basis,
        }, CostTerm.MachineTime, taken.Prices.MachinePerHour, taken);
        AddPriced(costs, taken.Event("material", LedgerAction.Consume, ended.At, fact) with
        {
            ConformsTo = LedgerNames.Material(taken.Entry.Job.Material), Resource = Grams(used.Grams), Basis = used.Basis,
        }, CostTerm.Material, taken.PricePerGram, taken);
        AddPriced(costs, taken.Event("energy", LedgerAction.Consume, ended.At, fact) with
        {
            ConformsTo = "energy/electric", Resource = new Measure(DecimalOf(used.EnergyKwh), LedgerUnit.KilowattHour), Basis = used.Basis,
        }, CostTerm.Energy, taken.Prices.EnergyPerKwh, taken);
    }

    private void TakeFailure(long fact, JobEvent ended)
    {
        if (_taken.GetValueOrDefault(ended.Job) is not { IsRunning: true } taken)
        {
            return;
        }

        if (taken.IsGuest)
        {
            EndGuest(fact, taken, ended);
            return;
        }

        if (taken.Group is not { } group)
        {
            return;
        }

        taken.IsRunning = false;
        group.EndedAt = ended.At;
        List<EconomicEvent> wasted = [];
        AddRun(wasted, taken, ended, fact);
        EmitScrap(wasted);
        emit(Scrap(taken, ended.At, fact));
    }

    // What a run that ended used. Where it was not completed, time is measured by the two clocks' marks, material and energy as the program would have used them by then.
    private static (double Seconds, double Grams, double EnergyKwh, QuantityBasis Basis) Used(TakenJob taken, JobEvent ended)
    {
        if (ended is JobCompleted completed)
        {
            return (completed.Seconds, completed.Grams, completed.EnergyKwh, QuantityBasis.Measured);
        }

        var job = taken.Entry.Job;
        var seconds = job.StartedAt is { } started ? Math.Clamp((ended.At - started).TotalSeconds, 0, 1e7) * (job.Share ?? 1) : 0;
        var share = job.EstimatedSeconds is > 0 and var whole ? Math.Min(1, seconds / whole) : 1;
        return (seconds, share * (job.EstimatedGrams ?? 0), seconds / 3600 * taken.Profile.Power.RunningW / 1000, QuantityBasis.Estimated);
    }

    private static EconomicEvent Scrap(TakenJob taken, DateTimeOffset at, long fact) => taken.Event("scrap", LedgerAction.Lower, at, fact) with
    {
        Resource = new Measure(taken.Entry.Job.Copies, LedgerUnit.One), IsScrap = true, Note = PlainText.Of(taken.Entry.Job.Reason ?? "It was not finished."),
    };

    private void EmitScrap(List<EconomicEvent> costs)
    {
        foreach (var cost in costs)
        {
            emit(cost with { IsScrap = true });
        }
    }

    private void Cite(TakenJob taken, DateTimeOffset at, long fact)
    {
        if (taken.Entry.Order.Credit is not { Chain.Count: > 0 } credit)
        {
            return;
        }

        foreach (var (share, i) in ForkCredit.Along(credit.Chain.Count).Select((s, i) => (s, i)))
        {
            emit(taken.Event($"cite-{i + 1}", LedgerAction.Cite, at, fact) with
            {
                Provider = LedgerNames.Designer(credit.Chain[i].Designer),
                ConformsTo = $"design/{credit.Chain[i].Manifest}",
                Resource = new Measure(share * taken.Entry.Job.Copies, LedgerUnit.One),
            });
        }
    }

    private void ClaimReciprocity(TakenJob taken, EconomicEvent made)
    {
        if (taken.Entry.Order.Credit is { Owes: { } owed, Chain: [var design, ..] })
        {
            var claim = new ReciprocityClaim
            {
                Id = $"claim/{taken.Id}/{taken.Epoch}",
                At = made.At,
                Fact = made.Fact,
                Order = taken.Order,
                Provider = taken.Receiver,
                Receiver = LedgerNames.Designer(design.Designer),
                TriggeredBy = made.Id,
                License = PlainText.Of(owed.License),
                Amount = owed.Amount is { } each ? Math.Min(EventCost.MostAmount, Math.Round(each * taken.Entry.Job.Copies, 2, MidpointRounding.ToEven)) : null,
                Currency = owed.Amount is null ? null : owed.Currency,
            };
            _claims.Add(claim.Id, claim);
            emit(claim);
        }
    }
}
