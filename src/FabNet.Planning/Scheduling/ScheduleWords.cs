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
        var needs = Text(plant.Jobs[track.Jobs[at]].Job.Needs);
        var changes = run.Needs.ChangesFrom(run.Before);
        var setUp = changes == SetUpAttributes.None ? needs.Length > 0 ? $"shares {needs} on {id}" : $"runs on {id}" : $"{id} changes {Names(changes)} to {needs}";
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

    /// <summary>A set-up, such as "PETG black, 0.6 mm".</summary>
    public static string Text(SetUpOf setUp)
    {
        var loaded = string.Join(' ', new[] { setUp.Material, setUp.Color }.OfType<string>());
        var nozzle = setUp.NozzleMm is { } mm ? FormattableString.Invariant($"{mm} mm") : null;
        return string.Join(", ", new[] { loaded, nozzle, setUp.Tool, setUp.Fixture }.Where(static t => !string.IsNullOrEmpty(t)));
    }

    private static string Join(List<string> items)
    {
        var named = string.Join("; ", items.Take(Named));
        return items.Count > Named ? $"{named}; and {items.Count - Named} more" : named;
    }
}
