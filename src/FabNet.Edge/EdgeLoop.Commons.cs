// What the end of a job tells the commons, where the site is somebody there: noted in the same append, so that neither is without the other.

using System.Globalization;
using System.Security.Cryptography;
using FabNet.Edge.Configuration;
using FabNet.Edge.Leasing;
using FabNet.Edge.Machines;
using FabNet.Edge.Preparing;
using FabNet.Edge.Queue;
using FabNet.Model;
using FabNet.Model.Jobs;

namespace FabNet.Edge;

internal sealed partial class EdgeLoop
{
    /// <summary>What is noted beside the events that jobs are ready.</summary>
    private IReadOnlyList<EdgeRecord> RecipesOf(Plate plate, Prepared prepared) => _config.Publisher is null ? []
        : [.. plate.Jobs.Where(j => prepared.Recipes.ContainsKey(j.Id)).Select(j => new RecipeRecord { Job = j.Id, Epoch = j.Epoch, Recipe = prepared.Recipes[j.Id] })];

    /// <summary>What is noted beside the ends of jobs that were made at once.</summary>
    private List<EdgeRecord> ProductionsOf(IReadOnlyList<(JobEvent Happened, double Seconds)> ends)
    {
        var made = ends.Select(e => ProductionOf(e.Happened, e.Seconds)).OfType<ProductionRecord>().ToList();

        // Somebody let machines be cleared by themselves since: what lay there was taken off unseen.
        return [.. made.Select(static m => m.Machine).Distinct().SelectMany(_book.Productions.OnMachine).Select(static before => before with { Good = before.Made }), .. made];
    }

    /// <summary>What is noted beside the end of a job: a piece that was finished, or one that failed. What a person called off or stopped with the agent teaches nothing.</summary>
    /// <param name="happened">The event.</param>
    /// <param name="seconds">Machine time of it.</param>
    private ProductionRecord? ProductionOf(JobEvent happened, double seconds)
    {
        var isGood = happened is JobCompleted;
        if (_config.Publisher is not { } publisher || !(isGood || (happened is JobFailed && _handOver is null))
            || _book.Leases.Find(happened.Job)?.Job is not { Machine: { } machine } job || job.Epoch != happened.Epoch || !_desks.TryGetValue(machine, out var desk)
            || _book.Productions.RecipeOf(job.Id, job.Epoch) is not { } recipe)
        {
            return null;
        }

        return new ProductionRecord
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
    }

    /// <summary>How many productions wait to be told. Runs in the loop.</summary>
    public int Untold() => _book.Productions.Count;

    /// <summary>Machine time up to a line, by the program's own estimate: nobody measured it.</summary>
    private static double EstimateUpTo(Job job, MarkedLine line) => line.LineCount > 0 ? (job.EstimatedSeconds ?? 0) * line.Line / line.LineCount : 0;

    private static string Nonce() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
}
