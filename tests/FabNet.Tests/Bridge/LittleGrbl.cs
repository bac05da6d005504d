// A small GRBL of this test suite's own: a receive buffer that overflows silently, realtime bytes, a planner, holds, resets and alarms, with faults on demand.

using System.Globalization;
using System.Text;

namespace FabNet.Tests.Bridge;

internal sealed class LittleGrbl(Stream wire) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Queue<byte> _received = new();
    private readonly Queue<string> _planned = new();
    private readonly StringBuilder _line = new();
    private readonly SemaphoreSlim _changed = new(0);
    private readonly Lock _gate = new();
    private Task[] _tasks = [];
    private int _motions;
    private bool _isHeld;
    private bool _isMoving;

    public int ReceiveBytes { get; init; } = 128;

    public string Banner { get; init; } = "Grbl 1.1h ['$' for help]";

    /// <summary>May change the reply to the nth motion line taken, from 1.</summary>
    public Func<int, string, string>? OnReply { get; set; }

    /// <summary>Called before the nth motion (from 1) is executed.</summary>
    public Func<int, LittleGrbl, Task>? BeforeMotion { get; set; }

    /// <summary>Every line taken, in order.</summary>
    public List<string> Taken { get; } = [];

    /// <summary>Motions executed, in order.</summary>
    public List<string> Motions { get; } = [];

    /// <summary>Realtime bytes obeyed, in order, without <c>?</c>.</summary>
    public List<byte> Realtime { get; } = [];

    public bool HasOverflowed { get; private set; }

    public bool IsAlarm { get; private set; }

    public bool LostPosition { get; private set; }

    public void Start() => _tasks = [Task.Run(ReceiveAsync), Task.Run(ParseAsync), Task.Run(MoveAsync)];

    public async Task SayAsync(string text)
    {
        try
        {
            await wire.WriteAsync(Encoding.ASCII.GetBytes(text), _stop.Token);
        }
        catch (IOException)
        {
            await _stop.CancelAsync();
        }
    }

    public async Task AlarmAsync(int code)
    {
        lock (_gate)
        {
            IsAlarm = true;
            _planned.Clear();
            _received.Clear();
        }

        await SayAsync($"ALARM:{code}\r\n");
    }

    public async Task ResetAsync()
    {
        bool wasMoving;
        lock (_gate)
        {
            wasMoving = _isMoving && !_isHeld;
            _received.Clear();
            _planned.Clear();
            _line.Clear();
            _isHeld = false;
            LostPosition |= wasMoving;
            IsAlarm |= wasMoving;
        }

        await SayAsync((wasMoving ? "ALARM:3\r\n" : "") + $"\r\n{Banner}\r\n");
        _changed.Release();
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

    private async Task ReceiveAsync()
    {
        var buffer = new byte[512];
        while (!_stop.IsCancellationRequested)
        {
            var count = await wire.ReadAsync(buffer, _stop.Token);
            if (count == 0)
                return;
            for (var index = 0; index < count; index++)
                await TakeByteAsync(buffer[index]);
            _changed.Release();
        }
    }

    private async Task TakeByteAsync(byte value)
    {
        switch (value)
        {
            case (byte)'?':
                await SayAsync(Status());
                return;
            case (byte)'!':
                lock (_gate)
                {
                    Realtime.Add(value);
                    _isHeld = _isMoving || _planned.Count > 0;
                }

                return;
            case (byte)'~':
                lock (_gate)
                {
                    Realtime.Add(value);
                    _isHeld = false;
                }

                _changed.Release();
                return;
            case 0x18:
                lock (_gate)
                    Realtime.Add(value);
                await ResetAsync();
                return;
        }

        lock (_gate)
        {
            if (_received.Count >= ReceiveBytes - 1)
                HasOverflowed = true;
            else
                _received.Enqueue(value);
        }
    }

    private string Status()
    {
        lock (_gate)
        {
            var state = IsAlarm ? "Alarm" : _isHeld ? "Hold:0" : _isMoving || _planned.Count > 0 ? "Run" : "Idle";
            return $"<{state}|MPos:{(Motions.Count % 250).ToString(CultureInfo.InvariantCulture)}.000,0.000,0.000|FS:500,0>\r\n";
        }
    }

    private async Task ParseAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            string? line = null;
            lock (_gate)
            {
                while (_planned.Count < 15 && line is null && _received.TryDequeue(out var value))
                {
                    if (value == (byte)'\n')
                    {
                        line = _line.ToString();
                        _line.Clear();
                    }
                    else
                    {
                        _line.Append((char)value);
                    }
                }
            }

            if (line is null)
            {
                await _changed.WaitAsync(TimeSpan.FromMilliseconds(5), _stop.Token);
                continue;
            }

            await TakeAsync(line);
        }
    }

    private async Task TakeAsync(string line)
    {
        if (line.Length > 0)
            Taken.Add(line);
        var reply = "ok\r\n";
        if (line == "$I")
            reply = $"[VER:1.1h.20190825:]\r\n[OPT:V,15,{ReceiveBytes}]\r\nok\r\n";
        else if (line == "$G")
            reply = "[GC:G0 G54 G17 G21 G90 G94 M5 M9 T0 F0 S0]\r\nok\r\n";
        else if (line == "$X")
            IsAlarm = false;
        else if (IsAlarm)
            reply = "error:9\r\n";
        else if (line.StartsWith('M') && line == "M115")
            reply = "error:20\r\n";
        else if (line.StartsWith("G1", StringComparison.Ordinal))
        {
            _motions++;
            reply = OnReply?.Invoke(_motions, reply) ?? reply;
            if (!reply.StartsWith("error", StringComparison.Ordinal))
            {
                lock (_gate)
                    _planned.Enqueue(line);
            }
        }

        await SayAsync(reply);
    }

    private async Task MoveAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            string? motion = null;
            lock (_gate)
            {
                _isMoving = !_isHeld && !IsAlarm && _planned.TryDequeue(out motion);
                if (_isMoving)
                    Motions.Add(motion!);
            }

            if (motion is null)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, _stop.Token);
                continue;
            }

            if (BeforeMotion is { } before)
                await before(Motions.Count, this);
        }
    }
}
