// What a coordinator journals: every fact that its state follows from.

using FabNet.Model;
using FabNet.Model.Designs;
using FabNet.Model.Jobs;
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
}

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
}
