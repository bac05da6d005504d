// The one web server of a process: gRPC over HTTP/2 on loopback, with whatever roles the process has.

using System.Net;
using System.Net.Sockets;
using FabNet.CommandLine;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace FabNet.Roles;

internal static class ServerHost
{
    /// <summary>Builds a server; it does not listen before it is started.</summary>
    /// <param name="urls">Where to listen, such as <c>http://127.0.0.1:7300</c>; several are parted by semicolons.</param>
    /// <param name="configure">Adds the roles' services.</param>
    /// <param name="map">Maps the roles' endpoints.</param>
    /// <exception cref="UsageException">An address is malformed or not on loopback.</exception>
    public static WebApplication Build(string urls, Action<IServiceCollection> configure, Action<IEndpointRouteBuilder> map)
    {
        var endpoints = EndpointsOf(urls);
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            foreach (var endpoint in endpoints)
            {
                kestrel.Listen(endpoint, listen => listen.Protocols = HttpProtocols.Http2);
            }
        });
        AddLogging(builder.Logging);
        builder.Services.AddSingleton(TimeProvider.System);
        configure(builder.Services);
        var app = builder.Build();
        map(app);
        return app;
    }

    /// <summary>Where a server listens with these addresses.</summary>
    /// <exception cref="UsageException">An address is malformed or not on loopback.</exception>
    public static IReadOnlyList<IPEndPoint> EndpointsOf(string urls)
    {
        IPEndPoint[] endpoints = [.. urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(ParseLoopback)];
        return endpoints.Length > 0 ? endpoints : throw new UsageException("--urls names no address. Write it as http://127.0.0.1:7300.");
    }

    /// <summary>The log of a process that serves: to standard error, one line each, ours from Information and everybody else's from Warning.</summary>
    public static void AddLogging(ILoggingBuilder logging)
    {
        logging.ClearProviders();
        logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "HH:mm:ss ";
        });
        logging.AddFilter((category, level) => level >= (category?.StartsWith("FabNet", StringComparison.Ordinal) == true ? LogLevel.Information : LogLevel.Warning));

        // What keeps a server from starting is told once, by the command that starts it.
        logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);
        logging.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
    }

    /// <summary>Starts, says where it is, and serves until it is asked to stop.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="CommandFailedException">An address is taken.</exception>
    public static async Task<int> ServeAsync(this WebApplication app, string urls, CommandConsole console, string announcement, CancellationToken stop)
    {
        await app.StartListeningAsync(urls, stop);
        console.Emit(json => json.WriteString("serving", urls));
        console.Say(announcement);
        await app.WaitForShutdownAsync(stop);
        return CommandRunner.Succeeded;
    }

    /// <summary>Starts listening.</summary>
    /// <exception cref="CommandFailedException">An address is taken.</exception>
    public static async Task StartListeningAsync(this WebApplication app, string urls, CancellationToken cancellationToken)
    {
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            throw new CommandFailedException($"Can't listen on {urls}: {e.Message.TrimEnd('.')}. Stop what uses it, or choose another address with --urls.", e);
        }
    }

    private static IPEndPoint ParseLoopback(string url)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme != Uri.UriSchemeHttp)
        {
            throw new UsageException($"'{url}' is not an address to listen on. Write it as http://127.0.0.1:7300.");
        }

        var address = uri.Host == "localhost" ? IPAddress.Loopback : IPAddress.TryParse(uri.Host.Trim('[', ']'), out var parsed) ? parsed : null;
        return address is not null && IPAddress.IsLoopback(address)
            ? new IPEndPoint(address, uri.Port)
            : throw new UsageException($"FabNet does not listen on {uri.Host}: beyond loopback it needs TLS and credentials, which this version does not have yet. Use 127.0.0.1, or a tunnel such as ssh -L.");
    }
}
