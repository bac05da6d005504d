// `fabnet site reserve` and its kin: a machine takes no jobs for a time.

using System.CommandLine;
using System.Globalization;
using FabNet.CommandLine;
using FabNet.Network;
using Timestamp = Google.Protobuf.WellKnownTypes.Timestamp;
using Wire = FabNet.Protocol.V1;

namespace FabNet.Sites;

internal static class ReservationCommands
{
    public static Command CreateReserve()
    {
        var machine = SiteCommands.MachineArgument();
        var from = new Option<DateTimeOffset?>("--from") { Description = "When it begins, such as 2030-01-31T14:00 (your local time) or 2030-01-31T14:00Z. Default: now." };
        var to = new Option<DateTimeOffset>("--to") { Description = "When it ends; at most 31 days later.", Required = true };
        var person = new Option<string>("--for") { Description = "Whom it is for. Stays at the site.", DefaultValueFactory = _ => Environment.UserName };
        var reason = new Option<string?>("--reason") { Description = "Why; everybody sees it." };
        var maintenance = new Option<bool>("--maintenance") { Description = "Maintenance that is planned: nobody has the machine." };
        var weekly = new Option<bool>("--weekly") { Description = "Every week from then on, at the same local time of the site, also when clocks are changed. Each time lasts a day at most." };
        var until = new Option<string?>("--until") { Description = "With --weekly: the last day on which it begins, such as 2030-06-30." };
        var times = new Option<int?>("--times") { Description = "With --weekly: how many times." };
        var server = ServerOption.Create();
        var command = new Command("reserve",
            """
            Keeps a machine from jobs for a time. What would run into it is not started; what was taken for it and does not fit goes back to the network; a running job goes on.

            Examples:
              fabnet site reserve lab-north/mk3-left --from 2030-01-29T14:00 --to 2030-01-29T16:00 --weekly --until 2030-06-30 --reason "Tuesday course"
              fabnet site reserve lab-north/laser --from 2030-01-31T14:00 --to 2030-01-31T16:00 --for "Ana Sousa"
              fabnet site reserve lab-north/mk3-left --from 2030-02-01T08:00 --to 2030-02-01T12:00 --maintenance --reason "new belts"
            """)
        { machine, from, to, person, reason, maintenance, weekly, until, times, server };
        command.Validators.Add(result =>
        {
            if (!result.GetValue(weekly) && (result.GetValue(until) is not null || result.GetValue(times) is not null))
            {
                result.AddError("--until and --times say how long it comes every week. Add --weekly.");
            }
        });
        command.SetAction(async (result, stop) =>
        {
            var console = new CommandConsole(result.GetValue(CommandRunner.Json));
            using var channel = result.Connect(server);
            var reply = await new Wire.SiteConsole.SiteConsoleClient(channel).ReserveAsync(
                new Wire.ReserveRequest
                {
                    Machine = result.GetRequiredValue(machine),
                    From = result.GetValue(from) is { } at ? Timestamp.FromDateTimeOffset(at.ToUniversalTime()) : null,
                    To = Timestamp.FromDateTimeOffset(result.GetRequiredValue(to).ToUniversalTime()),
                    For = result.GetRequiredValue(person),
                    Reason = result.GetValue(reason) ?? "",
                    Maintenance = result.GetValue(maintenance),
                    Weekly = result.GetValue(weekly),
                    Until = result.GetValue(until) ?? "",
                    Times = result.GetValue(times) ?? 0,
                },
                cancellationToken: stop);
            console.Emit(reply);
            console.Say(reply.Message);
            return CommandRunner.Succeeded;
        });
        return command;
    }

    public static Command CreateList()
    {
        var server = ServerOption.Create();
        var command = new Command("reservations",
            """
            Lists the reservations that are not over; of one that comes every week, its next time.

            Example:
              fabnet site reservations
            """)
        { server };
        command.SetAction(async (result, stop) =>
        {
            var console = new CommandConsole(result.GetValue(CommandRunner.Json));
            using var channel = result.Connect(server);
            var reply = await new Wire.SiteConsole.SiteConsoleClient(channel).ListReservationsAsync(new Wire.ListReservationsRequest(), cancellationToken: stop);
            console.Emit(reply);
            var table = new TextTable("ID", "MACHINE", "FROM", "TO", "EVERY WEEK", "FOR", "REASON");
            foreach (var reservation in reply.Reservations)
            {
                table.Add(reservation.Id, reservation.Machine, At(reservation.From), At(reservation.To), Weekly(reservation), reservation.For, reservation.Maintenance && reservation.Reason.Length == 0 ? "maintenance" : reservation.Reason);
            }

            console.Say(table);
            return CommandRunner.Succeeded;
        });
        return command;
    }

    public static Command CreateCancel()
    {
        var id = new Argument<string>("RESERVATION") { Description = "A reservation, such as r-3." };
        var on = new Option<string?>("--on") { Description = "Of one that comes every week: not on this day, such as 2030-02-05. Other weeks stay." };
        var site = new Option<string?>("--site") { Description = "Its site, where the agent has several." };
        var server = ServerOption.Create();
        var command = new Command("unreserve",
            """
            Cancels a reservation, or ends it early; of one that comes every week, all of it or one day's.

            Examples:
              fabnet site unreserve r-3
              fabnet site unreserve r-3 --on 2030-02-05
            """)
        { id, on, site, server };
        command.SetAction((result, stop) => SiteCommands.AskAsync(result, server, (client, s) => client.CancelReservationAsync(
            new Wire.CancelReservationRequest { Id = result.GetRequiredValue(id), Site = result.GetValue(site) ?? "", On = result.GetValue(on) ?? "" }, cancellationToken: s), stop));
        return command;
    }

    private static string Weekly(Wire.MachineReservation reservation) =>
        reservation.Weekly.Length == 0 ? "-" : $"{reservation.Weekly} {reservation.TimeZone}{(reservation.Until.Length == 0 ? "" : $", to {reservation.Until}")}";

    private static string At(Timestamp moment) => moment.ToDateTimeOffset().ToString("yyyy-MM-dd HH:mm'Z'", CultureInfo.InvariantCulture);
}
