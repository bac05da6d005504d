// What an open-book ledger holds: ValueFlows' agreements, commitments, economic events and claims, and how shared costs were divided.

using FabNet.Model.Designs;

namespace FabNet.Model.Ledger;

/// <summary>One entry. Immutable: what turns out to be otherwise is a new entry that names this one.</summary>
public abstract record LedgerEntry
{
    /// <summary>Its name, unique in its ledger, made of what it is about, such as <c>event/o-7.1/1/run</c>.</summary>
    public required string Id { get; init; }

    /// <summary>When it happened, by the clock of who reported it.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The place in the coordinator's journal of the fact that it follows from.</summary>
    public required long Fact { get; init; }

    /// <summary>The entry that this one corrects; null if none.</summary>
    public string? Corrects { get; init; }
}

/// <summary>An order: who agreed to get what (ValueFlows' Agreement).</summary>
public sealed record OrderAgreement : LedgerEntry
{
    /// <summary>The order.</summary>
    public required OrderId Order { get; init; }

    /// <summary>Who ordered, as an agent's name.</summary>
    public required string Receiver { get; init; }

    /// <summary>What is ordered.</summary>
    public required DesignRef Design { get; init; }

    /// <summary>How many copies of parts it comes to.</summary>
    public required int Copies { get; init; }

    /// <summary>When it should be ready, if it matters.</summary>
    public DateTimeOffset? Due { get; init; }

    /// <summary>The site where it is wanted, if it matters.</summary>
    public SiteId? Destination { get; init; }
}

/// <summary>A site took a job, at a cost that the plan stated (ValueFlows' Commitment).</summary>
public sealed record WorkCommitment : LedgerEntry
{
    /// <summary>The order.</summary>
    public required OrderId Order { get; init; }

    /// <summary>The process that it commits to: job and lease.</summary>
    public required string Process { get; init; }

    /// <summary>The site, as an agent's name.</summary>
    public required string Provider { get; init; }

    /// <summary>Who ordered, as an agent's name.</summary>
    public required string Receiver { get; init; }

    /// <summary>What will be made.</summary>
    public required string ConformsTo { get; init; }

    /// <summary>How many copies.</summary>
    public required int Copies { get; init; }

    /// <summary>The planned cost, term by term; each term once.</summary>
    public required IReadOnlyList<PlannedTerm> Planned { get; init; }

    /// <summary>Its currency.</summary>
    public required string Currency { get; init; }

    /// <summary>Why there, as the offer said; null if the site took it by itself.</summary>
    public string? Why { get; init; }
}

/// <summary>A term of a planned cost.</summary>
/// <param name="Term">Which.</param>
/// <param name="Amount">How much.</param>
public readonly record struct PlannedTerm(CostTerm Term, decimal Amount);

/// <summary>CopyFair: a for-profit organisation owes for a production; or another community owes what its own books pay to a site that helped it. It stays open until a transfer settles it, and blocks nothing (ValueFlows' Claim).</summary>
public sealed record ReciprocityClaim : LedgerEntry
{
    /// <summary>The order.</summary>
    public required OrderId Order { get; init; }

    /// <summary>Who owes, as an agent's name.</summary>
    public required string Provider { get; init; }

    /// <summary>To whom, as an agent's name.</summary>
    public required string Receiver { get; init; }

    /// <summary>The event of the production.</summary>
    public required string TriggeredBy { get; init; }

    /// <summary>The licence that asks for it; or, where another community owes a site that helped it, the line of that community's ledger that says so.</summary>
    public required string License { get; init; }

    /// <summary>What is owed for all copies, in whole cents; null where the publisher states no rate.</summary>
    public decimal? Amount { get; init; }

    /// <summary>Its currency; null where no rate is stated.</summary>
    public string? Currency { get; init; }
}
