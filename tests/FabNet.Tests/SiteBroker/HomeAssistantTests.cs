// What Home Assistant sees of a site: machines that appear by themselves, tell their state, and go.

using System.Text;
using System.Text.Json.Nodes;
using FabNet.Edge.SiteBroker;
using FabNet.Model;
using FabNet.Model.Jobs;
using FabNet.Model.Machines;
using FabNet.Tests.Edge;
using FabNet.Tests.Mqtt;
using MQTTnet;
using MQTTnet.Protocol;
using Xunit;

namespace FabNet.Tests.SiteBroker;

public sealed class HomeAssistantTests
{
    private const string Discovery = "homeassistant/device/fabnet_lab-test_mk3/config";

    [Fact(Timeout = 60_000)]
    public async Task A_machine_appears_by_itself_and_tells_its_state()
    {
        await using var bench = await BrokerBench.CreateAsync();
        bench.Tell(MachineState.Running, job: JobId.Parse("o-7.1"));
        bench.StartHomeAssistant();
        using var home = await HomeAsync(bench);

        var document = JsonNode.Parse(await NextAsync(home, Discovery))!;
        Assert.Equal("fabnet_lab-test_mk3", (string?)document["dev"]!["ids"]![0]);
        Assert.Equal("FabNet", (string?)document["o"]!["name"]);
        var components = document["cmps"]!.AsObject();
        Assert.All(components, c =>
        {
            Assert.Contains((string?)c.Value!["p"], new[] { "sensor", "event" });
            Assert.StartsWith("fabnet_lab-test_mk3_", (string?)c.Value["unique_id"], StringComparison.Ordinal);
            Assert.StartsWith("fabnet/lab-test/mk3/", (string?)c.Value["state_topic"], StringComparison.Ordinal);
            Assert.Equal("fabnet/lab-test/status", (string?)c.Value["availability"]![0]!["topic"]);
            Assert.Null(c.Value["command_topic"]);
        });
        Assert.Equal("temperature", (string?)components["hot_end_0"]!["device_class"]);
        Assert.Equal("°C", (string?)components["hot_end_0"]!["unit_of_measurement"]);
        Assert.Contains("completed", components["event"]!["event_types"]!.AsArray().Select(t => (string?)t));

        bench.Add(BrokerBench.Sample(Metric.HotEndC, 215.04));
        bench.Tell(MachineState.Paused, detail: "A person paused it.", job: JobId.Parse("o-7.1"));
        var state = JsonNode.Parse(await NextAsync(home, "fabnet/lab-test/mk3/state", text => text.Contains("paused", StringComparison.Ordinal)))!;
        Assert.Equal(25, (double)state["progress"]!);
        Assert.Equal("o-7.1", (string?)state["job"]);
        Assert.Equal(215, (double)state["hot_end_0"]!);
        foreach (var template in components.Where(c => (string?)c.Value!["p"] == "sensor" && c.Key != "detail").Select(c => (string?)c.Value!["value_template"]))
        {
            Assert.True(state.AsObject().ContainsKey(template!["{{ value_json.".Length..^" }}".Length]), template);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task What_is_retained_tells_a_late_comer_everything_and_the_will_tells_that_the_site_is_gone()
    {
        await using var bench = await BrokerBench.CreateAsync();
        bench.Tell(MachineState.Offline, detail: "It is off.");
        bench.StartHomeAssistant();
        using var first = await HomeAsync(bench);
        Assert.Equal("offline", await NextAsync(first, "fabnet/lab-test/mk3/availability"));

        using var late = await HomeAsync(bench);
        var retained = new List<MqttApplicationMessage>();
        while (retained.Select(m => m.Topic).Distinct(StringComparer.Ordinal).Count() < 4)
        {
            retained.Add(await late.ReceiveAsync());
        }

        Assert.All(retained, m => Assert.True(m.Retain, m.Topic));
        Assert.Equal("online", Text(retained.Find(m => m.Topic == "fabnet/lab-test/status")!));

        using var usurper = new MqttTestClient();
        await usurper.Client.ConnectAsync(MqttTestClient.To(bench.Broker).WithClientId("fabnet-lab-test-homeassistant").Build(), Bench.Token);
        Assert.Equal("offline", await NextAsync(late, "fabnet/lab-test/status"));
        Assert.Equal("online", await NextAsync(late, "fabnet/lab-test/status"));
        await bench.StopAsync();
        Assert.Equal("offline", await NextAsync(late, "fabnet/lab-test/status"));
    }

    [Fact(Timeout = 60_000)]
    public async Task When_Home_Assistant_starts_every_machine_is_announced_again()
    {
        await using var bench = await BrokerBench.CreateAsync();
        bench.Tell(MachineState.Idle);
        bench.StartHomeAssistant();
        using var home = await HomeAsync(bench);
        await NextAsync(home, "fabnet/lab-test/mk3/availability");

        await home.Client.PublishStringAsync("homeassistant/status", "offline", MqttQualityOfServiceLevel.AtLeastOnce, cancellationToken: Bench.Token);
        await home.Client.PublishStringAsync("homeassistant/status", "online", MqttQualityOfServiceLevel.AtLeastOnce, cancellationToken: Bench.Token);
        Assert.NotEmpty(await NextAsync(home, Discovery));
        Assert.Contains("idle", await NextAsync(home, "fabnet/lab-test/mk3/state"), StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_machine_that_left_the_configuration_is_taken_away_and_other_devices_are_left_alone()
    {
        await using var bench = await BrokerBench.CreateAsync();
        using var home = await HomeAsync(bench);
        foreach (var topic in (string[])["homeassistant/device/fabnet_lab-test_old/config", "fabnet/lab-test/old/state", "homeassistant/device/fabnet_lab-test-2_mk3/config", "homeassistant/device/lamp/config"])
        {
            await home.Client.PublishStringAsync(topic, "{}", MqttQualityOfServiceLevel.AtLeastOnce, retain: true, Bench.Token);
        }

        bench.StartHomeAssistant();
        await NextAsync(home, "homeassistant/device/fabnet_lab-test_old/config", text => text.Length == 0);
        await NextAsync(home, "fabnet/lab-test/old/state", text => text.Length == 0);
        await bench.StopAsync();

        using var late = await HomeAsync(bench);
        await home.Client.PublishStringAsync("homeassistant/end", "end", MqttQualityOfServiceLevel.AtLeastOnce, cancellationToken: Bench.Token);
        var retained = new List<string>();
        for (var message = await late.ReceiveAsync(); message.Topic != "homeassistant/end"; message = await late.ReceiveAsync())
        {
            retained.Add(message.Topic);
        }

        Assert.Contains("homeassistant/device/lamp/config", retained);
        Assert.Contains("homeassistant/device/fabnet_lab-test-2_mk3/config", retained);
        Assert.Contains(Discovery, retained);
        Assert.DoesNotContain(retained, t => t.Contains("old", StringComparison.Ordinal));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_job_event_that_happened_while_the_agent_was_away_comes_when_it_is_back()
    {
        await using var bench = await BrokerBench.CreateAsync();
        bench.Tell(MachineState.Idle);
        using var home = await HomeAsync(bench);
        bench.StartHomeAssistant();
        bench.Happen();
        Assert.Contains("\"started\"", await NextAsync(home, "fabnet/lab-test/mk3/event"), StringComparison.Ordinal);
        await bench.StopAsync();

        bench.Happen(job => new JobFailed { Job = job, Epoch = 1, At = TimeProvider.System.GetUtcNow(), Reason = "The nozzle is clogged." });
        bench.StartHomeAssistant();
        var failed = JsonNode.Parse(await NextAsync(home, "fabnet/lab-test/mk3/event"))!;
        Assert.Equal(("failed", "The nozzle is clogged.", 2), ((string?)failed["event_type"], (string?)failed["reason"], (int)failed["sequence"]!));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_broker_that_was_killed_is_told_everything_again()
    {
        await using var bench = await BrokerBench.CreateAsync();
        bench.Tell(MachineState.Idle);
        bench.StartHomeAssistant();
        using (var home = await HomeAsync(bench))
        {
            await NextAsync(home, "fabnet/lab-test/mk3/availability");
        }

        bench.Broker.Kill();
        bench.Tell(MachineState.Alarm, detail: "Door open.");
        await bench.Broker.StartAgainAsync();
        using var again = await HomeAsync(bench);
        Assert.NotEmpty(await NextAsync(again, Discovery));
        Assert.Contains("\"alarm\"", await NextAsync(again, "fabnet/lab-test/mk3/state"), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_state_has_a_word() => Assert.Equal(Enum.GetValues<MachineState>().Length, StateWords.All.Distinct(StringComparer.Ordinal).Count());

    private static async Task<MqttTestClient> HomeAsync(BrokerBench bench)
    {
        var client = await MqttTestClient.ConnectAsync(bench.Broker);
        await client.Client.SubscribeAsync("homeassistant/#", MqttQualityOfServiceLevel.AtLeastOnce, Bench.Token);
        await client.Client.SubscribeAsync("fabnet/#", MqttQualityOfServiceLevel.AtLeastOnce, Bench.Token);
        return client;
    }

    private static async Task<string> NextAsync(MqttTestClient client, string topic, Func<string, bool>? wanted = null)
    {
        while (true)
        {
            var message = await client.ReceiveAsync();
            if (message.Topic == topic && (wanted is null || wanted(Text(message))))
            {
                return Text(message);
            }
        }
    }

    private static string Text(MqttApplicationMessage message) => Encoding.UTF8.GetString(System.Buffers.BuffersExtensions.ToArray(message.Payload));
}
