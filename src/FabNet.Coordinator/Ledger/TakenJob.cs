// What the ledger keeps of a job that a site took: where, at which prices, and what it cost so far.

using FabNet.Coordinator.State;
using FabNet.Model;
using FabNet.Model.Ledger;
using FabNet.Model.Machines;
using FabNet.Model.Sites;
using FabNet.Planning.Sharing;

namespace FabNet.Coordinator.Ledger;

/// <summary>A job under one lease.</summary>
internal sealed class TakenJob(JobEntry entry, Site site, Machine machine, double failureProbability)
{
    /// <summary>The lease under which it was taken.</summary>
    public int Epoch { get; } = entry.Job.Epoch;

    public JobEntry Entry { get; } = entry;

    public JobId Id => Entry.Id;

    public OrderId Order => Entry.Job.Order;

    public MachineId Machine { get; } = machine.Id;

    public MachineProfile Profile { get; } = machine.Profile;

    /// <summary>The site and its prices, as they were in force when the job was taken.</summary>
    public Site Site { get; } = site;

    public SitePrices Prices => Site.Prices;

    /// <summary>Between 0 and 1, as measured until the job was taken.</summary>
    public double FailureProbability { get; } = failureProbability;

    public string Process => LedgerNames.Process(Id, Epoch);

    public string Provider => LedgerNames.Site(Machine.Site);

    public string Receiver => Entry.Order.Origin is { } origin ? LedgerNames.Community(origin.Community) : LedgerNames.Customer(Entry.Order.Order.Customer);

    /// <summary>True if it is made for another community, which keeps its books.</summary>
    public bool IsGuest => Entry.Order.Origin is not null;

    public string ConformsTo => LedgerNames.Part(Entry.Job.Design.Manifest, Entry.Job.Part);

    public string Name(string what) => LedgerNames.Event(Id, Epoch, what);

    /// <summary>The set-up group that it runs in; null before it was started, and again once the group is settled.</summary>
    public SetUpGroup? Group { get; set; }

    /// <summary>The run on a bed that it shares with others; null where it was run alone.</summary>
    public BedRun? Bed { get; set; }

    /// <summary>The set-up that every run takes (clearing, warming up), as it was when it was started.</summary>
    public SetUpRun SetUp { get; set; }

    /// <summary>True if it would have needed the group's change of set-up had it been alone.</summary>
    public bool NeedsChange { get; set; }

    /// <summary>True while it may be running.</summary>
    public bool IsRunning { get; set; }

    /// <summary>What its run cost, once it was made.</summary>
    public List<EconomicEvent> Costs { get; } = [];

    /// <summary>The measured mass of what it made, in grams.</summary>
    public decimal Grams { get; set; }

    /// <summary>An event of its process; what is used up goes into it, and who pays is said later.</summary>
    public EconomicEvent Event(string what, LedgerAction action, DateTimeOffset at, long fact) => new()
    {
        Id = Name(what), At = at, Fact = fact, Action = action, Provider = Provider, Receiver = Provider, ConformsTo = ConformsTo, Order = Order,
        InputOf = action is LedgerAction.Produce or LedgerAction.Lower ? null : Process,
        OutputOf = action is LedgerAction.Produce or LedgerAction.Lower ? Process : null,
    };

    /// <summary>The price of its material for each gram.</summary>
    public decimal PricePerGram => Prices.MaterialPerGram(Entry.Job.Material);
}

/// <summary>One run that made several jobs on one bed: what they share is its clearing and warming up; what it took else is each job's by its part of the program.</summary>
internal sealed class BedRun(TakenJob first)
{
    /// <summary>What names it: equal for jobs that were made at once.</summary>
    public (string Name, DateTimeOffset? StartedAt) Key { get; } = first.Entry.Job.RunKey;

    /// <summary>Every job that was started on it.</summary>
    public List<TakenJob> Jobs { get; } = [];

    /// <summary>What clearing the bed and warming up cost, once.</summary>
    public List<EconomicEvent> Costs { get; } = [];

    /// <summary>True once that was told.</summary>
    public bool IsTold { get; set; }
}

/// <summary>The runs of a machine from one change of set-up to the next: what they share is that change.</summary>
internal sealed class SetUpGroup(TakenJob first, SetUpOnMachine before, bool isLate = false)
{
    /// <summary>The run that began it.</summary>
    public TakenJob First { get; } = first;

    /// <summary>The name of its shared cost.</summary>
    public string Name { get; } = $"cost/{first.Id}/{first.Epoch}{(isLate ? "/late" : "")}";

    /// <summary>The set-up before its change: what an order alone would have begun with.</summary>
    public SetUpOnMachine Before { get; } = before;

    /// <summary>Every run that was started in it.</summary>
    public List<TakenJob> Runs { get; } = [];

    /// <summary>The runs that made what they were to.</summary>
    public List<TakenJob> Made { get; } = [];

    /// <summary>What its change cost; none if the machine was set up already.</summary>
    public List<EconomicEvent> Change { get; } = [];

    /// <summary>When its last run ended.</summary>
    public DateTimeOffset EndedAt { get; set; }
}
