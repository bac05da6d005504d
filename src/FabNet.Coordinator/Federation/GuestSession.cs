// One guest of one community as long as the coordinator runs: what is on its stream, and what was told there.

using System.Threading.Channels;
using FabNet.Model;
using FabNet.Protocol.V1;
using Job = FabNet.Model.Jobs.Job;
using LoadedMaterial = FabNet.Model.Sites.LoadedMaterial;
using MachineState = FabNet.Model.Machines.MachineState;

namespace FabNet.Coordinator.Federation;

/// <summary>What another community asks for one machine: to make a job, or that a lease which it has granted be taken up. Its design is resolved before it is answered.</summary>
/// <param name="Job">The job there.</param>
/// <param name="Machine">The machine, by its name here.</param>
/// <param name="IsLease">True for a lease, false for an offer.</param>
/// <param name="Since">Of a lease: since when it lasts at least, as a timestamp of the clock.</param>
/// <param name="IsWanted">True if a member of this community claimed it: then it need not be surplus.</param>
internal sealed record GuestAsk(Job Job, MachineId Machine, bool IsLease, long Since, bool IsWanted = false);

/// <summary>The live side of a guest. Owned by the coordinator's loop.</summary>
internal sealed class GuestSession(FollowedCommunity community, SiteId site)
{
    /// <summary>Where it is a guest.</summary>
    public FollowedCommunity Community { get; } = community;

    /// <summary>The site, by its name here.</summary>
    public SiteId Site { get; } = site;

    /// <summary>Where messages go; null while the community is away.</summary>
    public ChannelWriter<EdgeUp>? Up { get; set; }

    /// <summary>Why there is no stream, or why the last one ended; null if none has ended.</summary>
    public string? LastError { get; set; }

    /// <summary>How often in a row the other community broke the contract.</summary>
    public int Faults { get; set; }

    /// <summary>How long a lease lasts there.</summary>
    public TimeSpan LeaseTtl { get; set; }

    /// <summary>The last report that was sent on this stream.</summary>
    public long Sent { get; set; }

    /// <summary>When leases were renewed last, as a timestamp of the clock.</summary>
    public long KeptAliveAt { get; set; }

    /// <summary>The site as it was told.</summary>
    public Model.Sites.Site? SaidSite { get; set; }

    /// <summary>What was told of each machine.</summary>
    public Dictionary<MachineId, (MachineState State, string? Detail, LoadedMaterial Loaded, JobId? Job, double Progress, double? Remaining)> Told { get; } = [];

    /// <summary>Offers that are looked at.</summary>
    public HashSet<JobId> Offers { get; } = [];

    /// <summary>Claims that wait for their answer, with when they were sent.</summary>
    public Dictionary<JobId, long> Claims { get; } = [];

    /// <summary>Members of this community who claimed a job there and wait for the answer: the job here.</summary>
    public Dictionary<JobId, TaskCompletionSource<JobId>> Wanted { get; } = [];

    /// <summary>Leases that are not taken up yet.</summary>
    public Dictionary<(JobId Job, int Epoch), GuestAsk> Pending { get; } = [];

    /// <summary>For each lease when its renewals were asked for that are not answered yet.</summary>
    public Dictionary<(JobId Job, int Epoch), Queue<long>> Renewals { get; } = [];

    /// <summary>Sends now, or not at all.</summary>
    public bool TrySend(EdgeUp message) => Up?.TryWrite(message) ?? false;

    /// <summary>Tells whoever claimed a job that it can't be had.</summary>
    public void Refuse(JobId job, Refusal refusal, string reason)
    {
        if (Wanted.Remove(job, out var waiting))
        {
            waiting.TrySetException(new RefusedException(refusal, reason));
        }
    }

    /// <summary>A stream begins or ends: what was under way on the one before is nothing any more.</summary>
    public void Forget()
    {
        Up?.TryComplete();
        Up = null;
        foreach (var job in Wanted.Keys.ToList())
        {
            Refuse(job, Refusal.Unavailable, $"The stream to the community {Community.Name} ended before it answered. Look with 'fabnet communities' whether the job was leased, and claim it again if not.");
        }

        Told.Clear();
        Offers.Clear();
        Claims.Clear();
        Pending.Clear();
        Renewals.Clear();
    }
}
