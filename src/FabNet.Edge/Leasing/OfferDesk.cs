// The offers of this site: taken by policy, or kept for the operator until they are answered, withdrawn or too old.

using FabNet.Edge.Configuration;
using FabNet.Model;
using FabNet.Model.Jobs;
using FabNet.Model.Sites;
using FabNet.Protocol;
using FabNet.Protocol.V1;
using Job = FabNet.Model.Jobs.Job;
using LoadedMaterial = FabNet.Model.Sites.LoadedMaterial;

namespace FabNet.Edge.Leasing;

/// <summary>Offers and claims under way. Not journaled: after a reconnect the coordinator offers again. Owned by the edge's loop.</summary>
internal sealed class OfferDesk(ClaimPolicy policy)
{
    private readonly Dictionary<JobId, EdgeDown.Types.Offer> _waiting = [];
    private readonly Dictionary<JobId, TaskCompletionSource<string>> _claims = [];
    private readonly Dictionary<JobId, string> _taken = [];

    /// <summary>Offers that wait for the operator, oldest answer time first.</summary>
    public IReadOnlyList<EdgeDown.Types.Offer> Waiting => [.. _waiting.Values.OrderBy(o => o.AnswerBy.ToModelOrNull() ?? DateTimeOffset.MaxValue)];

    /// <summary>True if the site's policy takes an offer by itself; what is loaded is that of the machine offered to.</summary>
    public bool TakesByItself(Job job, LoadedMaterial loaded) => policy switch
    {
        ClaimPolicy.All => true,
        ClaimPolicy.Matching => (job.Material is null || job.Material == loaded.Material) && (job.Color is null || job.Color == loaded.Color),
        _ => false,
    };

    /// <summary>The site's policy claims a job of a bed: the coordinator's word is awaited.</summary>
    public void Take(JobId job, string bed) => _taken[job] = bed;

    /// <summary>True while more jobs of a bed may come: they are offered, or claimed and not granted yet.</summary>
    public bool IsAwaited(string bed) => _taken.ContainsValue(bed) || _waiting.Values.Any(o => o.Job.Bed?.Id == bed);

    public void Keep(EdgeDown.Types.Offer offer) => _waiting[JobId.Parse(offer.Job.Id)] = offer;

    public EdgeDown.Types.Offer? Find(JobId job) => _waiting.GetValueOrDefault(job);

    /// <summary>An offer was withdrawn, or declined.</summary>
    public void Remove(JobId job)
    {
        _waiting.Remove(job);
        _taken.Remove(job);
    }

    /// <summary>Forgets offers whose time to answer has passed.</summary>
    public void Expire(DateTimeOffset now)
    {
        foreach (var (job, _) in _waiting.Where(o => o.Value.AnswerBy.ToModelOrNull() <= now).ToList())
        {
            _waiting.Remove(job);
        }
    }

    /// <summary>A person claims; the coordinator's word decides.</summary>
    public Task<string> AwaitAnswer(JobId job)
    {
        if (!_claims.TryGetValue(job, out var answer))
        {
            answer = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
            _claims.Add(job, answer);
        }

        return answer.Task;
    }

    public void Granted(JobId job, MachineId machine)
    {
        Remove(job);
        if (_claims.Remove(job, out var answer))
        {
            answer.TrySetResult($"{job} is leased to {machine} and will be prepared.");
        }
    }

    public void Refused(JobId job, string reason)
    {
        Remove(job);
        if (_claims.Remove(job, out var answer))
        {
            answer.TrySetException(new OperatorException($"The coordinator did not give {job} to this site: {reason}"));
        }
    }

    /// <summary>The link is down: offers come again, and people are told.</summary>
    public void Clear()
    {
        _waiting.Clear();
        _taken.Clear();
        foreach (var answer in _claims.Values)
        {
            answer.TrySetException(new OperatorException("The link to the coordinator broke before it answered. Look whether the job was leased, and claim it again if not."));
        }

        _claims.Clear();
    }
}
