// `fabnet job` and its kin: one job's story, and calling work off.

using System.CommandLine;
using System.Globalization;
using FabNet.CommandLine;
using FabNet.Protocol;
using Wire = FabNet.Protocol.V1;

namespace FabNet.Network;

internal static class JobCommands
{
    public static Command Create() => new("job",
        """
        Shows, cancels and replaces jobs and orders.

        Examples:
          fabnet job show o-7.2
          fabnet job cancel o-7.2
        """)
    {
        CreateShow(),
        CreateCancel(),
        CreateReplace(),
    };

    private static Command CreateShow()
    {
        var server = ServerOption.Create();
        var id = new Argument<string>("JOB") { Description = "A job, such as o-7.2, or an order, such as o-7." };
        var command = new Command("show",
            """
            Shows what happened to a job, what it costs, and why it is where it is.

            Examples:
              fabnet job show o-7.2
              fabnet job show o-7 --json
            """)
        { id, server };
        command.SetAction(async (result, stop) =>
        {
            var console = new CommandConsole(result.GetValue(CommandRunner.Json));
            using var channel = result.Connect(server);
            var client = new Wire.Coordination.CoordinationClient(channel);
            var name = result.GetRequiredValue(id);
            if (!name.Contains('.', StringComparison.Ordinal))
            {
                var order = await client.GetOrderAsync(new Wire.GetOrderRequest { Id = name }, cancellationToken: stop);
                console.Emit(order);
                console.Say(NetworkTables.Orders([order]));
                console.Say(NetworkTables.Jobs(order.Jobs));
                return CommandRunner.Succeeded;
            }

            var history = await client.GetJobAsync(new Wire.GetJobRequest { Id = name }, cancellationToken: stop);
            console.Emit(history);
            Say(console, history);
            return CommandRunner.Succeeded;
        });
        return command;
    }

    private static Command CreateCancel()
    {
        var server = ServerOption.Create();
        var id = new Argument<string>("JOB") { Description = "A job, such as o-7.2, or an order, such as o-7." };
        var reason = new Option<string>("--reason") { Description = "Why, for those who see it.", DefaultValueFactory = _ => $"cancelled by {Environment.UserName}" };
        var command = new Command("cancel",
            """
            Asks the owner of a job, or of each job of an order, to call it off. A running machine stops safely.

            Examples:
              fabnet job cancel o-7.2
              fabnet job cancel o-7 --reason "wrong colour"
            """)
        { id, reason, server };
        command.SetAction(async (result, stop) =>
        {
            var console = new CommandConsole(result.GetValue(CommandRunner.Json));
            using var channel = result.Connect(server);
            var client = new Wire.Coordination.CoordinationClient(channel);
            var (name, why) = (result.GetRequiredValue(id), result.GetRequiredValue(reason));
            if (!name.Contains('.', StringComparison.Ordinal))
            {
                var order = await client.CancelOrderAsync(new Wire.CancelOrderRequest { Id = name, Reason = why }, cancellationToken: stop);
                console.Emit(order);
                console.Say(NetworkTables.Jobs(order.Jobs));
                return CommandRunner.Succeeded;
            }

            var job = await client.CancelJobAsync(new Wire.CancelJobRequest { Id = name, Reason = why }, cancellationToken: stop);
            console.Emit(job);
            console.Say(job.State == Wire.JobState.Cancelled ? $"{job.Id} is cancelled" : $"{job.Id} is {job.State.Word()}; {(job.HasMachine ? job.Machine : "its owner")} is asked to stop it");
            return CommandRunner.Succeeded;
        });
        return command;
    }

    private static Command CreateReplace()
    {
        var server = ServerOption.Create();
        var id = new Argument<string>("JOB") { Description = "A lost job, such as o-7.2." };
        var reason = new Option<string>("--reason") { Description = "What was found at the machine.", Required = true };
        var command = new Command("replace",
            """
            Says that a lost job's part was not made, so that its work is done again. Look at the machine first.

            Example:
              fabnet job replace o-7.2 --reason "the site burnt its controller; nothing on the bed"
            """)
        { id, reason, server };
        command.SetAction(async (result, stop) =>
        {
            var console = new CommandConsole(result.GetValue(CommandRunner.Json));
            using var channel = result.Connect(server);
            var client = new Wire.Coordination.CoordinationClient(channel);
            var job = await client.ReplaceLostJobAsync(
                new Wire.ReplaceLostJobRequest { Id = result.GetRequiredValue(id), Reason = result.GetRequiredValue(reason) }, cancellationToken: stop);
            console.Emit(job);
            console.Say($"{job.Replaces} is replaced by {job.Id}");
            return CommandRunner.Succeeded;
        });
        return command;
    }

    private static void Say(CommandConsole console, Wire.JobHistory history)
    {
        var job = history.Job;
        console.Say($"job       {job.Id} of order {job.OrderId}: {job.Design.Name}@{job.Design.Version}, part {job.Part}");
        console.Say($"state     {job.State.Word()}{(job.HasMachine ? $" on {job.Machine}" : "")}{(job.HasReason ? $": {job.Reason}" : "")}");
        if (history.Why.Length > 0)
        {
            console.Say($"why       {history.Why}");
        }

        if (history.Cost is not null)
        {
            var cost = history.Cost.ToModel();
            console.Say($"cost      {cost.Total.ToString("0.00", CultureInfo.InvariantCulture)} {cost.Currency}: machine {cost.MachineTime:0.00}, set-up {cost.SetUp:0.00}, material {cost.Material:0.00}, "
                + $"energy {cost.Energy:0.00}, transport {cost.Transport:0.00}, lateness {cost.Lateness:0.00}, risk {cost.Risk:0.00}; {cost.Co2Grams:0} g CO2");
        }

        foreach (var doubt in history.Doubts)
        {
            console.Say($"doubt     {doubt}");
        }

        foreach (var happened in history.Events)
        {
            var model = happened.ToModel();
            console.Say($"{model.At.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture)}  {JobEventWords.Text(model)}");
        }
    }
}
