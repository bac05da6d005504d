// The builds of one machine, in the order of their release.

using FabNet.Planning.Search;

namespace FabNet.Planning.Beds;

/// <summary>
/// Builds run one after the other, each begun when the machine is free and all its parts are released; in the order of release the machine is done soonest (Jackson's rule).
/// </summary>
internal sealed class MachineBuilds(BedMachine machine) : MachineLoad<MachineBuilds>
{
    private Build[] _builds = [new(), new(), new(), new()];

    public ReadOnlySpan<Build> Builds => _builds.AsSpan(0, Count);

    public bool HasRoom(Build build, BedPart part) => build.Area + part.Area <= machine.Area;

    /// <summary>When the machine would be done with the part in this build; in a build of its own for an index of <see cref="MachineLoad{TSelf}.Count"/>.</summary>
    public double EndWith(int index, BedPart part)
    {
        var joined = index < Count;
        var release = part.Release;
        var volume = part.Volume;
        var height = part.Height;
        if (joined)
        {
            var build = _builds[index];
            release = Math.Max(release, build.Release);
            volume += build.Volume;
            height = Math.Max(height, build.Height);
        }

        var duration = machine.SetUp + (machine.PerVolume * volume) + (machine.PerHeight * height);
        var end = 0.0;
        var isPlaced = false;
        for (var i = 0; i < Count; i++)
        {
            if (i == index)
            {
                continue;
            }

            var build = _builds[i];
            if (!isPlaced && build.Release > release)
            {
                end = Math.Max(end, release) + duration;
                isPlaced = true;
            }

            end = Math.Max(end, build.Release) + build.Duration;
        }

        return isPlaced ? end : Math.Max(end, release) + duration;
    }

    public void Add(int index, int number, BedPart part)
    {
        if (index == Count)
        {
            if (Count == _builds.Length)
            {
                Array.Resize(ref _builds, Count * 2);
                for (var i = Count; i < _builds.Length; i++)
                {
                    _builds[i] = new Build();
                }
            }

            _builds[Count++].Clear();
        }

        _builds[index].Add(number, part);
        Settle(index);
    }

    /// <summary>Takes one part out of a build; an empty build is gone.</summary>
    /// <returns>The part's number.</returns>
    public int Remove(int index, int place, BedProblem problem)
    {
        var number = _builds[index].RemoveAt(place, problem);
        if (_builds[index].Count == 0)
        {
            var gone = _builds[index];
            Array.Copy(_builds, index + 1, _builds, index, Count - index - 1);
            _builds[--Count] = gone;
            Recount();
        }
        else
        {
            Settle(index);
        }

        return number;
    }

    public override void CopyFrom(MachineBuilds other)
    {
        while (_builds.Length < other.Count)
        {
            var length = _builds.Length;
            Array.Resize(ref _builds, length * 2);
            for (var i = length; i < _builds.Length; i++)
            {
                _builds[i] = new Build();
            }
        }

        Count = other.Count;
        End = other.End;
        SetUpTime = other.SetUpTime;
        for (var i = 0; i < Count; i++)
        {
            _builds[i].CopyFrom(other._builds[i]);
        }
    }

    // The build at this index has changed: its duration is counted anew and it goes to its place in the order.
    private void Settle(int index)
    {
        var build = _builds[index];
        build.Duration = machine.SetUp + (machine.PerVolume * build.Volume) + (machine.PerHeight * build.Height);
        for (; index > 0 && _builds[index - 1].Release > build.Release; index--)
        {
            _builds[index] = _builds[index - 1];
        }

        for (; index < Count - 1 && _builds[index + 1].Release < build.Release; index++)
        {
            _builds[index] = _builds[index + 1];
        }

        _builds[index] = build;
        Recount();
    }

    private void Recount()
    {
        var end = 0.0;
        foreach (var build in Builds)
        {
            end = Math.Max(end, build.Release) + build.Duration;
        }

        End = end;
        SetUpTime = Count * machine.SetUp;
    }
}
