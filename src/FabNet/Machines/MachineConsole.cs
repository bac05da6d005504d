// A conversation with a machine: what `fabnet machine console` does.

using FabNet.CommandLine;
using FabNet.FirmwareBridge;
using FabNet.Model.Machines;

namespace FabNet.Machines;

internal static class MachineConsole
{
    /// <summary>Sends each line of standard input until it ends.</summary>
    /// <returns>The exit code: 0, or 1 if the machine refused the last command.</returns>
    public static async Task<int> RunAsync(CommandConsole console, MachineConnection connection, CancellationToken stop)
    {
        await using var session = connection.CreateSession();
        var machine = await session.OpenAsync(stop);
        console.Say($"connected  {machine.Firmware} on {machine.Address}");
        var exitCode = CommandRunner.Succeeded;
        while (await ReadLineAsync(console, stop) is { Length: > 0 } line)
        {
            if (line.Trim() == "!")
            {
                await session.EmergencyStopAsync(stop);
                console.Say("emergency stop sent");
                continue;
            }

            var reply = line.TrimStart().StartsWith('/') ? await OperateAsync(session, line.Trim()[1..], stop) : await session.SendAsync(line.Trim(), stop);
            exitCode = reply.IsOk ? CommandRunner.Succeeded : CommandRunner.Failed;
            console.Emit(json =>
            {
                json.WriteString("command", line.Trim());
                json.WriteBoolean("ok", reply.IsOk);
                json.WriteString("error", reply.Error);
                json.WriteStartArray("lines");
                foreach (var answer in reply.Lines)
                {
                    json.WriteStringValue(answer);
                }

                json.WriteEndArray();
            });
            foreach (var answer in reply.Lines)
            {
                console.Say(answer);
            }

            console.Say(reply.IsOk ? "ok" : $"error: {reply.Error}");
        }

        return exitCode;
    }

    private static async Task<CommandReply> OperateAsync(IMachineSession session, string text, CancellationToken stop)
    {
        try
        {
            return await session.OperateAsync(ManualOperation.Parse(text), stop);
        }
        catch (FormatException error)
        {
            return new CommandReply(false, [], error.Message);
        }
    }

    private static Task<string?> ReadLineAsync(CommandConsole console, CancellationToken stop)
    {
        if (console.IsInteractive)
        {
            Console.Out.Write("> ");
        }

        return Task.Run(Console.In.ReadLine, CancellationToken.None).WaitAsync(stop);
    }
}
