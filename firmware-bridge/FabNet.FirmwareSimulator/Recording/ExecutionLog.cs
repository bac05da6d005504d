// What the firmware executed, in order: the truth that tests and people compare a job with.

using System.Text.Json;
using System.Text.Json.Serialization;
using FabNet.FirmwareSimulator.Motion;

namespace FabNet.FirmwareSimulator.Recording;

/// <summary>One command that the firmware executed.</summary>
public sealed record ExecutedCommand
{
    /// <summary>Place in the log, from 1, without gaps, over resets too.</summary>
    public required long Sequence { get; init; }

    /// <summary>How often the firmware had booted: 1 for the first time.</summary>
    public required int Boot { get; init; }

    /// <summary>The line number it was sent with (<c>N</c>); null without.</summary>
    public long? Number { get; init; }

    /// <summary>The command exactly as accepted, without line number and checksum.</summary>
    public required string Text { get; init; }

    /// <summary>Seconds of machine time when it was done (a move: when it was queued).</summary>
    public required double TimeS { get; init; }

    /// <summary>Where the machine will stand once all queued moves are done, in mm, machine coordinates.</summary>
    public required Axes Position { get; init; }
}

/// <summary>
/// Records every executed command before the firmware acknowledges it, in memory (the newest <c>capacity</c>) and optionally as one JSON object per line in a file. A line is
/// handed to the operating system before the acknowledgement leaves, so no crash of any process loses a command that a host saw acknowledged. Where the disk is full the machine
/// goes on, and the file ends there. Thread-safe.
/// </summary>
public sealed class ExecutionLog : IDisposable
{
    private const int KeptWithoutFile = 1_000_000;
    private const int KeptBesideFile = 10_000;

    private readonly Lock _gate = new();
    private readonly Queue<ExecutedCommand> _commands = new();
    private readonly int _capacity;
    private readonly string? _path;
    private readonly long _greatestBytes;
    private FileStream? _file;
    private readonly MemoryStream _line = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Creates a log.</summary>
    /// <param name="path">A file to append to, or null.</param>
    /// <param name="capacity">How many commands memory keeps, above 0; null for a million, or ten thousand where a file has all of them.</param>
    /// <param name="greatestBytes">How long the file grows before it becomes <c>path.1</c>, in the place of the one before, and a new one is begun; null: without end.</param>
    /// <exception cref="IOException">The file cannot be opened for appending.</exception>
    public ExecutionLog(string? path = null, int? capacity = null, long? greatestBytes = null)
    {
        (_path, _greatestBytes) = (path, greatestBytes ?? long.MaxValue);
        _capacity = capacity ?? (path is null ? KeptWithoutFile : KeptBesideFile);
        ArgumentOutOfRangeException.ThrowIfLessThan(_capacity, 1, nameof(capacity));
        if (path is not null)
        {
            if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } directory)
            {
                Directory.CreateDirectory(directory);
            }

            _file = Open(path);
        }
    }

    /// <summary>Why the file ends before the log does; null if it holds all of it.</summary>
    public string? FileFault { get; private set; }

    /// <summary>Commands executed so far, also those that memory no longer keeps.</summary>
    public long Count { get; private set; }

    /// <summary>Where the last executed command leads to.</summary>
    public Axes FinalPosition { get; private set; }

    /// <summary>The commands that memory keeps, oldest first.</summary>
    public IReadOnlyList<ExecutedCommand> Snapshot()
    {
        lock (_gate)
        {
            return [.. _commands];
        }
    }

    /// <summary>Completes once at least <paramref name="count"/> commands were executed.</summary>
    public async Task WaitForCountAsync(long count, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (Count >= count)
                {
                    return;
                }

                changed = _changed.Task;
            }

            await changed.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _file?.Dispose();
        }
    }

    internal void Add(int boot, long? number, string text, double timeS, Axes position)
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            var command = new ExecutedCommand { Sequence = Count + 1, Boot = boot, Number = number, Text = text, TimeS = Math.Round(timeS, 6), Position = position };
            Write(command);
            if (_commands.Count == _capacity)
            {
                _commands.Dequeue();
            }

            _commands.Enqueue(command);
            Count++;
            FinalPosition = position;
            changed = _changed;
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        changed.SetResult();
    }

    private void Write(ExecutedCommand command)
    {
        if (_file is null)
        {
            return;
        }

        _line.SetLength(0);
        JsonSerializer.Serialize(_line, command, ExecutionLogJson.Default.ExecutedCommand);
        _line.WriteByte((byte)'\n');
        try
        {
            _file.Write(_line.GetBuffer(), 0, (int)_line.Length);
            if (_file.Position > _greatestBytes)
            {
                _file.Dispose();
                File.Move(_path!, _path + ".1", overwrite: true);
                _file = Open(_path!);
            }
        }
        catch (IOException e)
        {
            FileFault = e.Message;
            _file.Dispose();
            _file = null;
        }
    }

    private static FileStream Open(string path) => new(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
}

/// <summary>The JSON form of a log line: <c>{"sequence":1,"boot":1,"number":1,"text":"G28","timeS":12.3,"position":{"x":0,"y":0,"z":0,"e":0}}</c>.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ExecutedCommand))]
internal sealed partial class ExecutionLogJson : JsonSerializerContext;
