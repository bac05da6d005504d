// `fabnet quote`: what an order would cost, when and where it would be made, and what sharing saves.

using System.CommandLine;
using System.Globalization;
using FabNet.CommandLine;
using Wire = FabNet.Protocol.V1;

namespace FabNet.Network;

internal static class QuoteCommand
{
    public static Command Create()
    {
        var server = ServerOption.Create();
        var asked = new OrderOptions();
        var command = new Command("quote",
            """
            Tells what an order would cost if it were placed now: by term, where and when each part would be made, and between which amounts its share lies: what it
            adds to all that is open, and what it would cost alone. Nothing is placed. DONE is kept by half of such jobs, BY by four of five.

            Examples:
              fabnet quote cable-clip --quantity 3 --material PLA --color black
              fabnet quote phone-stand --to lab-north --due 2030-01-31T18:00Z --json
            """)
        { server };
        asked.AddTo(command);
        command.SetAction(async (result, stop) =>
        {
            var console = new CommandConsole(result.GetValue(CommandRunner.Json));
            using var channel = result.Connect(server);
            var quote = await new Wire.Coordination.CoordinationClient(channel).QuoteOrderAsync(asked.Read(result), cancellationToken: stop);
            console.Emit(quote);
            Tell(console, quote);
            return quote.Unplaced.Count == 0 ? CommandRunner.Succeeded : CommandRunner.Failed;
        });
        return command;
    }

    private static void Tell(CommandConsole console, Wire.OrderQuote quote)
    {
        console.Say($"{quote.Design.Name} {quote.Design.Version}, {quote.Jobs.Count} {(quote.Jobs.Count == 1 ? "part" : "parts")}");
        var table = new TextTable("PART", "MACHINE", "STARTS", "DONE", "BY", "COST", "WHY");
        foreach (var job in quote.Jobs)
        {
            table.Add(job.Part, job.Machine, At(job.StartsAt), At(job.EndsAt), At(job.PromisedBy), $"{Total(job.Cost):0.00}", job.Why);
        }

        if (quote.Jobs.Count > 0)
        {
            console.Say(table);
        }

        foreach (var unplaced in quote.Unplaced)
        {
            console.Say($"{unplaced.Copies} × {unplaced.Part}: {unplaced.Reason}");
        }

        foreach (var cost in quote.Costs)
        {
            console.Say($"{Total(cost):0.00} {cost.Currency}: machine time {Amount(cost.MachineTime):0.00}, set-up {Amount(cost.SetUp):0.00}, material {Amount(cost.Material):0.00}, energy {Amount(cost.Energy):0.00}, transport {Amount(cost.Transport):0.00}, lateness {Amount(cost.Lateness):0.00}, risk {Amount(cost.Risk):0.00}");
            var (alone, adds) = (Total(quote.StandAlone.FirstOrDefault(c => c.Currency == cost.Currency)), Total(quote.Incremental.FirstOrDefault(c => c.Currency == cost.Currency)));
            console.Say(alone > adds ? $"alone it would cost {alone:0.00}; it adds {adds:0.00} to what is open: its share lies between them" : $"alone it would cost {alone:0.00}; nothing that is open shares a cost with it");
        }

        foreach (var obligation in quote.Obligations)
        {
            console.Say($"its licence asks: {obligation}");
        }
    }

    private static string At(Google.Protobuf.WellKnownTypes.Timestamp moment) => moment.ToDateTimeOffset().ToString("MM-dd HH:mm", CultureInfo.InvariantCulture);

    private static decimal Total(Wire.Cost? cost) => cost is null ? 0
        : Amount(cost.MachineTime) + Amount(cost.SetUp) + Amount(cost.Material) + Amount(cost.Energy) + Amount(cost.Transport) + Amount(cost.Lateness) + Amount(cost.Risk);

    private static decimal Amount(string text) => decimal.Parse(text, CultureInfo.InvariantCulture);
}
