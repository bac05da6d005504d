// Which server a command talks to, and the connection to it.

using System.CommandLine;
using FabNet.CommandLine;
using Grpc.Net.Client;

namespace FabNet.Network;

internal static class ServerOption
{
    /// <summary>A coordinator, or everything of `fabnet up`.</summary>
    public const string DefaultAddress = "http://127.0.0.1:7300";

    /// <summary>A catalogue that runs as a process of its own.</summary>
    public const string DefaultCatalogueAddress = "http://127.0.0.1:7301";

    /// <summary>A network of a thousand machines with their profiles fits.</summary>
    private const int MaxReplyBytes = 64 << 20;

    /// <summary>Address of a coordinator or catalogue.</summary>
    public static Option<string> Create() => new("--server")
    {
        Description = "The server's address. FABNET_SERVER chooses another default.",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("FABNET_SERVER") is { Length: > 0 } address ? address : DefaultAddress,
    };

    /// <summary>The address that the option names.</summary>
    /// <exception cref="UsageException">It is no http or https address.</exception>
    public static Uri AddressOf(this ParseResult parsed, Option<string> server) => Parse(parsed.GetRequiredValue(server));

    /// <summary>Reads an address.</summary>
    /// <exception cref="UsageException">It is no http or https address.</exception>
    public static Uri Parse(string address) => Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
        ? uri
        : throw new UsageException($"'{address}' is not a server's address. Write it as {DefaultAddress}.");

    /// <summary>A channel to the address that the option names.</summary>
    /// <exception cref="UsageException">It is no http or https address.</exception>
    public static GrpcChannel Connect(this ParseResult parsed, Option<string> server) =>
        GrpcChannel.ForAddress(parsed.AddressOf(server), new GrpcChannelOptions { MaxReceiveMessageSize = MaxReplyBytes });
}
