// How a track was, to go back to.

namespace FabNet.Planning.Scheduling;

/// <summary>A copy of a track's contents. It keeps its memory for the next copy.</summary>
internal sealed class TrackImage
{
    private Run[] _runs = [];
    private int[] _jobs = [];
    private long[] _keys = [];
    private Gate[] _gates = [];
    private int _runCount;
    private int _jobCount;
    private int _gateCount;

    public double Cost { get; set; }

    public ReadOnlySpan<Run> Runs => _runs.AsSpan(0, _runCount);

    public ReadOnlySpan<int> Jobs => _jobs.AsSpan(0, _jobCount);

    /// <summary>The deliveries of <see cref="Jobs"/>.</summary>
    public ReadOnlySpan<long> Keys => _keys.AsSpan(0, _jobCount);

    public ReadOnlySpan<Gate> Gates => _gates.AsSpan(0, _gateCount);

    public void Keep(ReadOnlySpan<Run> runs, ReadOnlySpan<int> jobs, ReadOnlySpan<long> keys, ReadOnlySpan<Gate> gates)
    {
        (_runCount, _jobCount, _gateCount) = (runs.Length, jobs.Length, gates.Length);
        if (_runs.Length < _runCount)
        {
            _runs = new Run[2 * _runCount];
        }

        if (_jobs.Length < _jobCount)
        {
            (_jobs, _keys) = (new int[2 * _jobCount], new long[2 * _jobCount]);
        }

        if (_gates.Length < _gateCount)
        {
            _gates = new Gate[2 * _gateCount];
        }

        runs.CopyTo(_runs);
        jobs.CopyTo(_jobs);
        keys.CopyTo(_keys);
        gates.CopyTo(_gates);
    }
}
