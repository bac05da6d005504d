// The same demand four times: as the network plans it, the same with one job on each bed, first come first served, and each site alone.

using System.Globalization;
using System.Text;
using FabNet.Coordinator.State;
using FabNet.Model;
using FabNet.Model.Machines;
using FabNet.Model.Sites;
using FabNet.Planning;
using Microsoft.Extensions.Logging;

namespace FabNet.Tests.Network;

/// <summary>Runs simulations, each in a folder of its own, in memory where the machine has such a folder.</summary>
internal static class NetworkRuns
{
    public static Task<NetworkOutcome> PlannedAsync(Demand demand, Func<CoordinatorState, string> dump, ILogger log, CancellationToken cancellationToken) =>
        RunAsync(demand, demand.Sites, demand.Orders, Sharing.Planned, dump, log, cancellationToken);

    /// <summary>As planned, by sites that do not share beds.</summary>
    public static Task<NetworkOutcome> WithoutSharedBedsAsync(Demand demand, Func<CoordinatorState, string> dump, ILogger log, CancellationToken cancellationToken) =>
        RunAsync(demand, [.. demand.Sites.Select(static s => s with { Machines = [.. s.Machines.Select(static m => m with { SharesBeds = false })] })], demand.Orders, Sharing.Planned, dump, log, cancellationToken);

    public static Task<NetworkOutcome> FirstComeFirstServedAsync(Demand demand, Func<CoordinatorState, string> dump, ILogger log, CancellationToken cancellationToken) =>
        RunAsync(demand, demand.Sites, demand.Orders, Sharing.FirstComeFirstServed, dump, log, cancellationToken);

    /// <summary>A coordinator and a planner for each site by itself: it makes its own orders, and those of the sites that it is the nearest able one to.</summary>
    public static async Task<MakersBook> AloneAsync(Demand demand, Func<CoordinatorState, string> dump, ILogger log, CancellationToken cancellationToken)
    {
        var book = new MakersBook();
        foreach (var site in demand.Sites)
        {
            var orders = demand.Orders.Where(o => MakerOf(demand, o) == site.Id).ToList();
            if (orders.Count > 0)
            {
                book.Add((await RunAsync(demand, [site], orders, Sharing.Planned, dump, log, cancellationToken)).Book);
            }
        }

        return book;
    }

    /// <summary>The figures of one run, for people.</summary>
    public static string Tell(string name, MakersBook book) => string.Create(
        CultureInfo.InvariantCulture,
        $"{name,-24} {book.Total,9:0} EUR for {book.Parts} parts, {book.Total / Math.Max(1, book.Parts):0.00} each = machine {book.MachineTime:0} + set-up {book.SetUp:0} + material {book.Material:0} + energy {book.Energy:0} + transport {book.Transport:0} + lateness {book.Lateness:0}; "
        + $"{book.Runs} runs, {book.Failures} failed, {book.SharedBeds} with beds shared by {book.OnSharedBeds} jobs, which saved {book.SavedByBeds:0} EUR, {book.Scrap} parts scrap, {book.Changes} changes of set-up, {book.Late} parts late by {book.LateHours / Math.Max(1, book.Late):0.0} h, {book.Deliveries} deliveries, "
        + $"last part after {(book.LastEnd - Demand.Start).TotalDays:0.0} days");

    public static string Tell(NetworkOutcome outcome)
    {
        var text = new StringBuilder();
        text.AppendJoin(", ", outcome.Orders.OrderBy(o => o.Key).Select(o => $"{o.Key} {o.Value}")).AppendLine();
        text.AppendJoin(", ", outcome.Counts.OrderBy(c => c.Key, StringComparer.Ordinal).Select(c => $"{c.Key} {c.Value}")).AppendLine();
        return text.ToString();
    }

    private static SiteId MakerOf(Demand demand, PlannedOrder order)
    {
        var home = demand.Sites.First(s => s.Id == order.Home);
        var part = order.Design.Parts[0];
        var work = new Work { Design = order.Design.Ref, Part = part, Material = part.Material, Color = order.Color };
        return demand.Sites.Where(s => s.Machines.Any(m => Planner.IsAble(work, m.Profile))).MinBy(s => s.Id == home.Id ? -1 : GreatCircle.Kilometres(home, s))!.Id;
    }

    private static async Task<NetworkOutcome> RunAsync(
        Demand demand, IReadOnlyList<Site> sites, IReadOnlyList<PlannedOrder> orders, Sharing sharing, Func<CoordinatorState, string> dump, ILogger log, CancellationToken cancellationToken)
    {
        var folder = Directory.Exists("/dev/shm") ? Path.Combine("/dev/shm", $"fabnet-network-{Guid.NewGuid():N}") : Path.Combine(Path.GetTempPath(), $"fabnet-network-{Guid.NewGuid():N}");
        Directory.CreateDirectory(folder);
        try
        {
            using var network = new SimulatedNetwork(demand, sites, orders, sharing, folder, dump, log);
            return await network.RunAsync(cancellationToken);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
