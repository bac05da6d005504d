// The jobs of one machine in their order, with the set-up before each, kept so that a change is priced without walking the whole.

using FabNet.Planning.Search;

namespace FabNet.Planning.Sequencing;

/// <summary>Times are whole numbers kept in doubles, so they add up exactly.</summary>
internal sealed class MachineSequence : MachineLoad<MachineSequence>
{
    private readonly SetUpTable _setUps;

    private int[] _jobs = new int[16];
    private int[] _families = new int[16];
    private int[] _durations = new int[16];

    // The set-up before each job.
    private int[] _links = new int[16];

    public MachineSequence(SetUpTable setUps, int ready)
    {
        _setUps = setUps;
        End = ready;
    }

    public ReadOnlySpan<int> Jobs => _jobs.AsSpan(0, Count);

    /// <summary>The place at which a job of this family adds the least set-up, and how much it adds (it may be below zero where set-ups break the triangle rule).</summary>
    public (int Place, int Added) BestPlace(int family)
    {
        var first = _setUps.First(family);
        if (Count == 0)
        {
            return (0, first);
        }

        var into = _setUps.Into(family);
        var outOf = _setUps.OutOf(family);
        var families = _families.AsSpan(0, Count);
        var links = _links.AsSpan(0, families.Length);
        var before = families[0];
        var (place, least) = (0, first + outOf[before] - links[0]);
        for (var i = 1; i < families.Length; i++)
        {
            var after = families[i];
            var added = into[before] + outOf[after] - links[i];
            if (added < least)
            {
                (place, least) = (i, added);
            }

            before = after;
        }

        return into[before] < least ? (families.Length, into[before]) : (place, least);
    }

    public void Insert(int place, int job, int family, int duration)
    {
        if (Count == _jobs.Length)
        {
            Array.Resize(ref _jobs, Count * 2);
            Array.Resize(ref _families, Count * 2);
            Array.Resize(ref _durations, Count * 2);
            Array.Resize(ref _links, Count * 2);
        }

        var tail = Count - place;
        Array.Copy(_jobs, place, _jobs, place + 1, tail);
        Array.Copy(_families, place, _families, place + 1, tail);
        Array.Copy(_durations, place, _durations, place + 1, tail);
        Array.Copy(_links, place, _links, place + 1, tail);
        Count++;
        _jobs[place] = job;
        _families[place] = family;
        _durations[place] = duration;
        _links[place] = 0;
        var setUp = Relink(place) + (tail > 0 ? Relink(place + 1) : 0);
        SetUpTime += setUp;
        End += setUp + duration;
    }

    /// <summary>Takes a job out.</summary>
    /// <returns>The job.</returns>
    public int RemoveAt(int place)
    {
        var (job, duration, setUp) = (_jobs[place], _durations[place], -_links[place]);
        Count--;
        var tail = Count - place;
        Array.Copy(_jobs, place + 1, _jobs, place, tail);
        Array.Copy(_families, place + 1, _families, place, tail);
        Array.Copy(_durations, place + 1, _durations, place, tail);
        Array.Copy(_links, place + 1, _links, place, tail);
        if (tail > 0)
        {
            setUp += Relink(place);
        }

        SetUpTime += setUp;
        End += setUp - duration;
        return job;
    }

    public override void CopyFrom(MachineSequence other)
    {
        if (_jobs.Length < other.Count)
        {
            _jobs = new int[other._jobs.Length];
            _families = new int[other._jobs.Length];
            _durations = new int[other._jobs.Length];
            _links = new int[other._jobs.Length];
        }

        Count = other.Count;
        End = other.End;
        SetUpTime = other.SetUpTime;
        Array.Copy(other._jobs, _jobs, Count);
        Array.Copy(other._families, _families, Count);
        Array.Copy(other._durations, _durations, Count);
        Array.Copy(other._links, _links, Count);
    }

    // Sets the set-up before a job anew; tells by how much it grew.
    private int Relink(int place)
    {
        var setUp = place == 0 ? _setUps.First(_families[0]) : _setUps.Between(_families[place - 1], _families[place]);
        var grown = setUp - _links[place];
        _links[place] = setUp;
        return grown;
    }
}
