// `fabnet up`: a whole network in one process, on loopback, with simulated machines.

using System.CommandLine;
using FabNet.CommandLine;
using FabNet.Network;
using FabNet.Roles;

namespace FabNet.Up;

internal static class UpCommand
{
    public static Command Create()
    {
        var data = ServingOptions.Data();
        var urls = ServingOptions.Urls(Environment.GetEnvironmentVariable("FABNET_SERVER") is { Length: > 0 } server ? server : ServerOption.DefaultAddress);
        var speed = new Option<double>("--speed") { Description = "How many times faster than real machines the simulated ones run, 1 to 1000.", DefaultValueFactory = _ => 60 };
        var command = new Command("up",
            """
            Starts a catalogue with sample designs, a coordinator, an MQTT broker and two simulated sites. Ctrl-C stops them;
            the next start goes on where they were.

            Examples:
              fabnet up
              fabnet up --data /tmp/try --urls http://127.0.0.1:7400 --speed 200
            """)
        { data, urls, speed };
        command.SetAction(async (result, stop) =>
        {
            var console = new CommandConsole(result.GetValue(CommandRunner.Json));
            var options = new LocalNetworkOptions
            {
                DataFolder = Path.GetFullPath(result.GetRequiredValue(data)),
                Urls = result.GetRequiredValue(urls),
                Speed = result.GetValue(speed) is >= 1 and <= 1000 and var factor ? factor : throw new UsageException("--speed must be from 1 to 1000."),
            };
            ServerHost.EndpointsOf(options.Urls);
            await using (var network = await LocalNetwork.StartAsync(options, stop))
            {
                Announce(console, network);
                await stop.WhenCancelled();
                console.Say("stopping: machines come to a safe stop …");
            }

            console.Say("stopped; 'fabnet up' goes on from here");
            return CommandRunner.Succeeded;
        });
        return command;
    }

    private static void Announce(CommandConsole console, LocalNetwork network)
    {
        var server = network.Address == ServerOption.DefaultAddress ? "" : $" --server {network.Address}";
        var machines = network.Sites.SelectMany(site => site.Machines.Select(m => (Id: site.IdOf(m).ToString(), Profile: m.Profile.Name, Port: m.Port ?? $"mqtt {m.Mqtt?.Serial}"))).ToList();
        console.Emit(json =>
        {
            json.WriteString("server", network.Address);
            json.WriteString("broker", network.Broker);
            json.WriteString("data", network.DataFolder);
            json.WriteStartArray("machines");
            foreach (var (id, profile, port) in machines)
            {
                json.WriteStartObject();
                json.WriteString("machine", id);
                json.WriteString("profile", profile);
                json.WriteString("port", port);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
        var table = new TextTable("SIMULATED MACHINE", "PROFILE", "PORT");
        foreach (var (id, profile, port) in machines)
        {
            table.Add(id, profile, port);
        }

        console.Say($"catalogue and coordinator   {network.Address}");
        console.Say($"MQTT broker                 {network.Broker}");
        console.Say($"data                        {network.DataFolder}");
        console.Say("");
        console.Say(table);
        console.Say("The network is up. In another terminal:");
        console.Say($"  ./fabnet catalogue list{server}");
        console.Say($"  ./fabnet order cable-clip --quantity 3 --material PLA --color black --wait{server}");
        console.Say($"  ./fabnet watch{server}");
        console.Say("Ctrl-C stops it.");
    }
}
