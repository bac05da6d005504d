// The MQTT printer on a real broker, as a client of the LAN dialect sees it.

using System.Diagnostics.CodeAnalysis;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using FabNet.FirmwareSimulator.Bambu;
using FabNet.Model.Machines;
using FabNet.Tests.Mqtt;
using MQTTnet;
using MQTTnet.Formatter;
using Xunit;

namespace FabNet.Tests.Simulator;

public sealed class BambuPrinterTests
{
    private const string Serial = "01P00A000000001";
    private const string Code = "12345678";

    private static readonly string[] Program =
    [
        ";LAYER_CHANGE", "M104 S60", "G28", "G1 X10 Y10 F6000 ; go", "M73 P50 R7", ";LAYER_CHANGE", "", "G1 X20 F600", "M1002 gcode_claim_action : 2", "G1 X30", "M400",
    ];

    private static readonly string[] Executed = ["M104 S60", "G28", "G1 X10 Y10 F6000", "M73 P50 R7", "G1 X20 F600", "M1002 gcode_claim_action : 2", "G1 X30", "M400"];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task A_project_is_prepared_printed_and_finished_and_the_log_equals_its_program()
    {
        await using var bench = await PrinterBench.StartAsync();
        var md5 = bench.Drop("part.3mf", Program);
        await bench.RequestAsync("project_file", ("param", "Metadata/plate_1.gcode"), ("url", "ftp:///part.3mf"), ("md5", md5), ("subtask_name", "part"));
        var answer = await bench.AnswerAsync("project_file");
        Assert.Equal("success", (string?)answer["result"]);
        Assert.Equal("7", (string?)answer["sequence_id"]);
        var end = await bench.UntilAsync(state => (string?)state["gcode_state"] == "FINISH");
        Assert.Equal((100, 0, 2, 2), ((int)end["mc_percent"]!, (int)end["print_error"]!, (int)end["layer_num"]!, (int)end["total_layer_num"]!));
        Assert.Equal("part", (string?)end["subtask_name"]);
        Assert.Equal(60, (double)end["nozzle_target_temper"]!);
        Assert.Equal(Executed, bench.Printer.Log.Snapshot().Select(command => command.Text));
        Assert.Contains("PREPARE", bench.StatesSeen);
        Assert.Contains("RUNNING", bench.StatesSeen);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_damaged_or_missing_file_is_refused_with_a_print_error()
    {
        await using var bench = await PrinterBench.StartAsync();
        bench.Drop("part.3mf", Program);
        await bench.RequestAsync("project_file", ("param", "Metadata/plate_1.gcode"), ("url", "ftp:///part.3mf"), ("md5", new string('0', 32)));
        Assert.Equal("fail", (string?)(await bench.AnswerAsync("project_file"))["result"]);
        var state = await bench.UntilAsync(state => (string?)state["gcode_state"] == "FAILED");
        Assert.NotEqual(0, (int)state["print_error"]!);
        foreach (var url in (string[])["ftp:///other.3mf", "ftp:///../../etc/passwd", "nonsense"])
        {
            await bench.RequestAsync("project_file", ("param", "Metadata/plate_1.gcode"), ("url", url));
            Assert.Equal("fail", (string?)(await bench.AnswerAsync("project_file"))["result"]);
        }

        Assert.Equal(0, bench.Printer.Log.Count);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_print_can_be_paused_resumed_and_stopped()
    {
        await using var bench = await PrinterBench.StartAsync(speed: 20);
        bench.Drop("long.3mf", [.. Enumerable.Range(1, 400).Select(i => $"G1 X{(i % 2 * 100) + 1} F3000")]);
        await bench.RequestAsync("project_file", ("param", "Metadata/plate_1.gcode"), ("url", "ftp:///long.3mf"));
        await bench.UntilAsync(state => (string?)state["gcode_state"] == "RUNNING");
        await bench.RequestAsync("project_file", ("param", "Metadata/plate_1.gcode"), ("url", "ftp:///long.3mf"));
        Assert.Equal("success", (string?)(await bench.AnswerAsync("project_file"))["result"]);
        Assert.Equal("fail", (string?)(await bench.AnswerAsync("project_file"))["result"]);
        await bench.RequestAsync("pause");
        await bench.UntilAsync(state => (string?)state["gcode_state"] == "PAUSE");
        await bench.RequestAsync("resume");
        await bench.UntilAsync(state => (string?)state["gcode_state"] == "RUNNING");
        await bench.RequestAsync("stop");
        var end = await bench.UntilAsync(state => (string?)state["gcode_state"] == "FAILED");
        Assert.Equal(0x0300400C, (int)end["print_error"]!);
        Assert.InRange(bench.Printer.Log.Count, 1, 399);
    }

    [Fact(Timeout = 60_000)]
    public async Task Reports_are_deltas_and_pushall_sends_everything()
    {
        await using var bench = await PrinterBench.StartAsync();
        await bench.RequestAsync("gcode_line", ("param", "M104 S50\n"));
        var delta = await bench.NextReportAsync(report => report["nozzle_target_temper"] is not null);
        Assert.Equal(1, (int)delta["msg"]!);
        Assert.Null(delta["gcode_state"]);
        await bench.PublishAsync("""{"pushing":{"sequence_id":"1","command":"pushall"}}""");
        var full = await bench.NextReportAsync(report => (int?)report["msg"] == 0);
        Assert.Equal("IDLE", (string?)full["gcode_state"]);
        Assert.Equal(50, (double)full["nozzle_target_temper"]!);
    }

    [Fact(Timeout = 60_000)]
    public async Task After_a_lost_connection_it_comes_back_and_tells_everything()
    {
        await using var bench = await PrinterBench.StartAsync();
        bench.Printer.DropConnection(TimeSpan.FromMilliseconds(100));
        var full = await bench.NextReportAsync(report => (int?)report["msg"] == 0);
        Assert.Equal("IDLE", (string?)full["gcode_state"]);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_print_error_holds_the_print()
    {
        await using var bench = await PrinterBench.StartAsync(speed: 20);
        bench.Drop("long.3mf", [.. Enumerable.Range(1, 400).Select(i => $"G1 X{(i % 2 * 100) + 1} F3000")]);
        await bench.RequestAsync("project_file", ("param", "Metadata/plate_1.gcode"), ("url", "ftp:///long.3mf"));
        await bench.UntilAsync(state => (string?)state["gcode_state"] == "RUNNING");
        bench.Printer.RaisePrintError(0x03008003);
        var held = await bench.UntilAsync(state => (string?)state["gcode_state"] == "PAUSE" && state["hms"] is JsonArray { Count: 1 });
        Assert.Equal(0x03008003, (int)held["print_error"]!);
    }

    /// <summary>A broker, a printer and a client that merges the reports.</summary>
    private sealed class PrinterBench : IAsyncDisposable
    {
        private readonly MosquittoBroker _broker;
        private readonly MqttTestClient _client;
        private readonly DirectoryInfo _folder;
        private readonly JsonObject _state = [];
        private readonly Queue<JsonObject> _answers = new();

        private PrinterBench(MosquittoBroker broker, MqttTestClient client, DirectoryInfo folder, double speed)
        {
            _broker = broker;
            _client = client;
            _folder = folder;
            Printer = BambuPrinter.Start(new BambuOptions
            {
                Port = broker.Port,
                Serial = Serial,
                AccessCode = Code,
                CardFolder = folder.FullName,
                Profile = MachineProfiles.Find("bambu-p1s"),
                Speed = speed,
                ReportInterval = TimeSpan.FromMilliseconds(50),
            });
        }

        public BambuPrinter Printer { get; }

        public HashSet<string> StatesSeen { get; } = [];

        public static async Task<PrinterBench> StartAsync(double speed = 200)
        {
            var broker = await MosquittoBroker.StartAsync(login: ("bblp", Code));
            var client = new MqttTestClient();
            await client.Client.ConnectAsync(MqttTestClient.To(broker, MqttProtocolVersion.V311).WithCredentials("bblp", Code).Build(), Cancellation);
            await client.Client.SubscribeAsync($"device/{Serial}/report", cancellationToken: Cancellation);
            var bench = new PrinterBench(broker, client, Directory.CreateTempSubdirectory("fabnet-card-"), speed);
            await bench.NextReportAsync(report => (int?)report["msg"] == 0);
            return bench;
        }

        [SuppressMessage("Security", "CA5351:Do Not Use Broken Cryptographic Algorithms", Justification = "The printer's protocol names MD5.")]
        public string Drop(string name, string[] program)
        {
            var path = Path.Combine(_folder.FullName, name);
            using (var archive = ZipFile.Open(path, ZipArchiveMode.Create))
            {
                using var plate = new StreamWriter(archive.CreateEntry("Metadata/plate_1.gcode").Open());
                plate.Write(string.Join('\n', program));
            }

            return Convert.ToHexString(MD5.HashData(File.ReadAllBytes(path)));
        }

        public Task RequestAsync(string command, params (string Name, string Value)[] fields)
        {
            var print = new JsonObject { ["sequence_id"] = "7", ["command"] = command };
            foreach (var (name, value) in fields)
            {
                print[name] = value;
            }

            return PublishAsync(new JsonObject { ["print"] = print }.ToJsonString());
        }

        public async Task PublishAsync(string payload) => await _client.Client.PublishStringAsync($"device/{Serial}/request", payload, cancellationToken: Cancellation);

        public async Task<JsonObject> NextReportAsync(Func<JsonObject, bool> isIt)
        {
            while (true)
            {
                if (await ReadAsync() is { } report && isIt(report))
                {
                    return report;
                }
            }
        }

        public async Task<JsonObject> UntilAsync(Func<JsonObject, bool> isIt)
        {
            while (!isIt(_state))
            {
                await ReadAsync();
            }

            return _state;
        }

        public async Task<JsonObject> AnswerAsync(string command)
        {
            while (true)
            {
                if (_answers.TryDequeue(out var answer))
                {
                    if ((string?)answer["command"] == command)
                    {
                        return answer;
                    }
                }
                else
                {
                    await ReadAsync();
                }
            }
        }

        public async ValueTask DisposeAsync()
        {
            await Printer.DisposeAsync();
            _client.Dispose();
            await _broker.DisposeAsync();
            _folder.Delete(recursive: true);
        }

        /// <summary>Reads one message: a report, which is merged and returned, or an answer, which is kept.</summary>
        private async Task<JsonObject?> ReadAsync()
        {
            var message = await _client.ReceiveAsync();
            var print = (JsonObject)JsonNode.Parse(message.ConvertPayloadToString()!)!["print"]!;
            if ((string?)print["command"] != "push_status")
            {
                _answers.Enqueue(print);
                return null;
            }

            foreach (var (name, value) in print)
            {
                _state[name] = value?.DeepClone();
            }

            StatesSeen.Add((string?)_state["gcode_state"] ?? "");
            return print;
        }
    }
}
