// One stream of one site, as the loop sees it: a bounded queue of what goes down.

using System.Threading.Channels;
using FabNet.Model;
using FabNet.Protocol.V1;

namespace FabNet.Coordinator.Sites;

/// <summary>The live stream of a site.</summary>
internal sealed class SiteSession(SiteId site, string boot, long telemetrySequence = 0)
{
    /// <summary>A site that leaves this many messages unread is cut off; when it comes back, Welcome tells it everything that counts.</summary>
    private const int Capacity = 4096;

    private readonly Channel<EdgeDown> _down = Channel.CreateBounded<EdgeDown>(new BoundedChannelOptions(Capacity) { SingleReader = true });

    public SiteId Site { get; } = site;

    /// <summary>The data folder that its sequences count within.</summary>
    public string Boot { get; } = boot;

    /// <summary>When it was heard last, as a timestamp of the clock.</summary>
    public long HeardAt { get; set; }

    /// <summary>The last telemetry report that is kept. Written by the stream's reader alone.</summary>
    public long TelemetrySequence { get; set; } = telemetrySequence;

    /// <summary>What goes down, in order; completes when the session ends, with <see cref="SessionEndedException"/> as its error.</summary>
    public ChannelReader<EdgeDown> Down => _down.Reader;

    /// <summary>Sends a message, or ends the session if the site does not read.</summary>
    public void Send(EdgeDown message)
    {
        if (!_down.Writer.TryWrite(message))
        {
            End($"Site {Site} left {Capacity} messages unread.");
        }
    }

    /// <summary>Ends the session. The first reason counts.</summary>
    public void End(string reason) => _down.Writer.TryComplete(new SessionEndedException(reason));
}

/// <summary>The coordinator ended a site's stream; the message says why. The site may connect again.</summary>
internal sealed class SessionEndedException(string message) : Exception(message);
