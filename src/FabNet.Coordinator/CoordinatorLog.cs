// What a coordinator writes to its log.

using FabNet.Model;
using Microsoft.Extensions.Logging;

namespace FabNet.Coordinator;

internal static partial class CoordinatorLog
{
    [LoggerMessage(1, LogLevel.Error, "A command of the coordinator failed; it goes on with the next.")]
    public static partial void CommandFailed(ILogger logger, Exception exception);

    [LoggerMessage(2, LogLevel.Information, "The coordinator replayed its journal: {Orders} orders, {Jobs} jobs, {Sites} sites.")]
    public static partial void Replayed(ILogger logger, int orders, int jobs, int sites);

    [LoggerMessage(3, LogLevel.Information, "Site {Site} joined with {Machines} machines (agent {Version}).")]
    public static partial void SiteJoined(ILogger logger, SiteId site, int machines, string version);

    [LoggerMessage(4, LogLevel.Information, "Site {Site} left: {Reason}")]
    public static partial void SiteLeft(ILogger logger, SiteId site, string reason);

    [LoggerMessage(5, LogLevel.Warning, "A report of site {Site} was refused: {Reason}")]
    public static partial void ReportRefused(ILogger logger, SiteId site, string reason);

    [LoggerMessage(6, LogLevel.Warning, "Job {Job} is lost: {Reason}")]
    public static partial void JobLost(ILogger logger, JobId job, string reason);

    [LoggerMessage(7, LogLevel.Error, "The journal can't be written; it is tried again at the next occasion.")]
    public static partial void JournalUnwritable(ILogger logger, Exception exception);

    [LoggerMessage(8, LogLevel.Debug, "Planned {Jobs} jobs on {Machines} machines in {Milliseconds} ms: {Assigned} placed, {Unplaced} not.")]
    public static partial void Planned(ILogger logger, int jobs, int machines, double milliseconds, int assigned, int unplaced);

    [LoggerMessage(9, LogLevel.Error, "Planning failed; the plan in force stays.")]
    public static partial void PlanningFailed(ILogger logger, Exception exception);

    [LoggerMessage(10, LogLevel.Warning, "A status of site {Site} was ignored: {Reason}")]
    public static partial void StatusIgnored(ILogger logger, SiteId site, string reason);

    [LoggerMessage(11, LogLevel.Warning, "The catalogue can't be asked which designs are unsafe: {Reason} What was known stays.")]
    public static partial void CatalogueAway(ILogger logger, string reason);

    [LoggerMessage(12, LogLevel.Error, "The board could not be written; its readers keep what they have.")]
    public static partial void BoardFailed(ILogger logger, Exception exception);

    [LoggerMessage(13, LogLevel.Warning, "Site {Site} was not believed in all that it told of job {Job}: {Doubt}")]
    public static partial void ReportDoubted(ILogger logger, SiteId site, JobId job, string doubt);

    [LoggerMessage(14, LogLevel.Information, "Follows the community {Community} at {Address}.")]
    public static partial void CommunityFollowed(ILogger logger, string community, Uri address);

    [LoggerMessage(15, LogLevel.Warning, "The community {Community} is not reached as the guest {Site}: {Reason}")]
    public static partial void CommunityAway(ILogger logger, string community, SiteId site, string reason);

    [LoggerMessage(16, LogLevel.Information, "{Site} is a guest of the community {Community}; {Reports} reports go up.")]
    public static partial void GuestWelcomed(ILogger logger, SiteId site, string community, long reports);

    [LoggerMessage(17, LogLevel.Information, "{Job} of the community {Community} is made here as {Here} on {Machine}.")]
    public static partial void GuestPlaced(ILogger logger, JobId job, string community, JobId here, MachineId machine);

    [LoggerMessage(18, LogLevel.Warning, "The lease of {Job} goes back to the community {Community}: {Reason}")]
    public static partial void GuestLeaseRefused(ILogger logger, JobId job, string community, string reason);

    [LoggerMessage(19, LogLevel.Error, "The guest {Site} of the community {Community} failed; it begins anew.")]
    public static partial void GuestFailed(ILogger logger, Exception exception, SiteId site, string community);

    [LoggerMessage(20, LogLevel.Warning, "It was started to follow {Community} at {Address}, and people said something else of that community since, which holds: fabnet communities")]
    public static partial void FollowingOverruled(ILogger logger, string community, Uri address);

    [LoggerMessage(21, LogLevel.Error, "Following {Community} at {Address} failed; it begins anew.")]
    public static partial void CommunityFailed(ILogger logger, Exception exception, string community, Uri address);
}
