// A small Marlin of this test suite's own: line numbers, checksums, Resend, a command queue and a receive buffer as in Marlin's queue.cpp, with faults on demand.

using System.Globalization;
using System.Text;

namespace FabNet.Tests.Bridge;

internal sealed class LittleMarlin(Stream wire) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Queue<byte> _received = new();
    private readonly Queue<(string Command, int Number)> _commands = new();
    private readonly StringBuilder _line = new();
    private readonly SemaphoreSlim _arrived = new(0);
    private readonly Lock _gate = new();
    private Task[] _tasks = [];
    private int _lastNumber;
    private int _motions;

    // What an earlier program left on, until it is ordered off.
    private int _hotEndC = 210;
    private int _bedC = 60;

    public bool AdvancedOk { get; init; }

    public bool ResetsOnOpen { get; init; }

    public bool OmitsOkAfterResend { get; init; }

    /// <summary>Bytes that come while a command is worked on are lost, as on firmware without a receive buffer.</summary>
    public bool IsPingPongOnly { get; init; }

    public bool HasThermistors { get; init; } = true;

    public int Slots { get; init; } = 4;

    /// <summary>Called before the nth motion (from 1) is executed.</summary>
    public Func<int, LittleMarlin, Task>? BeforeMotion { get; set; }

    /// <summary>May change, drop (empty) or double the reply to a command; given the motions executed so far, the command and the reply.</summary>
    public Func<int, string, string, string>? OnReply { get; set; }

    /// <summary>May change the Resend that is sent; given how many were sent before.</summary>
    public Func<int, string, string>? OnResend { get; set; }

    public List<string> Executed { get; } = [];

    public List<string> Motions => [.. Executed.Where(static line => line.StartsWith("G1 ", StringComparison.Ordinal) || line.StartsWith("G0 ", StringComparison.Ordinal))];

    public bool HasOverflowed { get; private set; }

    public bool IsSilent { get; set; }

    public bool IsKilled { get; private set; }

    public int ResendsSent { get; private set; }

    public int MostInFlight { get; private set; }

    public void Start() => _tasks = [Task.Run(ReceiveAsync), Task.Run(WorkAsync)];

    public async Task ResetAsync(bool says = true)
    {
        lock (_gate)
        {
            _received.Clear();
            _commands.Clear();
            _line.Clear();
            _lastNumber = 0;
            IsKilled = false;
        }

        if (says)
            await SayAsync("start\necho:Marlin 2.1.2.5\n");
    }

    public async Task SayAsync(string text)
    {
        if (IsSilent)
            return;
        try
        {
            await wire.WriteAsync(Encoding.ASCII.GetBytes(text), _stop.Token);
        }
        catch (IOException)
        {
            await _stop.CancelAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        foreach (var task in _tasks)
        {
            try
            {
                await task;
            }
            catch (OperationCanceledException)
            {
                continue;
            }
        }
    }

    private bool _isWorking;

    private async Task ReceiveAsync()
    {
        if (ResetsOnOpen)
            await ResetAsync();
        var buffer = new byte[512];
        while (!_stop.IsCancellationRequested)
        {
            var count = await wire.ReadAsync(buffer, _stop.Token);
            if (count == 0)
                return;
            var text = Encoding.ASCII.GetString(buffer, 0, count);
            if (text.Contains("\nM112\n", StringComparison.Ordinal) || text.StartsWith("M112\n", StringComparison.Ordinal))
            {
                IsKilled = true;
                await SayAsync("echo:M112 Shutdown\nError:Printer halted. kill() called!\n");
                continue;
            }

            lock (_gate)
            {
                foreach (var value in buffer.AsSpan(0, count))
                {
                    if (IsPingPongOnly && _isWorking)
                        continue;
                    if (_received.Count >= 127)
                        HasOverflowed = true;
                    else
                        _received.Enqueue(value);
                }
            }

            _arrived.Release();
        }
    }

    private async Task WorkAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            await TakeLinesAsync();
            (string Command, int Number) next;
            lock (_gate)
            {
                MostInFlight = Math.Max(MostInFlight, _commands.Count);
                if (!_commands.TryPeek(out next))
                    next = ("", -2);
            }

            if (next.Number == -2)
            {
                await _arrived.WaitAsync(_stop.Token);
                continue;
            }

            if (IsKilled)
            {
                await _arrived.WaitAsync(_stop.Token);
                continue;
            }

            _isWorking = true;
            await ExecuteAsync(next.Command, next.Number);
            _isWorking = false;
            lock (_gate)
                _commands.TryDequeue(out _);
        }
    }

    private async Task TakeLinesAsync()
    {
        while (true)
        {
            string? line = null;
            lock (_gate)
            {
                while (_commands.Count < Slots && line is null && _received.TryDequeue(out var value))
                {
                    if (value is (byte)'\n' or (byte)'\r')
                    {
                        line = _line.ToString();
                        _line.Clear();
                    }
                    else if (_line.Length < 95)
                    {
                        _line.Append((char)value);
                    }
                }
            }

            if (line is null)
                return;
            if (line.Length > 0)
                await TakeAsync(line);
        }
    }

    private async Task TakeAsync(string line)
    {
        if (line[0] != 'N')
        {
            lock (_gate)
                _commands.Enqueue((line, -1));
            return;
        }

        var star = line.LastIndexOf('*');
        var digits = new string([.. line.Skip(1).TakeWhile(char.IsAsciiDigit)]);
        var number = int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var parsed) ? parsed : -1;
        var isRestart = line.Contains("M110", StringComparison.Ordinal);
        if (number == _lastNumber && !isRestart && star > 0)
            return;
        if (number != _lastNumber + 1 && !isRestart)
        {
            await RefuseAsync("Line Number is not Last Line Number+1");
            return;
        }

        if (star < 0)
        {
            await RefuseAsync("No Checksum with line number");
            return;
        }

        var checksum = 0;
        foreach (var character in line[..star])
            checksum ^= character;
        if (line[(star + 1)..] != checksum.ToString(CultureInfo.InvariantCulture))
        {
            await RefuseAsync("checksum mismatch");
            return;
        }

        _lastNumber = number;
        var command = line[(1 + digits.Length)..star].Trim();
        lock (_gate)
            _commands.Enqueue((command, number));
    }

    private async Task RefuseAsync(string why)
    {
        lock (_gate)
            _received.Clear();
        var resend = $"Error:{why}, Last Line: {_lastNumber}\nResend: {_lastNumber + 1}\n" + (OmitsOkAfterResend ? "" : "ok\n");
        await SayAsync(OnResend?.Invoke(ResendsSent, resend) ?? resend);
        ResendsSent++;
    }

    private async Task ExecuteAsync(string command, int number)
    {
        if (command.StartsWith("G1 ", StringComparison.Ordinal))
        {
            _motions++;
            if (BeforeMotion is { } before)
                await before(_motions, this);
            if (IsKilled)
                return;
        }

        lock (_gate)
        {
            // A reset in between empties the queue: then nothing is executed.
            if (!_commands.TryPeek(out var head) || head.Command != command)
                return;
            Executed.Add(command);
        }

        if (command.StartsWith("M104", StringComparison.Ordinal))
            _hotEndC = 0;
        if (command.StartsWith("M140", StringComparison.Ordinal))
            _bedC = 0;
        var reply = command switch
        {
            "M115" => "FIRMWARE_NAME:Marlin 2.1.2.5 (Nov 22 2026) SOURCE_CODE_URL:github.com/MarlinFirmware/Marlin PROTOCOL_VERSION:1.0 MACHINE_TYPE:Little\nCap:AUTOREPORT_TEMP:0\nCap:EMERGENCY_PARSER:1\nok\n",
            "M105" when HasThermistors => $"ok T:{_hotEndC}.0 /{_hotEndC}.0 B:{_bedC}.0 /{_bedC}.0 @:0 B@:0\n",
            "M114" => "X:1.00 Y:2.00 Z:3.00 E:0.00 Count X:0 Y:0 Z:0\nok\n",
            _ when AdvancedOk && number >= 0 => $"ok N{number} P15 B{Slots - Math.Min(Slots, _commands.Count)}\n",
            _ => "ok\n",
        };
        await SayAsync(OnReply?.Invoke(_motions, command, reply) ?? reply);
    }
}
