using Microsoft.Extensions.DependencyInjection;

namespace Grpc.AspNetCore.Server.Calls;

/// <summary>Gets the service instance of a call: the registered one, or a new one that lives as long as the call.</summary>
internal static class ServiceActivator<TService>
    where TService : class
{
    /// <summary>Gets an instance.</summary>
    /// <returns>The instance, and whether the call owns it and must dispose of it.</returns>
    internal static (TService Instance, bool Owned) Get(IServiceProvider services) => services.GetService<TService>() is { } registered
        ? (registered, false)
        : (Creation.Factory(services, []), true);

    /// <summary>Disposes of an owned instance.</summary>
    internal static ValueTask ReleaseAsync(TService instance)
    {
        switch (instance)
        {
            case IAsyncDisposable disposable:
                return disposable.DisposeAsync();
            case IDisposable disposable:
                disposable.Dispose();
                return default;
            default:
                return default;
        }
    }

    // Made only when it is needed: a registered service may have no constructor that fits.
    private static class Creation
    {
        internal static readonly ObjectFactory<TService> Factory = ActivatorUtilities.CreateFactory<TService>([]);
    }
}
