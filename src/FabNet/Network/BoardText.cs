// The board in a person's words.

using System.Globalization;
using System.Text;
using FabNet.CommandLine;
using FabNet.Protocol;
using Wire = FabNet.Protocol.V1;

namespace FabNet.Network;

internal static class BoardText
{
    private const int MostRows = 40;
    private const int HoursShown = 24;

    /// <summary>The whole board, the first forty rows of each kind.</summary>
    public static string Of(Wire.Board board)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"OPEN DEMAND: {board.OpenJobs} {(board.OpenJobs == 1 ? "job waits" : "jobs wait")}\n");
        Append(text, board.Demand, new TextTable("ORDER", "PART", "JOBS", "NEEDS", "DUE", "TO", "BEGINS", "ON", "WHY"), static d =>
        [
            d.OrderId, $"{d.Design.Name}@{d.Design.Version} {d.Part}", d.Jobs.ToString(CultureInfo.InvariantCulture), Needs(d), At(d.Due), d.HasDestination ? d.Destination : "-", At(d.StartsAt), d.Machines.Count > 0 ? string.Join(", ", d.Machines.Take(3)) : "-", d.Why,
        ]);
        if (board.Communities.Count > 0)
        {
            text.Append("\nIN OTHER COMMUNITIES: take one with fabnet communities claim\n");
            foreach (var community in board.Communities.Where(static c => !c.Reachable))
            {
                text.Append(CommunityCommands.Away(community)).Append('\n');
            }

            Append(text, board.Foreign, new TextTable("JOB", "PART", "JOBS", "NEEDS", "DUE", "WHY"), static f =>
            [
                $"{f.Community}/{(f.Demand.JobIds.Count > 0 ? f.Demand.JobIds[0] : f.Demand.OrderId)}", $"{f.Demand.Design.Name}@{f.Demand.Design.Version} {f.Demand.Part}", f.Demand.Jobs.ToString(CultureInfo.InvariantCulture), Needs(f.Demand), At(f.Demand.Due), f.Demand.Why,
            ]);
        }

        text.Append("\nOFFERS that wait for an answer\n");
        Append(text, board.Offers, new TextTable("JOB", "MACHINE", "PART", "COST", "ANSWER BY", "WHY"), static o => [o.JobId, o.Machine, $"{o.Design.Name}@{o.Design.Version} {o.Part}", Cost(o.Cost), At(o.AnswerBy), o.Why]);
        text.Append("\nLOADED SET-UPS\n");
        foreach (var setUp in board.SetUps.Take(MostRows))
        {
            text.Append(Line(setUp)).Append('\n');
        }

        if (board.Deliveries.Count > 0)
        {
            text.Append("\nDELIVERIES: take one with fabnet delivery claim\n").Append(DeliveryCommands.Table(board.Deliveries.Take(MostRows)));
        }

        text.Append(CultureInfo.InvariantCulture, $"\nIDLE CAPACITY: minutes in each of the next {HoursShown} hours, from {(board.Capacity.Count > 0 ? At(board.Capacity[0].From) : "now")}\n");
        Append(text, board.Capacity, new TextTable("SITE", "CLASS", "MACHINES", "IN SERVICE", "MINUTES"), static c =>
            [c.Site, c.MachineClass, c.Machines.ToString(CultureInfo.InvariantCulture), c.InService.ToString(CultureInfo.InvariantCulture), string.Join(' ', c.IdleMinutes.Take(HoursShown))]);
        if (board.Demand.Count > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"\ntake one for your machine: fabnet site claim {board.Demand[0].JobIds[0]} --machine SITE/MACHINE\n");
        }

        return text.ToString();
    }

    /// <summary>What a piece tells, a line each.</summary>
    public static IEnumerable<string> Lines(Wire.BoardChange piece) =>
    [
        .. piece.Demand.Select(static d => $"open      {string.Join(' ', d.JobIds.Take(5))}{(d.Jobs > 5 ? $" and {d.Jobs - 5} more" : "")}: {d.Design.Name}@{d.Design.Version} {d.Part}, {Needs(d)}; {d.Why}"),
        .. piece.Offers.Select(static o => $"offered   {o.JobId} to {o.Machine} at {Cost(o.Cost)}, until {At(o.AnswerBy)}; {o.Why}"),
        .. piece.SetUps.Select(static s => $"loaded    {Line(s)}"),
        .. piece.Capacity.Select(static c => $"idle      {c.Site} {c.MachineClass}: {c.IdleMinutes.Sum()} minutes within {c.IdleMinutes.Count} h, {c.IdleMinutes.FirstOrDefault()} of them this hour"),
        .. piece.Deliveries.Select(static d => $"delivery  {d.Id} from {d.From} to {d.To} is {d.State.Word()}{(d.HasCarrier ? $" with {d.Carrier}" : "")}{(d.Late ? ", late" : "")}"),
        .. piece.Foreign.Select(static f => $"elsewhere {f.Community}/{string.Join(' ', f.Demand.JobIds.Take(5))}: {f.Demand.Design.Name}@{f.Demand.Design.Version} {f.Demand.Part}, {Needs(f.Demand)}; {f.Demand.Why}"),
        .. piece.Communities.Select(static c => $"community {(c.Reachable ? $"{c.Name} is reached" : CommunityCommands.Away(c))}"),
        .. piece.Gone.Select(static k => $"gone      {k}"),
    ];

    /// <summary>A loaded set-up, as an invitation.</summary>
    private static string Line(Wire.LoadedSetUp setUp)
    {
        var (color, nozzle) = (setUp.Loaded.HasColor ? setUp.Loaded.Color + " " : "", setUp.HasNozzleMm ? $" on {setUp.NozzleMm.ToString(CultureInfo.InvariantCulture)} mm" : "");
        var when = setUp.FreeAt is { } at ? $"free at {At(at)}" : "free now";
        when += setUp.Reserved is { } next ? $", reserved from {At(next.From)} to {At(next.To)} ({next.Reason})" : "";
        var who = setUp.Jobs == 0 ? "nothing open would fit it: who adds to it?"
            : $"who adds to it? {setUp.Jobs} open {(setUp.Jobs == 1 ? "job" : "jobs")} would fit ({string.Join(", ", setUp.JobIds)}{(setUp.Jobs > setUp.JobIds.Count ? ", …" : "")}), each without the {setUp.SavedMinutes:0} min and {setUp.SavedCost} {setUp.Currency} of a change";
        return $"{color}{setUp.Loaded.Material}{nozzle} is in on {setUp.Machine}, {when}: {who}";
    }

    private static void Append<T>(StringBuilder text, IReadOnlyList<T> rows, TextTable table, Func<T, string[]> cells)
    {
        if (rows.Count == 0)
        {
            text.Append("none\n");
            return;
        }

        foreach (var row in rows.Take(MostRows))
        {
            table.Add(cells(row));
        }

        text.Append(table);
        if (rows.Count > MostRows)
        {
            text.Append(CultureInfo.InvariantCulture, $"and {rows.Count - MostRows} more: fabnet board --json\n");
        }
    }

    private static string Needs(Wire.OpenDemand demand) => (demand.HasMaterial, demand.HasColor) switch
    {
        (true, true) => $"{demand.Material} {demand.Color}",
        (true, false) => demand.Material,
        (false, true) => $"any material, {demand.Color}",
        _ => "any material",
    };

    private static string Cost(Wire.Cost cost) => $"{cost.ToModel().Total.ToString("0.00", CultureInfo.InvariantCulture)} {cost.Currency}";

    /// <summary>A moment in a table; a dash for none.</summary>
    public static string At(Google.Protobuf.WellKnownTypes.Timestamp? moment) => moment is null ? "-" : moment.ToDateTimeOffset().ToString("MM-dd HH:mm'Z'", CultureInfo.InvariantCulture);
}
