// What reaches the edge's loop: from the link, the preparations, the machines, the people and the clock.

using System.Threading.Channels;
using FabNet.Edge.Preparing;
using FabNet.Edge.Queue;
using FabNet.Model;
using FabNet.Protocol.V1;

namespace FabNet.Edge;

/// <summary>A message to the edge's loop.</summary>
internal abstract record EdgeMessage;

/// <summary>The first message: take up what an earlier process left.</summary>
internal sealed record TakeUp : EdgeMessage;

/// <summary>The coordinator welcomed this site; messages for it go into <paramref name="Up"/>, until the link is down.</summary>
internal sealed record LinkUp(EdgeDown.Types.Welcome Welcome, ChannelWriter<EdgeUp> Up) : EdgeMessage;

/// <summary>What the coordinator's welcome said of leases could not be journaled yet.</summary>
internal sealed record LeasesTold(EdgeDown.Types.Welcome Welcome) : EdgeMessage;

/// <summary>The stream broke.</summary>
internal sealed record LinkDown(string Reason) : EdgeMessage;

/// <summary>The coordinator said something.</summary>
internal sealed record FromCoordinator(EdgeDown Message) : EdgeMessage;

/// <summary>A preparation ended.</summary>
internal sealed record PreparationEnded(MachineId Machine, Plate Plate, PreparationOutcome Outcome) : EdgeMessage;

/// <summary>A machine's session has news: its <see cref="Machines.SessionReport"/> is read from its host.</summary>
internal sealed record SessionChanged(MachineId Machine) : EdgeMessage;

/// <summary>A runner is about to let its machine move. The answer is given once the start is journaled and synced, or says why it must not be.</summary>
internal sealed record StartAsked(MachineId Machine, JobId Job, int Epoch, TaskCompletionSource<string?> Refusal) : EdgeMessage;

/// <summary>A running machine was held.</summary>
internal sealed record RunPaused(MachineId Machine, JobId Job, int Epoch, string Reason) : EdgeMessage;

/// <summary>A held machine goes on.</summary>
internal sealed record RunResumed(MachineId Machine, JobId Job, int Epoch) : EdgeMessage;

/// <summary>A run is over.</summary>
internal sealed record RunEnded(MachineId Machine, JobId Job, int Epoch, Machines.RunEnd End) : EdgeMessage;

/// <summary>The catalogue was synced: these designs must not be made, each with the reason.</summary>
internal sealed record DesignsStopped(IReadOnlyDictionary<Digest, string> Reasons) : EdgeMessage;

/// <summary>A person asks; <paramref name="Answer"/> runs in the loop.</summary>
internal sealed record Ask(Action Answer) : EdgeMessage;

/// <summary>Hand over and stop: no new work, running programs cancelled safely. Done when no machine runs.</summary>
internal sealed record HandOver(TaskCompletionSource Done) : EdgeMessage;

/// <summary>A second has passed.</summary>
internal sealed record Tick : EdgeMessage;
