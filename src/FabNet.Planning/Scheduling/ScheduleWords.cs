// The scheduler's sentences: why here, and what is missing.

namespace FabNet.Planning.Scheduling;

internal static class ScheduleWords
{
    private const int Named = 3;

    /// <summary>Why a job stands where it stands: the set-up, and whom it shares a bed with.</summary>
    /// <param name="plant">The plant.</param>
    /// <param name="track">Its machine's sequence.</param>
    /// <param name="run">Its run.</param>
    /// <param name="at">Its place among the track's jobs.</param>
    public static string Why(Plant plant, Track track, in Run run, int at)
    {
        var id = track.Machine.Machine.Id;
        var setUp = SetUp(plant, id, run);
        if (run.Count == 1)
        {
            return setUp;
        }

        var others = new List<string>();
        for (var i = run.First; i < run.First + run.Count; i++)
        {
            if (i != at)
            {
                others.Add(plant.Jobs[track.Jobs[i]].Job.Id);
            }
        }

        return $"{setUp}, on one bed with {Join(others)}";
    }

    private static string SetUp(Plant plant, string id, in Run run)
    {
        var changes = run.Needs.ChangesFrom(run.Before);
        var (before, after) = (plant.SetUpOf(run.Before), plant.SetUpOf(run.Needs.After(run.Before)));
        return changes.HasFlag(SetUpAttributes.Tool) ? $"set up on {id} for this part"
            : changes == SetUpAttributes.None ? Text(after) is { Length: > 0 } shared ? $"shares loaded {shared} on {id}" : $"runs on {id}"
            : before.Material is null ? $"{id} loads {Text(after)}"
            : $"{id} changes {Text(before)} to {Text(after)}";
    }

    /// <summary>Why no machine can make a job: a whole sentence.</summary>
    public static string Unscheduled(Plant plant, JobFacts job)
    {
        if (plant.Machines.Length == 0)
        {
            return "There is no machine yet. Wait for a workshop to join.";
        }

        var reasons = plant.Machines.Select(m => Obstacles.OnMachine(job.Job, m.Machine, m.Class.Class)).OfType<string>().Distinct(StringComparer.Ordinal).ToList();
        return $"No machine can make it: {Join(reasons)}.";
    }

    /// <summary>Attributes by name, such as "material, nozzle".</summary>
    public static string Names(SetUpAttributes attributes) => attributes == SetUpAttributes.None ? "" : string.Join(", ", Enum.GetValues<SetUpAttributes>()
        .Where(a => a != SetUpAttributes.None && attributes.HasFlag(a)).Select(static a => a.ToString().ToLowerInvariant()));

    // Such as "PETG black, 0.6 mm".
    private static string Text(SetUpOf setUp)
    {
        var loaded = string.Join(' ', new[] { setUp.Material, setUp.Color }.OfType<string>());
        var nozzle = setUp.NozzleMm is { } mm ? FormattableString.Invariant($"{mm} mm") : null;
        return string.Join(", ", new[] { loaded, nozzle, setUp.Fixture }.Where(static t => !string.IsNullOrEmpty(t)));
    }

    private static string Join(List<string> items)
    {
        var named = string.Join("; ", items.Take(Named));
        return items.Count > Named ? $"{named}; and {items.Count - Named} more" : named;
    }
}
