// The JSON-RPC methods of the simulated Moonraker.

using System.Text.Json.Nodes;

namespace FabNet.FirmwareSimulator.Moonraker;

/// <summary>Executes methods. Owned by the printer, under its lock.</summary>
internal sealed class MoonrakerMethods(KlipperMachine machine, string folder)
{
    private readonly List<JsonObject> _jobs = [];

    /// <summary>Answers once, now or later: a result, or an error's code and message.</summary>
    public delegate void Answer(JsonNode? result, int code = 0, string? error = null);

    /// <summary>A print began or ended.</summary>
    public void NoteJob(string file, string status)
    {
        if (status == "in_progress")
        {
            _jobs.Add(new JsonObject { ["job_id"] = _jobs.Count.ToString("X6"), ["filename"] = file, ["status"] = status });
        }
        else if (_jobs.LastOrDefault(job => job["filename"]!.GetValue<string>() == file) is { } job)
        {
            job["status"] = status;
        }
    }

    /// <summary>Executes one request.</summary>
    public void Execute(MoonrakerClient client, string method, JsonObject parameters, string? apiKey, Answer answer)
    {
        client.IsLetIn |= apiKey is not null && Text(parameters, "api_key") == apiKey;
        if (!client.IsLetIn)
        {
            answer(null, -32602, "Unauthorized"); // The code for bad parameters, as the real one has it.
            return;
        }

        switch (method)
        {
            case "server.connection.identify":
                answer(new JsonObject { ["connection_id"] = 1 });
                break;
            case "server.info":
                answer(new JsonObject { ["klippy_connected"] = machine.Klippy != "disconnected", ["klippy_state"] = machine.Klippy, ["moonraker_version"] = "v0.9.3-simulated" });
                break;
            case "server.history.list":
                answer(new JsonObject { ["count"] = _jobs.Count, ["jobs"] = new JsonArray([.. Enumerable.Reverse(_jobs).Select(static job => job.DeepClone())]) });
                break;
            case "server.files.get_directory":
                ListFiles(Text(parameters, "path"), answer);
                break;
            case "server.files.delete_file":
                Delete(Text(parameters, "path"), answer);
                break;
            case var printer when printer.StartsWith("printer.", StringComparison.Ordinal):
                ExecuteOnPrinter(client, printer, parameters, answer);
                break;
            default:
                answer(null, -32601, "Method not found");
                break;
        }
    }

    private void ExecuteOnPrinter(MoonrakerClient client, string method, JsonObject parameters, Answer answer)
    {
        if (machine.Klippy == "disconnected")
        {
            answer(null, 503, "Klippy Host not connected");
            return;
        }

        switch (method)
        {
            case "printer.info":
                answer(new JsonObject { ["state"] = machine.Klippy, ["state_message"] = machine.KlippyMessage, ["software_version"] = "v0.13.0-simulated", ["hostname"] = "simulated" });
                break;
            case "printer.objects.list":
                answer(new JsonObject { ["objects"] = new JsonArray([.. KlipperObjects.Of(machine).Keys.Select(static name => JsonValue.Create(name))]) });
                break;
            case "printer.objects.query" or "printer.objects.subscribe":
                var wanted = parameters["objects"] as JsonObject ?? [];
                var status = KlipperObjects.Select(machine, wanted);
                if (method == "printer.objects.subscribe")
                {
                    client.Subscription = (JsonObject)wanted.DeepClone();
                    client.Told = (JsonObject)status.DeepClone();
                }

                answer(new JsonObject { ["eventtime"] = KlipperObjects.EventTime(machine), ["status"] = status });
                break;
            case "printer.emergency_stop":
                machine.ShutDown("Shutdown due to webhooks request");
                answer("ok");
                break;
            case "printer.firmware_restart" or "printer.restart":
                machine.Restart();
                answer("ok");
                break;
            case "printer.gcode.script":
                Run(Text(parameters, "script"), answer);
                break;
            case "printer.print.start":
                Run($"SDCARD_PRINT_FILE FILENAME=\"{Text(parameters, "filename")}\"", answer);
                break;
            case "printer.print.pause":
                Run("PAUSE", answer);
                break;
            case "printer.print.resume":
                Run("RESUME", answer);
                break;
            case "printer.print.cancel":
                Run("CANCEL_PRINT", answer);
                break;
            default:
                answer(null, -32601, "Method not found");
                break;
        }
    }

    private void Run(string script, Answer answer) => machine.Run(script, error =>
    {
        if (error is null)
        {
            answer("ok");
        }
        else
        {
            answer(null, 400, error);
        }
    });

    private void ListFiles(string path, Answer answer)
    {
        if (PathOf(path) is not { } directory || !Directory.Exists(directory))
        {
            answer(null, 400, $"Directory does not exist ({path})");
            return;
        }

        var files = new DirectoryInfo(directory).GetFiles().Select(static file => (JsonNode)new JsonObject
        {
            ["filename"] = file.Name,
            ["size"] = file.Length,
            ["modified"] = new DateTimeOffset(file.LastWriteTimeUtc).ToUnixTimeMilliseconds() / 1000.0,
            ["permissions"] = "rw",
        });
        answer(new JsonObject { ["dirs"] = new JsonArray(), ["files"] = new JsonArray([.. files]) });
    }

    private void Delete(string path, Answer answer)
    {
        if (PathOf(path) is not { } file || !File.Exists(file))
        {
            answer(null, 400, $"Invalid file path: {path}");
        }
        else if (machine.Print is "printing" or "paused" && Path.GetFullPath(machine.FileName, folder) == file)
        {
            answer(null, 403, "File currently in use");
        }
        else
        {
            File.Delete(file);
            answer(new JsonObject { ["action"] = "delete_file", ["item"] = new JsonObject { ["root"] = "gcodes", ["path"] = path["gcodes/".Length..] } });
        }
    }

    private string? PathOf(string path)
    {
        var full = path == "gcodes" ? folder : path.StartsWith("gcodes/", StringComparison.Ordinal) ? Path.GetFullPath(path["gcodes/".Length..], folder) : "";
        return full == folder || full.StartsWith(folder + Path.DirectorySeparatorChar, StringComparison.Ordinal) ? full : null;
    }

    private static string Text(JsonObject parameters, string name) => parameters[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : "";
}
