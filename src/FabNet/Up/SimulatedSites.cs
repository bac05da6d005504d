// The two sites of a local network: their configuration files, as any site would write them, on simulated machines.

using FabNet.Edge.Configuration;

namespace FabNet.Up;

internal static class SimulatedSites
{
    /// <summary>Writes the sites' configuration files and reads them back, as an agent does.</summary>
    /// <param name="folder">The data folder of the network.</param>
    /// <param name="server">The address of catalogue and coordinator.</param>
    /// <param name="brokerPort">The broker's port.</param>
    /// <param name="ftpsPort">The port on which the MQTT printer takes files.</param>
    /// <param name="speed">How many times faster than real ones the machines run.</param>
    public static IReadOnlyList<EdgeConfig> Write(string folder, string server, int brokerPort, int ftpsPort, double speed)
    {
        var sites = Path.Combine(folder, "sites");
        Directory.CreateDirectory(sites);
        return
        [
            WriteAndRead(Path.Combine(sites, "lab-north.yaml"),
                $$"""
                # Written by 'fabnet up' at each start.
                site:
                  id: lab-north
                  title: Fablab North (simulated)
                  location: { latitude: 59.91, longitude: 10.75 }
                coordinator: {{server}}
                catalogue: {{server}}
                data: "{{folder}}/lab-north"
                policy: { claim: all, clear: automatic }
                machines:
                  - { name: mk3-left, profile: prusa-mk3s, port: "{{folder}}/ports/mk3-left", loaded: { material: PLA, color: black }, simulated: { speed: {{speed}} } }
                  - { name: mk3-right, profile: prusa-mk3s, port: "{{folder}}/ports/mk3-right", loaded: { material: PETG, color: white }, simulated: { speed: {{speed}} } }
                  - { name: router, profile: shapeoko-3, port: "{{folder}}/ports/router", loaded: { material: PLYWOOD }, simulated: { speed: {{speed}} } }
                """),
            WriteAndRead(Path.Combine(sites, "lab-south.yaml"),
                $$"""
                # Written by 'fabnet up' at each start.
                site:
                  id: lab-south
                  title: Fablab South (simulated)
                  location: { latitude: 38.72, longitude: -9.14 }
                coordinator: {{server}}
                catalogue: {{server}}
                data: "{{folder}}/lab-south"
                policy: { claim: all, clear: automatic }
                machines:
                  - { name: ender, profile: ender-3, port: "{{folder}}/ports/ender", loaded: { material: PLA, color: white }, simulated: { speed: {{speed}} } }
                  - name: p1s
                    profile: bambu-p1s
                    mqtt: { host: 127.0.0.1, port: {{brokerPort}}, serial: SIM00000000001, accessCode: simulated, tls: false, ftpsPort: {{ftpsPort}}, certificateAuthority: "{{folder}}/ports/p1s.pem" }
                    loaded: { material: PLA, color: black }
                    simulated: { speed: {{speed}} }
                """),
        ];
    }

    private static EdgeConfig WriteAndRead(string path, string yaml)
    {
        File.WriteAllText(path, yaml + "\n");
        return EdgeConfigReader.ReadFile(path);
    }
}
