// What a coordinator journals: every fact that its state follows from.

using System.Text.Json.Serialization;
using FabNet.Model;
using FabNet.Model.Designs;
using FabNet.Model.Jobs;
using FabNet.Model.Machines;
using FabNet.Model.Orders;
using FabNet.Model.Plans;
using FabNet.Model.Sites;

namespace FabNet.Coordinator.State;

/// <summary>A journaled fact.</summary>
internal abstract record CoordinatorRecord;

/// <summary>An order was accepted, with all that its jobs need: replay asks no catalogue.</summary>
internal sealed record OrderPlaced : CoordinatorRecord
{
    public required Order Order { get; init; }

    /// <summary>The client's key for it; null if it gave none.</summary>
    public string? Key { get; init; }

    /// <summary>The parts that are made, as they stood in the verified manifest.</summary>
    public required IReadOnlyList<DesignPart> Parts { get; init; }

    /// <summary>The jobs that it was split into.</summary>
    public required IReadOnlyList<NewJob> Jobs { get; init; }

    /// <summary>Whom its making credits, and what it owes; null in journals from before there was a ledger.</summary>
    public DesignCredit? Credit { get; init; }

    /// <summary>The job of another community that it makes; null for an order of its own.</summary>
    public GuestOrigin? Origin { get; init; }
}

/// <summary>A job of another community, leased to a machine of this one as its guest.</summary>
/// <param name="Community">Where it was ordered.</param>
/// <param name="Job">Its id there.</param>
/// <param name="Epoch">The lease.</param>
/// <param name="Machine">The machine, by its name here.</param>
internal sealed record GuestOrigin(string Community, JobId Job, int Epoch, MachineId Machine);

/// <summary>Another community is followed under a boot id: the sequences of reports to it count within this one.</summary>
internal sealed record CommunityFollowed : CoordinatorRecord
{
    public required string Community { get; init; }

    public required string Boot { get; init; }
}

/// <summary>Somebody said that a community is to be followed, or not any more. What was said last holds, also over what the coordinator was started with.</summary>
internal sealed record FollowingChanged : CoordinatorRecord
{
    public required string Community { get; init; }

    /// <summary>Its coordinator's; of one that is left, where it was followed.</summary>
    public required Uri Address { get; init; }

    public required bool IsFollowed { get; init; }

    public required DateTimeOffset At { get; init; }
}

/// <summary>A lease that another community granted is given back, with nothing done under it.</summary>
internal sealed record GuestLeaseRefused : CoordinatorRecord
{
    public required GuestOrigin Origin { get; init; }

    public required DateTimeOffset At { get; init; }

    public required string Reason { get; init; }
}

/// <summary>The books of another community say that a guest is paid: that is claimed here until it is settled.</summary>
internal sealed record GuestPaid : CoordinatorRecord
{
    public required string Community { get; init; }

    /// <summary>The job here that it is for; where several are paid at once, the first.</summary>
    public required JobId Job { get; init; }

    /// <summary>The payment's name there.</summary>
    public required string Payment { get; init; }

    public required decimal Amount { get; init; }

    public required string Currency { get; init; }

    /// <summary>The place of its line in that ledger.</summary>
    public required long Line { get; init; }

    /// <summary>The digest of that line.</summary>
    public required Digest Digest { get; init; }

    public required DateTimeOffset At { get; init; }
}

/// <summary>The other community held a job for lost: how it stands is told again.</summary>
internal sealed record GuestToldAgain : CoordinatorRecord
{
    /// <summary>The job here.</summary>
    public required JobId Job { get; init; }

    public required DateTimeOffset At { get; init; }
}

/// <summary>Whom the making of a design credits, as the catalogue said when it was ordered.</summary>
internal sealed record DesignCredit
{
    /// <summary>The design, then what it was forked from, and so on.</summary>
    public required IReadOnlyList<CreditedDesign> Chain { get; init; }

    /// <summary>What the customer owes for each copy under a reciprocal licence; null where it owes nothing.</summary>
    public OwedReciprocity? Owes { get; init; }
}

/// <summary>A design and who made it.</summary>
/// <param name="Manifest">Its manifest.</param>
/// <param name="Designer">Its publisher, such as <c>alice~1a2b3c4d</c>, or its licensor where it was published by nobody.</param>
internal sealed record CreditedDesign(Digest Manifest, string Designer);

/// <summary>CopyFair: what a for-profit customer owes.</summary>
/// <param name="License">The licence that asks for it.</param>
/// <param name="Amount">For each copy, in whole cents; null where the publisher states no rate.</param>
/// <param name="Currency">Its currency; null likewise.</param>
internal sealed record OwedReciprocity(string License, decimal? Amount, string? Currency);

