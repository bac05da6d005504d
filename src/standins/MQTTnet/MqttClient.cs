// The client: makes one connection after another, and hands events to its owner.
using System.Collections.Immutable;
using MQTTnet.Diagnostics.Logger;
using MQTTnet.Exceptions;
using MQTTnet.Formatter;
using MQTTnet.Mosquitto;
using MQTTnet.Protocol;

namespace MQTTnet;

/// <summary>State is one reference to the present connection, exchanged atomically; the connection owns everything else.</summary>
internal sealed class MqttClient(IMqttNetLogger logger) : IMqttClient
{
    private ImmutableList<Func<MqttApplicationMessageReceivedEventArgs, Task>> _onMessage = [];
    private ImmutableList<Func<MqttClientConnectedEventArgs, Task>> _onConnected = [];
    private ImmutableList<Func<MqttClientDisconnectedEventArgs, Task>> _onDisconnected = [];
    private Session? _session;
    private volatile bool _disposed;

    public event Func<MqttApplicationMessageReceivedEventArgs, Task> ApplicationMessageReceivedAsync
    {
        add => ImmutableInterlocked.Update(ref _onMessage, static (list, handler) => list.Add(handler), value);
        remove => ImmutableInterlocked.Update(ref _onMessage, static (list, handler) => list.Remove(handler), value);
    }

    public event Func<MqttClientConnectedEventArgs, Task> ConnectedAsync
    {
        add => ImmutableInterlocked.Update(ref _onConnected, static (list, handler) => list.Add(handler), value);
        remove => ImmutableInterlocked.Update(ref _onConnected, static (list, handler) => list.Remove(handler), value);
    }

    public event Func<MqttClientDisconnectedEventArgs, Task> DisconnectedAsync
    {
        add => ImmutableInterlocked.Update(ref _onDisconnected, static (list, handler) => list.Add(handler), value);
        remove => ImmutableInterlocked.Update(ref _onDisconnected, static (list, handler) => list.Remove(handler), value);
    }

    public bool IsConnected => Volatile.Read(ref _session) is { Result: not null };

    public MqttClientOptions? Options { get; private set; }

    public async Task<MqttClientConnectResult> ConnectAsync(MqttClientOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ObjectDisposedException.ThrowIf(_disposed, this);
        MosquittoConnection.ThrowIfNotSupported(options);
        var session = new Session(new MosquittoConnection(options, logger));
        if (Interlocked.CompareExchange(ref _session, session, null) is not null)
        {
            throw new InvalidOperationException("It is not allowed to connect with a server after the connection is established, or while it is being.");
        }

        Options = options;
        session.Connection.Start();
        if (_disposed)
        {
            session.Connection.Stop();
        }

        session.Watch = WatchAsync(session);
        MqttClientConnectResult result;
        try
        {
            TimeSpan limit = cancellationToken.CanBeCanceled ? Timeout.InfiniteTimeSpan : options.Timeout;
            result = await session.Connection.Connected.WaitAsync(limit, cancellationToken);
        }
        catch (Exception exception)
        {
            session.Connection.Stop(exception);
            await session.Watch;
            if (exception is TimeoutException)
            {
                throw new MqttCommunicationTimedOutException(exception);
            }

            throw;
        }

        if (result.ResultCode != MqttClientConnectResultCode.Success)
        {
            session.Connection.Stop();
            await session.Watch;
            return result;
        }

        session.Result = result;
        _ = Task.Run(() => DispatchAsync(session), CancellationToken.None);
        await RaiseAsync(_onConnected, new MqttClientConnectedEventArgs(result));
        return result;
    }

    public async Task DisconnectAsync(MqttClientDisconnectOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (Volatile.Read(ref _session) is not { Result: not null } session)
        {
            return;
        }

        try
        {
            TimeSpan limit = cancellationToken.CanBeCanceled ? Timeout.InfiniteTimeSpan : Options!.Timeout;
            await session.Connection.SendAsync(new DisconnectRequest(Supported(options)), cancellationToken);
            await session.Connection.Ended.WaitAsync(limit, cancellationToken);
        }
        catch (MqttClientDisconnectedException)
        {
            // It ended by itself in this moment.
        }
        catch (TimeoutException exception)
        {
            throw new MqttCommunicationTimedOutException(exception);
        }
        finally
        {
            session.Connection.Stop();
            await session.Watch;
        }
    }

    public async Task<MqttClientPublishResult> PublishAsync(MqttApplicationMessage applicationMessage, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(applicationMessage);
        cancellationToken.ThrowIfCancellationRequested();
        MqttText.CheckedTopic(applicationMessage.Topic);
        MosquittoConnection connection = RequireConnection();
        if (Options!.ProtocolVersion != MqttProtocolVersion.V500 && NeedsVersion5(applicationMessage))
        {
            throw new NotSupportedException("An expiry, a format, a content type, a response topic, correlation data and user properties need MQTT 5.");
        }

        var request = new PublishRequest(applicationMessage);
        await connection.SendAsync(request, cancellationToken);
        return await request.WaitAsync(Timeout.InfiniteTimeSpan, cancellationToken);
    }

