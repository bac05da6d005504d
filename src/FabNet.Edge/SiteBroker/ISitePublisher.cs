// What a way of publishing a site must know: Sparkplug B is one, Home Assistant the other.

using FabNet.Edge.Leasing;
using FabNet.Model.Machines;
using FabNet.Model.Sites;

namespace FabNet.Edge.SiteBroker;

/// <summary>One way of telling a site on its broker. Called by one <see cref="BrokerLink"/>, one call after the other.</summary>
internal interface ISitePublisher
{
    /// <summary>Its name, in the log, in the client id and in the names of its files.</summary>
    string Name { get; }

    /// <summary>How many samples wait while the broker is away; above that the oldest make room.</summary>
    int Backlog { get; }

    /// <summary>False while nobody is there to publish for: then samples and events wait.</summary>
    bool IsReady { get; }

    /// <summary>A new connection is about to be made: its will.</summary>
    BrokerWill NextWill();

    /// <summary>A connection was made: subscribes.</summary>
    Task BeginAsync(BrokerConnection connection, CancellationToken cancellationToken);

    /// <summary>Takes a message that arrived.</summary>
    Task HearAsync(BrokerConnection connection, BrokerMessage message, CancellationToken cancellationToken);

    /// <summary>Takes a measured value, to be published at the next <see cref="PublishAsync"/>.</summary>
    void Take(TelemetrySample sample);

    /// <summary>Takes the machines as they are, to be published at the next <see cref="PublishAsync"/>.</summary>
    void Take(IReadOnlyList<MachineStatus> statuses);

    /// <summary>Publishes what was taken, and these events. Done when the broker has the events.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="events">Job events, oldest first; each is given again until a call with it has succeeded.</param>
    /// <param name="head">The newest cursor of the journal: what happens from now on lies behind it. A clock does not tell that; it may be set.</param>
    /// <param name="lost">Samples lost so far because the broker was away for too long.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task PublishAsync(BrokerConnection connection, IReadOnlyList<JournaledEvent> events, long head, long lost, CancellationToken cancellationToken);

    /// <summary>Says that the site goes away, before an orderly end of the connection.</summary>
    Task EndAsync(BrokerConnection connection, CancellationToken cancellationToken);
}
