// What a Sparkplug host sees of a site: births, data, deaths and commands, as Sparkplug 3.0 wants them.

using System.Text.Json.Nodes;
using FabNet.Edge.SiteBroker.Sparkplug;
using FabNet.Model.Jobs;
using FabNet.Model.Machines;
using FabNet.Tests.Edge;
using FabNet.Tests.Mqtt;
using MQTTnet.Protocol;
using Xunit;

namespace FabNet.Tests.SiteBroker;

public sealed class SparkplugTests
{
    private const string NodeCommand = "spBv1.0/FabNet/NCMD/lab-test";
    private const string DeviceCommand = "spBv1.0/FabNet/DCMD/lab-test/mk3";
    private const string Rebirth = "Node Control/Rebirth";

    [Fact(Timeout = 60_000)]
    public async Task The_node_is_born_then_its_devices_then_their_data_in_one_sequence()
    {
        await using var bench = await BrokerBench.CreateAsync();
        await using var host = await SparkplugHost.StartAsync(bench.Broker);
        bench.Tell(MachineState.Idle);
        bench.StartSparkplug();

        var node = await host.NextAsync("NBIRTH");
        Assert.Same(node, host.Heard[0]);
        Assert.Equal("lab-test", node.Node);
        Assert.Equal(0, node.Sequence);
        Assert.Equal((MqttQualityOfServiceLevel.AtMostOnce, false), (node.Quality, node.Retained));
        Assert.Equal("Int64", (string?)node.Metric("bdSeq")["type"]);
        Assert.Equal(0, (int)node.Metric("bdSeq")["value"]!);
        Assert.False((bool)node.Metric(Rebirth)["value"]!);
        Assert.Null(node.Metric(Rebirth)["alias"]);
        Assert.All(node.Metrics, m => Assert.NotNull(m["timestamp"]));

        var device = await host.NextAsync("DBIRTH", "mk3");
        Assert.Equal(1, device.Sequence);
        Assert.Equal("idle", (string?)device.Metric("State")["value"]);
        Assert.Equal("°C", (string?)device.Metric("Hot End 0/Temperature")["properties"]!["engUnit"]!["value"]);
        Assert.Null(device.Metric("Hot End 0/Temperature")["value"]);
        Assert.DoesNotContain(device.Metrics, m => ((string)m["name"]!).StartsWith("Job Control/", StringComparison.Ordinal));
        var aliases = host.Heard.SelectMany(m => m.Metrics).Select(m => (int?)m["alias"]).OfType<int>().ToList();
        Assert.Equal(aliases.Count, aliases.Distinct().Count());

        bench.Add(BrokerBench.Sample(Metric.HotEndC, 205.5));
        bench.Add(BrokerBench.Sample(Metric.Progress, 0.42));
        var hot = await host.NextValueAsync("Hot End 0/Temperature", _ => true);
        Assert.Equal(205.5, (double)hot["value"]!);
        Assert.Null(hot["name"]);
        Assert.Null(hot["isHistorical"]);
        AssertConforms(host);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_metric_that_no_birth_stated_brings_a_new_birth_first()
    {
        await using var bench = await BrokerBench.CreateAsync();
        await using var host = await SparkplugHost.StartAsync(bench.Broker);
        bench.Tell(MachineState.Idle);
        bench.StartSparkplug();
        await host.NextAsync("DBIRTH");

        bench.Add(BrokerBench.Sample(Metric.HotEndC, 31, index: 3));
        var birth = await host.NextAsync("DBIRTH");
        Assert.Equal(31, (double)birth.Metric("Hot End 3/Temperature")["value"]!);
        AssertConforms(host);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_rebirth_command_brings_every_birth_again_under_the_same_bdSeq()
    {
        await using var bench = await BrokerBench.CreateAsync();
        await using var host = await SparkplugHost.StartAsync(bench.Broker);
        bench.Tell(MachineState.Idle);
        bench.StartSparkplug();
        await host.NextAsync("DBIRTH");

        await host.CommandAsync(NodeCommand, Rebirth, value: false);
        await host.PublishAsync(NodeCommand, [0xff, 0xff, 0xff]);
        await host.CommandAsync(NodeCommand, Rebirth, value: true);

        var node = await host.NextAsync("NBIRTH");
        Assert.Equal(0, node.Sequence);
        Assert.Equal(0, (int)node.Metric("bdSeq")["value"]!);
        Assert.Equal(1, (await host.NextAsync("DBIRTH")).Sequence);
        AssertConforms(host);
    }

    [Fact(Timeout = 60_000)]
    public async Task The_sequence_goes_on_from_255_with_0()
    {
        await using var bench = await BrokerBench.CreateAsync();
        await using var host = await SparkplugHost.StartAsync(bench.Broker);
        bench.Tell(MachineState.Idle);
        bench.StartSparkplug();
        await host.NextAsync("DBIRTH");

        var last = 0;
        for (var i = 0; i < 300; i++)
        {
            last = bench.Happen();
        }

        await host.NextValueAsync("Job Event/Sequence", v => (int?)v["value"] == last);
        Assert.Contains(host.Heard, m => m.Sequence == 255);
        AssertConforms(host);
    }

    [Fact(Timeout = 60_000)]
    public async Task What_happens_after_the_clock_was_set_back_is_not_historical()
    {
        await using var bench = await BrokerBench.CreateAsync();
        await using var host = await SparkplugHost.StartAsync(bench.Broker);
        bench.Tell(MachineState.Idle);
        bench.StartSparkplug();
        await host.NextAsync("DBIRTH");

        bench.Time.Jump(TimeSpan.FromHours(-1));
        var happened = bench.Happen();
        Assert.Null((await host.NextValueAsync("Job Event/Sequence", v => (int?)v["value"] == happened))["isHistorical"]);
        bench.Add(BrokerBench.Sample(Metric.BedC, 58.25, time: bench.Time));
        Assert.Null((await host.NextValueAsync("Bed/Temperature", v => (double?)v["value"] is 58.25))["isHistorical"]);
    }

    [Fact]
    public void The_bdSeq_is_kept_across_restarts_and_goes_on_from_255_with_0()
    {
        using var folder = new TestFolder();
        var path = folder.In("bdseq");
        Assert.Equal(0, new BirthCounter(path).Next());
        Assert.Equal(1, new BirthCounter(path).Next());
        for (var i = 2; i <= 255; i++)
        {
            Assert.Equal(i, new BirthCounter(path).Next());
        }

        Assert.Equal(0, new BirthCounter(path).Next());
    }

    [Fact(Timeout = 60_000)]
    public async Task A_lost_connection_is_a_death_with_the_bdSeq_of_its_birth_and_the_next_birth_has_the_next()
    {
        await using var bench = await BrokerBench.CreateAsync();
        await using var host = await SparkplugHost.StartAsync(bench.Broker);
        bench.Tell(MachineState.Idle);
        bench.StartSparkplug();
        await host.NextAsync("DBIRTH");

        // A broker ends the older of two connections with one name, as it ends one whose network is gone: with the will.
        using var usurper = new MqttTestClient();
        await usurper.Client.ConnectAsync(MqttTestClient.To(bench.Broker).WithClientId("fabnet-lab-test-sparkplug").Build(), Bench.Token);

        var death = await host.NextAsync("NDEATH");
        Assert.Equal(0, (int)Assert.Single(death.Metrics)["value"]!);
        Assert.Equal("bdSeq", (string?)Assert.Single(death.Metrics)["name"]);
        Assert.Null(death.Sequence);
        Assert.Equal((MqttQualityOfServiceLevel.AtLeastOnce, false), (death.Quality, death.Retained));
        Assert.Equal(1, (int)(await host.NextAsync("NBIRTH")).Metric("bdSeq")["value"]!);
    }

    [Fact(Timeout = 60_000)]
    public async Task An_orderly_stop_tells_what_there_is_and_then_dies()
    {
        await using var bench = await BrokerBench.CreateAsync();
        await using var host = await SparkplugHost.StartAsync(bench.Broker);
        bench.Tell(MachineState.Idle);
        bench.StartSparkplug();
        await host.NextAsync("DBIRTH");

        bench.Happen(job => new JobFailed { Job = job, Epoch = 1, At = TimeProvider.System.GetUtcNow(), Reason = "The agent was stopped." });
        await bench.StopAsync();

        await host.NextValueAsync("Job Event/Kind", v => (string?)v["value"] == "failed");
        var death = await host.NextAsync("NDEATH");
        Assert.Equal(0, (int)Assert.Single(death.Metrics)["value"]!);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_machine_that_goes_dies_and_its_job_events_come_from_the_node_until_it_is_back()
    {
        await using var bench = await BrokerBench.CreateAsync();
        await using var host = await SparkplugHost.StartAsync(bench.Broker);
        bench.Tell(MachineState.Running);
        bench.StartSparkplug();
        await host.NextAsync("DBIRTH");

        bench.Tell(MachineState.Offline, detail: "The cable was pulled.");
        var death = await host.NextAsync("DDEATH", "mk3");
        Assert.NotNull(death.Sequence);

        bench.Happen();
        var told = await host.NextAsync("NDATA");
        Assert.Equal("mk3", (string?)Assert.Single(host.Values(told, "Job Event/Machine"))["value"]);

        bench.Tell(MachineState.Idle);
        Assert.Equal("idle", (string?)(await host.NextAsync("DBIRTH", "mk3")).Metric("State")["value"]);
        AssertConforms(host);
    }

    [Fact(Timeout = 60_000)]
    public async Task What_was_measured_and_what_happened_while_the_broker_was_killed_comes_after_the_births_marked_historical()
    {
        await using var bench = await BrokerBench.CreateAsync();
        await using var host = await SparkplugHost.StartAsync(bench.Broker);
        bench.SetPrimaryHost("scada");
        bench.Tell(MachineState.Running);
        bench.StartSparkplug();
        await host.SayAsync("scada", isOnline: true, 1);
        var before = await host.NextAsync("DBIRTH");

        bench.Broker.Kill();
        bench.Add(BrokerBench.Sample(Metric.BedC, 61.5));
        bench.Add(BrokerBench.Sample(Metric.BedC, 62.5));
        var late = bench.Happen(job => new JobCompleted { Job = job, Epoch = 1, At = TimeProvider.System.GetUtcNow(), Seconds = 60 });
        await bench.Broker.StartAgainAsync();
        await host.ReturnAsync();
        host.Heard.Clear();
        await host.SayAsync("scada", isOnline: true, 2);

        var node = await host.NextAsync("NBIRTH");
        Assert.Same(node, host.Heard.First(m => m.Kind != "NDEATH"));
        Assert.NotEqual(0, (int)node.Metric("bdSeq")["value"]!);
        Assert.Equal(62.5, (double)(await host.NextAsync("DBIRTH")).Metric("Bed/Temperature")["value"]!);
        Assert.NotNull(before.Metric("Bed/Temperature"));
        var happened = await host.NextValueAsync("Job Event/Sequence", v => (int?)v["value"] == late);
        Assert.True((bool)happened["isHistorical"]!);
        var measured = await host.NextValueAsync("Bed/Temperature", v => (double?)v["value"] is 62.5);
        Assert.True((bool)measured["isHistorical"]!);
        Assert.Contains(host.Heard.SelectMany(m => host.Values(m, "Bed/Temperature")), v => v["isHistorical"] is { } mark && (bool)mark && (double)v["value"]! is 61.5);

        bench.Add(BrokerBench.Sample(Metric.BedC, 63.5));
        var live = await host.NextValueAsync("Bed/Temperature", v => (double?)v["value"] is 63.5);
        Assert.Null(live["isHistorical"]);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_broker_that_starts_late_gets_what_happened_before_it()
    {
        await using var bench = await BrokerBench.CreateAsync();
        await bench.Broker.StopAsync();
        bench.SetPrimaryHost("scada");
        bench.Tell(MachineState.Running);
        bench.StartSparkplug();
        var early = bench.Happen();
        bench.Add(BrokerBench.Sample(Metric.HotEndC, 199));
        await bench.Broker.StartAgainAsync();
        await using var host = await SparkplugHost.StartAsync(bench.Broker);
        await host.SayAsync("scada", isOnline: true, 1);

        Assert.Equal(199, (double)(await host.NextAsync("DBIRTH")).Metric("Hot End 0/Temperature")["value"]!);
        Assert.True((bool)(await host.NextValueAsync("Job Event/Sequence", v => (int?)v["value"] == early))["isHistorical"]!);
    }

    [Fact(Timeout = 90_000)]
    public async Task No_job_event_is_lost_and_none_overtakes_another_while_the_broker_is_killed_again_and_again()
    {
        const int Rounds = 3;
        const int Each = 20;
        await using var bench = await BrokerBench.CreateAsync();
        await using var host = await SparkplugHost.StartAsync(bench.Broker);
        bench.SetPrimaryHost("scada");
        bench.Tell(MachineState.Running);
        bench.StartSparkplug();
        await host.SayAsync("scada", isOnline: true, 1);
        await host.NextAsync("DBIRTH");
        var mustCome = new List<int>();
        for (var round = 1; round <= Rounds; round++)
        {
            for (var i = 0; i < Each; i++)
            {
                bench.Happen(); // On its way when the broker dies: what it acknowledged before that may have reached no host.
            }

            bench.Broker.Kill();
            for (var i = 0; i < Each; i++)
            {
                mustCome.Add(bench.Happen());
            }

            await bench.Broker.StartAgainAsync();
            await host.ReturnAsync();
            await host.SayAsync("scada", isOnline: true, round + 1);
            await host.NextValueAsync("Job Event/Sequence", v => (int?)v["value"] == mustCome[^1]);
        }

        var seen = host.Heard.Where(m => m.Kind is "DDATA" or "NDATA").SelectMany(m => host.Values(m, "Job Event/Sequence")).Select(v => (int)v["value"]!).Distinct().ToList();
        Assert.Equal(seen.Order(), seen);
        Assert.Empty(mustCome.Except(seen));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_restart_begins_with_the_events_that_the_broker_does_not_have()
    {
        await using var bench = await BrokerBench.CreateAsync();
        await using var host = await SparkplugHost.StartAsync(bench.Broker);
        bench.Tell(MachineState.Idle);
        bench.StartSparkplug();
        await host.NextAsync("DBIRTH");
        var first = bench.Happen();
        await host.NextValueAsync("Job Event/Sequence", v => (int?)v["value"] == first);
        await bench.StopAsync();
        await host.NextAsync("NDEATH");
        host.Heard.Clear();

        var second = bench.Happen();
        bench.StartSparkplug();
        Assert.True((bool)(await host.NextValueAsync("Job Event/Sequence", _ => true))["isHistorical"]!);
        Assert.Equal(1, (int)host.Heard[0].Metric("bdSeq")["value"]!);
        Assert.Equal([second], host.Heard.Where(m => m.Kind is "NDATA" or "DDATA").SelectMany(m => host.Values(m, "Job Event/Sequence")).Select(v => (int)v["value"]!));
    }

    [Fact(Timeout = 60_000)]
    public async Task With_a_primary_host_nothing_is_said_before_it_is_there_and_the_node_dies_when_it_goes()
    {
        await using var bench = await BrokerBench.CreateAsync();
        await using var host = await SparkplugHost.StartAsync(bench.Broker);
        bench.SetPrimaryHost("scada");
        bench.Tell(MachineState.Idle);
        bench.StartSparkplug();
        await bench.Broker.LoggedAsync("spBv1.0/STATE/scada", Bench.Token);
        await host.SayAsync("scada", isOnline: true, 10);
        await host.NextAsync("NBIRTH");
        Assert.Single(host.Heard);

        await host.SayAsync("scada", isOnline: false, 5);
        await host.SayAsync("scada", isOnline: false, 20);
        Assert.Equal(0, (int)Assert.Single((await host.NextAsync("NDEATH")).Metrics)["value"]!);
        bench.Add(BrokerBench.Sample(Metric.HotEndC, 77));
        await host.SayAsync("scada", isOnline: true, 30);
        await host.NextAsync("NBIRTH");
        Assert.True((bool)(await host.NextValueAsync("Hot End 0/Temperature", v => (double?)v["value"] is 77))["isHistorical"]!);
    }

    [Fact(Timeout = 60_000)]
    public async Task Nothing_that_arrives_over_MQTT_moves_a_machine_unless_the_site_allows_it()
    {
        await using var bench = await BrokerBench.CreateAsync();
        await using var host = await SparkplugHost.StartAsync(bench.Broker);
        bench.Tell(MachineState.Running);
        bench.StartSparkplug();
        await host.NextAsync("DBIRTH");
        await host.CommandAsync(DeviceCommand, "Job Control/Pause", value: true);
        await host.CommandAsync(NodeCommand, Rebirth, value: true); // what comes before it was handled when it is
        await host.NextAsync("NBIRTH");
        Assert.Empty(bench.Held);
        await bench.StopAsync();

        bench.Config = bench.Config with { Broker = bench.Config.Broker! with { Sparkplug = bench.Config.Broker!.Sparkplug! with { AcceptJobControl = true } } };
        bench.StartSparkplug();
        await host.NextAsync(m => m.Kind == "DBIRTH" && m.Metrics.Any(x => (string?)x["name"] == "Job Control/Pause"));
        await host.CommandAsync(DeviceCommand, "Job Control/Pause", value: false);
        await host.CommandAsync(DeviceCommand, "Job Control/Resume", value: true);
        await host.CommandAsync(NodeCommand, Rebirth, value: true);
        await host.NextAsync("NBIRTH");
        Assert.Equal([(Bench.Machine, false)], bench.Held);
    }

    /// <summary>Births first, then every message of the node one number above the one before it, from 255 to 0; a node's birth begins with 0. Values in the order of
    /// their time, names in births and aliases in data.</summary>
    private static void AssertConforms(SparkplugHost host)
    {
        var expected = -1;
        foreach (var message in host.Heard.Where(m => m.Kind != "NDEATH"))
        {
            expected = message.Kind == "NBIRTH" ? 0 : (expected + 1) % 256;
            Assert.Equal(expected, message.Sequence);
            var times = message.Metrics.Where(m => m["isHistorical"] is null).Select(m => (long)m["timestamp"]!).ToList();
            Assert.Equal(times.Order(), times);
            Assert.All(message.Metrics, m => Assert.Equal(message.Kind is "NBIRTH" or "DBIRTH", m["name"] is not null));
        }
    }
}
