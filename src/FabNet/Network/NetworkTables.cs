// The network's machines, jobs and orders as tables for people.

using System.Globalization;
using FabNet.CommandLine;
using Wire = FabNet.Protocol.V1;

namespace FabNet.Network;

internal static class NetworkTables
{
    /// <summary>The machines of a network; those of a site that is away say so.</summary>
    public static TextTable Machines(Wire.Network network)
    {
        var away = network.Sites.Where(s => !s.Online).SelectMany(s => s.Machines).ToHashSet();
        return Machines(network.Sites.SelectMany(s => s.Machines), m => away.Contains(m) ? "site offline" : m.State.Word());
    }

    /// <summary>Machines that can be asked directly.</summary>
    public static TextTable Machines(IEnumerable<Wire.MachineStatus> machines) => Machines(machines, m => m.State.Word());

    private static TextTable Machines(IEnumerable<Wire.MachineStatus> machines, Func<Wire.MachineStatus, string> stateOf)
    {
        var table = new TextTable("MACHINE", "STATE", "LOADED", "JOB", "DONE", "LEFT", "HOT END", "NOTE");
        foreach (var machine in machines.OrderBy(m => m.Machine, StringComparer.Ordinal))
        {
            table.Add(
                machine.Machine,
                stateOf(machine),
                machine.Loaded.Text(),
                machine.HasJobId ? machine.JobId + (machine.MoreJobs > 0 ? $" +{machine.MoreJobs}" : "") : "-",
                machine.HasJobId ? machine.Progress.ToString("0 %", CultureInfo.InvariantCulture) : "",
                machine.HasRemainingSeconds ? Durations.Text(machine.RemainingSeconds) : "",
                machine.HasHotEndC ? $"{machine.HotEndC:0} °C" : "",
                machine.HasDetail ? machine.Detail : "");
        }

        return table;
    }

    public static TextTable Jobs(IEnumerable<Wire.Job> jobs)
    {
        var table = new TextTable("JOB", "STATE", "DESIGN", "PART", "MACHINE", "NOTE");
        foreach (var job in jobs)
        {
            table.Add(job.Id, job.State.Word(), $"{job.Design.Name}@{job.Design.Version}", job.Part, job.HasMachine ? job.Machine : "-", job.HasReason ? job.Reason : "");
        }

        return table;
    }

    public static TextTable Orders(IEnumerable<Wire.Order> orders)
    {
        var table = new TextTable("ORDER", "STATUS", "DESIGN", "QUANTITY", "MADE", "CUSTOMER", "PLACED");
        foreach (var order in orders)
        {
            var live = order.Jobs.Where(j => !j.HasReplacedBy).ToList();
            table.Add(
                order.Id,
                order.Status.Word(),
                $"{order.Design.Name}@{order.Design.Version}",
                order.Quantity.ToString(CultureInfo.InvariantCulture),
                $"{live.Count(j => j.State == Wire.JobState.Completed)} of {live.Count}",
                order.Customer,
                order.PlacedAt.ToDateTimeOffset().ToString("yyyy-MM-dd HH:mm'Z'", CultureInfo.InvariantCulture));
        }

        return table;
    }
}