/// <summary>A job as it begins.</summary>
internal sealed record NewJob
{
    public required JobId Id { get; init; }

    /// <summary>The index of its part in <see cref="OrderPlaced.Parts"/>.</summary>
    public required int Part { get; init; }

    public string? Material { get; init; }

    public string? Color { get; init; }
}

/// <summary>A job was planned to do another's work again.</summary>
internal sealed record ReplacementCreated : CoordinatorRecord
{
    public required JobId Id { get; init; }

    public required JobId Replaces { get; init; }
}

/// <summary>Something happened to a job, and was applied.</summary>
internal sealed record JobHappened : CoordinatorRecord
{
    public required JobEvent Event { get; init; }

    /// <summary>Where the report came from; null if the coordinator itself is the source.</summary>
    public ReportOrigin? Origin { get; init; }

    /// <summary>With an offer or a lease: what it costs there, and why there.</summary>
    public Terms? Terms { get; init; }

    /// <summary>What the site told and was not believed, and what stands in the event instead; null if it was believed.</summary>
    public string? Doubt { get; init; }
}

/// <summary>The terms of an offer.</summary>
internal sealed record Terms
{
    public required CostBreakdown Cost { get; init; }

    public required string Why { get; init; }
}

/// <summary>The place of a report in a site's lane.</summary>
/// <param name="Site">The site.</param>
/// <param name="Boot">Its data folder.</param>
/// <param name="Sequence">Counted from 1 within the boot.</param>
internal sealed record ReportOrigin(SiteId Site, string Boot, long Sequence);

/// <summary>A report was refused. It is journaled so that it is acknowledged once and never blocks the lane.</summary>
internal sealed record ReportRefused : CoordinatorRecord
{
    public required ReportOrigin Origin { get; init; }

    public required string Reason { get; init; }
}

/// <summary>A site announced itself, or announced itself anew with other machines or prices.</summary>
internal sealed record SiteRegistered : CoordinatorRecord
{
    public required Site Site { get; init; }
}

/// <summary>Somebody wants a job called off that a site holds.</summary>
internal sealed record CancelRequested : CoordinatorRecord
{
    public required JobId Job { get; init; }

    public required string Reason { get; init; }

    /// <summary>True if the community asks for it that the job is made for.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool IsByCommunity { get; init; }
}

/// <summary>The receiver of an order has what was made: it accepted some of it, and refused the rest.</summary>
internal sealed record OrderAccepted : CoordinatorRecord
{
    public required OrderId Order { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>Who said so.</summary>
    public required string By { get; init; }

    /// <summary>The jobs whose parts are accepted.</summary>
    public required IReadOnlyList<JobId> Accepted { get; init; }

    /// <summary>The jobs whose parts are not; each has a replacement, journaled with this.</summary>
    public IReadOnlyList<RefusedJob> Refused { get; init; } = [];
}

/// <summary>A job whose parts its receiver refused.</summary>
internal sealed record RefusedJob(JobId Job, string Reason);

/// <summary>What was made at one site for another joins a delivery; the first to join makes it.</summary>
internal sealed record DeliveryJoined : CoordinatorRecord
{
    /// <summary><c>d-</c> and the delivery's number, counted from 1.</summary>
    public required string Delivery { get; init; }

    public required SiteId From { get; init; }

    public required SiteId To { get; init; }

    /// <summary>Of the site that it goes from.</summary>
    public required DateOnly Day { get; init; }

    public required DateTimeOffset At { get; init; }

    public required IReadOnlyList<JobId> Jobs { get; init; }
}

/// <summary>What people do with a delivery.</summary>
internal enum DeliveryStep
{
    Claimed,
    PickedUp,
    DroppedOff,
    Failed,
    PlannedAgain,
}

/// <summary>Somebody took, picked up or dropped off a delivery, or could not.</summary>
internal sealed record DeliveryStepped : CoordinatorRecord
{
    public required string Delivery { get; init; }

    public required DeliveryStep Step { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>Who said so.</summary>
    public required string By { get; init; }

    /// <summary>Why it failed.</summary>
    public string? Reason { get; init; }
}

/// <summary>A claim of the ledger was settled, as whom it is owed to says.</summary>
internal sealed record ClaimSettled : CoordinatorRecord
{
    public required string Claim { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>Who said so, and how it was settled.</summary>
    public required string Note { get; init; }
}

/// <summary>Machines came into service or went out of it, as far as their sites told. Not every state is journaled, only those that change this.</summary>
internal sealed record ServiceChanged : CoordinatorRecord
{
    public required IReadOnlyList<MachineId> Machines { get; init; }

    /// <summary>What they do.</summary>
    public required MachineState State { get; init; }

    public required DateTimeOffset At { get; init; }
}
