// What the end of a job tells the commons, where the site is somebody there: noted in the same append, so that neither is without the other.

using System.Globalization;
using System.Security.Cryptography;
using FabNet.Edge.Configuration;
using FabNet.Edge.Leasing;
using FabNet.Edge.Machines;
using FabNet.Edge.Preparing;
using FabNet.Model;
using FabNet.Model.Jobs;

namespace FabNet.Edge;

internal sealed partial class EdgeLoop
{
    /// <summary>What is noted beside the event that a job is ready.</summary>
    private IReadOnlyList<EdgeRecord> RecipeOf(Job job, Prepared prepared) => _config.Publisher is not null && prepared.Recipe is { } recipe
        ? [new RecipeRecord { Job = job.Id, Epoch = job.Epoch, Recipe = recipe }] : [];

    /// <summary>What is noted beside the end of a job: a piece that was finished, or one that failed. What a person called off or stopped with the agent teaches nothing.</summary>
    /// <param name="happened">The event.</param>
    /// <param name="seconds">Machine time of it.</param>
    private IReadOnlyList<EdgeRecord> ProductionOf(JobEvent happened, double seconds)
    {
        var isGood = happened is JobCompleted;
        if (_config.Publisher is not { } publisher || !(isGood || (happened is JobFailed && _handOver is null))
            || _book.Leases.Find(happened.Job)?.Job is not { Machine: { } machine } job || job.Epoch != happened.Epoch || !_desks.TryGetValue(machine, out var desk)
            || _book.Productions.RecipeOf(job.Id, job.Epoch) is not { } recipe)
        {
            return [];
        }

        var made = new ProductionRecord
        {
            Job = job.Id,
            Epoch = job.Epoch,
            Machine = machine,
            MachineClass = desk.Profile.Name,
            Manifest = job.Design.Manifest,
            Part = job.Part,
            Material = job.Material ?? desk.Facts.Loaded.Material,
            Recipe = desk.IsSimulated ? recipe with { Settings = new Dictionary<string, string>(recipe.Settings, StringComparer.Ordinal) { ["simulated"] = "yes" } } : recipe,
            Seconds = (long)Math.Round(Math.Max(0, seconds)),
            Made = job.Copies,
            Good = !isGood ? 0 : _config.Policy.Clear is ClearPolicy.Automatic ? job.Copies : null,
            Month = happened.At.UtcDateTime.ToString("yyyy-MM", CultureInfo.InvariantCulture),
            IsShared = publisher.SharesRuns,
            RunNonce = Nonce(),
            ClaimNonce = Nonce(),
        };

        // Somebody let machines be cleared by themselves since: what lay there was taken off unseen.
        return _book.Productions.OnMachine(machine) is { } before ? [before with { Good = before.Made }, made] : [made];
    }

    /// <summary>A person took off what was made, and says how many pieces are no good.</summary>
    /// <returns>What was noted, as a sentence; empty where nothing was to be.</returns>
    /// <exception cref="OperatorException">There are not so many pieces.</exception>
    private string Judge(MachineId machine, int scrapped)
    {
        if (_book.Productions.OnMachine(machine) is not { } made)
        {
            return scrapped == 0 ? "" : _config.Publisher is null ? " Scrap is not counted here: the site's configuration names no publisher." : " Scrap is not counted: no finished job's parts were on it.";
        }

        if (scrapped > made.Made)
        {
            throw new OperatorException($"{made.Job} made {made.Made} on {machine}, so at most {made.Made} can be scrap.");
        }

        _book.Judge(made with { Good = made.Made - scrapped });
        return scrapped == 0 ? "" : $" {scrapped} of {made.Made} made for {made.Job} are noted as scrap.";
    }

    /// <summary>How many productions wait to be told. Runs in the loop.</summary>
    public int Untold() => _book.Productions.Count;

    /// <summary>Machine time up to a line, by the program's own estimate: nobody measured it.</summary>
    private static double EstimateUpTo(Job job, MarkedLine line) => line.LineCount > 0 ? (job.EstimatedSeconds ?? 0) * line.Line / line.LineCount : 0;

    private static string Nonce() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
}
