// The names by which entries speak of agents, resources, processes and one another.

using FabNet.Model.Designs;

namespace FabNet.Model.Ledger;

/// <summary>Names in a ledger: a kind, a slash, and what it is, with what an IRI can't hold escaped. Unique within one ledger.</summary>
public static class LedgerNames
{
    /// <summary>A site as an agent.</summary>
    public static string Site(SiteId site) => $"site/{site}";

    /// <summary>Who orders, as an agent.</summary>
    public static string Customer(string customer) => $"customer/{Uri.EscapeDataString(customer)}";

    /// <summary>Another community, as an agent.</summary>
    public static string Community(string community) => $"community/{community}";

    /// <summary>Who designed, as an agent.</summary>
    public static string Designer(string name) => $"designer/{Uri.EscapeDataString(name)}";

    /// <summary>A material, as a kind of resource; a machine that was told of none works "any".</summary>
    public static string Material(string? material) => $"material/{Uri.EscapeDataString(material ?? "any")}";

    /// <summary>A machine.</summary>
    public static string Machine(MachineId machine) => $"machine/{machine}";

    /// <summary>A part of a design, as a kind of resource.</summary>
    public static string Part(Digest manifest, string part) => $"design/{manifest}#{Uri.EscapeDataString(part)}";

    /// <summary>A design, as a kind of resource.</summary>
    public static string Design(DesignRef design) => $"design/{design.Manifest}";

    /// <summary>Money, as a kind of resource.</summary>
    public static string Currency(string currency) => $"currency/{currency}";

    /// <summary>The agreement of an order.</summary>
    public static string Agreement(OrderId order) => $"order/{order}";

    /// <summary>The process of a job under one lease.</summary>
    public static string Process(JobId job, int epoch) => $"process/{job}/{epoch}";

    /// <summary>The change of set-up before the run of a job under one lease: a process of its own.</summary>
    public static string SetUp(JobId job, int epoch) => $"set-up/{job}/{epoch}";

    /// <summary>Clearing and warming up for a run that makes several jobs on one bed, named by the first of them: a process of its own.</summary>
    public static string Bed(JobId job, int epoch) => $"bed/{job}/{epoch}";

    /// <summary>The commitment to a process.</summary>
    public static string Commitment(JobId job, int epoch) => $"commitment/{job}/{epoch}";

    /// <summary>The job of a process; null if it is none of a job.</summary>
    public static JobId? JobOf(string? process)
    {
        const string Prefix = "process/";
        var end = process?.LastIndexOf('/') ?? -1;
        return process is not null && process.StartsWith(Prefix, StringComparison.Ordinal) && end > Prefix.Length && Names.JobPattern().IsMatch(process[Prefix.Length..end])
            ? new JobId(process[Prefix.Length..end]) : null;
    }

    /// <summary>What a name names, as people read it: without its kind and its escapes.</summary>
    public static string ForPeople(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Uri.UnescapeDataString(name[(name.IndexOf('/', StringComparison.Ordinal) + 1)..]);
    }

    /// <summary>An event of a process.</summary>
    public static string Event(JobId job, int epoch, string what) => $"event/{job}/{epoch}/{what}";
}