    public async Task<MqttClientSubscribeResult> SubscribeAsync(MqttClientSubscribeOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        foreach (var filter in options.TopicFilters)
        {
            MqttText.CheckedFilter(filter.Topic);
            if (filter.QualityOfServiceLevel == MqttQualityOfServiceLevel.ExactlyOnce && Options is { CleanSession: false })
            {
                throw new NotSupportedException(
                    "QoS 2 cannot be kept across connections with libmosquitto: a message caught half-way would be lost. Use QoS 1, or a clean session.");
            }
        }

        MosquittoConnection connection = RequireConnection();
        SubscribeRequest[] requests = [.. options.TopicFilters.Select(filter => new SubscribeRequest(filter, options.SubscriptionIdentifier))];
        var answers = await AskAllAsync(connection, requests, cancellationToken);
        return new MqttClientSubscribeResult(
            (ushort)answers[0].Id,
            [.. answers.Select(answer => answer.Item)],
            answers[0].Reason,
            [.. answers.SelectMany(answer => answer.UserProperties ?? [])]);
    }

    public async Task<MqttClientUnsubscribeResult> UnsubscribeAsync(MqttClientUnsubscribeOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.TopicFilters.ForEach(static filter => MqttText.CheckedFilter(filter));
        MosquittoConnection connection = RequireConnection();
        UnsubscribeRequest[] requests = [.. options.TopicFilters.Select(filter => new UnsubscribeRequest(filter))];
        var answers = await AskAllAsync(connection, requests, cancellationToken);
        return new MqttClientUnsubscribeResult(
            (ushort)answers[0].Id,
            [.. answers.Select(answer => answer.Item)],
            answers[0].Reason,
            [.. answers.SelectMany(answer => answer.UserProperties ?? [])]);
    }

    public void Dispose()
    {
        _disposed = true;
        Volatile.Read(ref _session)?.Connection.Stop();
    }

    private static bool NeedsVersion5(MqttApplicationMessage message) =>
        message.MessageExpiryInterval != 0
        || message.PayloadFormatIndicator != MqttPayloadFormatIndicator.Unspecified
        || message.ContentType is not null
        || message.ResponseTopic is not null
        || message.CorrelationData is not null
        || message.UserProperties is { Count: > 0 };

    private MqttClientDisconnectOptions Supported(MqttClientDisconnectOptions options) =>
        Options!.ProtocolVersion == MqttProtocolVersion.V500
        || (options.ReasonString is null && options.SessionExpiryInterval == 0 && options.UserProperties is not { Count: > 0 })
            ? options
            : throw new NotSupportedException("A reason string, a session expiry and user properties need MQTT 5.");

    private MosquittoConnection RequireConnection()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return Volatile.Read(ref _session) is { Result: not null } session ? session.Connection : throw new MqttClientNotConnectedException();
    }

    private async Task<TAnswer[]> AskAllAsync<TAnswer>(
        MosquittoConnection connection, IReadOnlyCollection<Request<TAnswer>> requests, CancellationToken cancellationToken)
    {
        if (requests.Count == 0)
        {
            throw new MqttProtocolViolationException("At least one topic filter must be set [MQTT-3.8.3-3].");
        }

        foreach (Request<TAnswer> request in requests)
        {
            await connection.SendAsync(request, cancellationToken);
        }

        TimeSpan limit = cancellationToken.CanBeCanceled ? Timeout.InfiniteTimeSpan : Options!.Timeout;
        return await Task.WhenAll(requests.Select(request => request.WaitAsync(limit, cancellationToken)));
    }

    /// <summary>Hands messages to the handlers one after the other. Those received before the connection ended were acknowledged, so they still go out.</summary>
    private async Task DispatchAsync(Session session)
    {
        await foreach (ReceivedMessage received in session.Connection.Messages.ReadAllAsync())
        {
            await RaiseAsync(_onMessage, new MqttApplicationMessageReceivedEventArgs(Options!.ClientId, received.Message, received.Id));
            session.Connection.Handled(received);
        }
    }

    private async Task WatchAsync(Session session)
    {
        ConnectionEnd end = await session.Connection.Ended;
        Interlocked.CompareExchange(ref _session, null, session);
        if (_disposed)
        {
            return;
        }

        var args = new MqttClientDisconnectedEventArgs(
            session.Answer?.ResultCode == MqttClientConnectResultCode.Success, session.Refusal, end.Reason, null, null, end.Exception);
        _ = Task.Run(() => RaiseAsync(_onDisconnected, args));
    }

    /// <summary>A handler's exception concerns the handler's owner, not the connection: it is reported, and the next handler is called.</summary>
    private async Task RaiseAsync<TArgs>(ImmutableList<Func<TArgs, Task>> handlers, TArgs args)
    {
        foreach (Func<TArgs, Task> handler in handlers)
        {
            try
            {
                await handler(args);
            }
            catch (Exception exception)
            {
                logger.Publish(MqttNetLogLevel.Error, nameof(MqttClient), "A handler of {0} failed.", [typeof(TArgs).Name], exception);
            }
        }
    }

    /// <summary>A connection, and what the client knows of it. The broker's acceptance makes the client connected.</summary>
    private sealed class Session(MosquittoConnection connection)
    {
        internal MosquittoConnection Connection => connection;

        internal Task Watch { get; set; } = Task.CompletedTask;

        /// <summary>What the broker answered to the connect; null before that, or when there was no answer.</summary>
        internal MqttClientConnectResult? Answer => connection.Connected.IsCompletedSuccessfully ? connection.Connected.Result : null;

        internal MqttClientConnectResult? Refusal => Answer is { ResultCode: not MqttClientConnectResultCode.Success } refusal ? refusal : null;

        internal volatile MqttClientConnectResult? Result;
    }
}
