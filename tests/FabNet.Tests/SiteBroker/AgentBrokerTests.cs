// A whole agent with its simulated printer: what it makes is seen on the site's broker.

using System.Text;
using FabNet.Edge.Configuration;
using FabNet.Model.Jobs;
using FabNet.Model.Machines;
using FabNet.Tests.Edge;
using FabNet.Tests.Mqtt;
using MQTTnet;
using MQTTnet.Protocol;
using Xunit;

namespace FabNet.Tests.SiteBroker;

public sealed class AgentBrokerTests
{
    [Fact(Timeout = 120_000)]
    public async Task A_job_is_seen_by_a_Sparkplug_host_and_by_Home_Assistant_from_its_start_to_its_end()
    {
        await using var broker = await MosquittoBroker.StartAsync();
        await using var host = await SparkplugHost.StartAsync(broker);
        using var home = await MqttTestClient.ConnectAsync(broker);
        await home.Client.SubscribeAsync("fabnet/lab-test/mk3/event", MqttQualityOfServiceLevel.AtLeastOnce, Bench.Token);
        await using var bench = await AgentBench.CreateAsync();
        bench.Config = bench.Config with
        {
            Broker = new BrokerConfig { Host = "127.0.0.1", Port = broker.Port, Sparkplug = new SparkplugConfig(), HomeAssistantPrefix = "homeassistant" },
        };
        await bench.StartAgentAsync();
        Assert.Equal("Original Prusa i3 MK3S+", (string?)(await host.NextAsync("DBIRTH", "mk3")).Metric("Properties/Title")["value"]);
        await bench.WaitForMachineAsync(MachineState.Idle);

        var job = bench.Grant(moves: 120);
        await bench.Coordinator.WaitForStateAsync(job.Id, JobState.Completed);

        var told = new List<string?>();
        while (told is not [.., "completed"])
        {
            var message = await host.NextAsync(m => m.Kind == "DDATA" && m.Device == "mk3" && host.Values(m, "Job Event/Kind").Any());
            Assert.Equal(job.Id.Value, (string?)host.Values(message, "Job Event/Job").Single()["value"]);
            told.Add((string?)host.Values(message, "Job Event/Kind").Single()["value"]);
        }

        Assert.Equal(["preparing", "ready", "started", "completed"], told);
        Assert.Contains(host.Heard.SelectMany(m => host.Values(m, "Hot End 0/Temperature")), v => v["value"] is not null);
        foreach (var kind in told)
        {
            Assert.Contains($"\"{kind}\"", Encoding.UTF8.GetString(System.Buffers.BuffersExtensions.ToArray((await home.ReceiveAsync()).Payload)), StringComparison.Ordinal);
        }

        await bench.StopAgentAsync();
        await host.NextAsync("NDEATH");
    }
}
