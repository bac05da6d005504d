// Runs for other communities: what they took is told, without a price. Their costs, shares and payments are kept where they were ordered, so that nothing is paid twice.

using FabNet.Coordinator.State;
using FabNet.Model;
using FabNet.Model.Jobs;
using FabNet.Model.Ledger;

namespace FabNet.Coordinator.Ledger;

internal sealed partial class LedgerDeriver
{
    // Its set-up is what the next run finds; a change ends the sharing of the one before it.
    private void StartGuest(long fact, TakenJob guest, SetUpGroup? group)
    {
        if (group is not null && guest.SetUp.IsChange)
        {
            Settle(fact, group);
        }

        guest.IsRunning = true;
        _setUps[guest.Machine] = guest.SetUp.After;
    }

    // What the other community's books say is owed to the site that helped it, until somebody says that it came.
    private void TakePayment(long fact, GuestPaid paid)
    {
        var job = state.Jobs[paid.Job].Job;
        var claim = new ReciprocityClaim
        {
            Id = $"claim/{paid.Community}/{PlainText.Of(paid.Payment)}",
            At = paid.At,
            Fact = fact,
            Order = job.Order,
            Provider = LedgerNames.Community(paid.Community),
            Receiver = LedgerNames.Site(job.Machine!.Value.Site),
            TriggeredBy = LedgerNames.Event(job.Id, job.Epoch, "made"),
            License = $"line {paid.Line} of the ledger of {paid.Community}, {paid.Digest}",
            Amount = paid.Amount,
            Currency = paid.Currency,
        };
        if (_claims.TryAdd(claim.Id, claim))
        {
            emit(claim);
        }
    }

    private void EndGuest(long fact, TakenJob guest, JobEvent ended)
    {
        if (!guest.IsRunning)
        {
            return;
        }

        guest.IsRunning = false;
        var (job, at, setUp, used) = (guest.Entry.Job, ended.At, guest.SetUp, Used(guest, ended));
        Tell(guest.Event("set-up-work", LedgerAction.Work, at, fact) with { ConformsTo = "labour/set-up", Effort = Hours((setUp.ClearMinutes + setUp.ChangeMinutes) * 60), Basis = QuantityBasis.Profile });
        Tell(guest.Event("run", LedgerAction.Use, at, fact) with
        {
            ConformsTo = MachineClass(guest), Inventoried = LedgerNames.Machine(guest.Machine), Effort = Hours(used.Seconds + ((setUp.ClearMinutes + setUp.ChangeMinutes + setUp.WarmUpMinutes) * 60)), Basis = used.Basis,
        });
        Tell(guest.Event("material", LedgerAction.Consume, at, fact) with
        {
            ConformsTo = LedgerNames.Material(job.Material), Resource = Grams(setUp.PurgeGrams + used.Grams), Basis = used.Basis,
        });
        Tell(guest.Event("energy", LedgerAction.Consume, at, fact) with
        {
            ConformsTo = "energy/electric", Resource = new Measure(DecimalOf(used.EnergyKwh), LedgerUnit.KilowattHour), Basis = used.Basis,
        });
        if (ended is not JobCompleted)
        {
            emit(Scrap(guest, at, fact));
        }
        else
        {
            // To the other community it goes, which cites whom it credits.
            emit(guest.Event("made", LedgerAction.TransferCustody, at, fact) with
            {
                Receiver = guest.Receiver, InputOf = null, OutputOf = guest.Process, Resource = new Measure(job.Copies, LedgerUnit.One), Fulfills = LedgerNames.Commitment(guest.Id, guest.Epoch),
            });
        }

        void Tell(EconomicEvent took)
        {
            if (took.Quantity is { Value: > 0 })
            {
                emit(took with { Receiver = guest.Receiver });
            }
        }
    }
}
