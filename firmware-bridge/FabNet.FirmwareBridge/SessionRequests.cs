// How callers of any session reach its loop: one request each, answered by the loop.

using FabNet.FirmwareBridge.Marlin;
using FabNet.FirmwareBridge.Streaming;
using FabNet.GCode;
using FabNet.Model.Machines;

namespace FabNet.FirmwareBridge;

/// <summary>The callers' side of a session's requests. Thread safe.</summary>
/// <param name="post">Hands a request to the loop, or refuses it; the token ends waiting for room.</param>
internal sealed class SessionRequests(Func<SessionRequest, CancellationToken, Task> post)
{
    /// <summary>Runs a program; cancelling the token asks the loop to cancel it, and the outcome is still awaited.</summary>
    public async Task<RunOutcome> RunAsync(AdmittedProgram program, RunOptions options, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var done = new TaskCompletionSource<RunOutcome>(TaskCreationOptions.RunContinuationsAsynchronously);
        await post(new RunRequest(new ActiveRun(program, options, done)), CancellationToken.None);
        await using var cancelling = cancellationToken.Register(() => _ = AskAsync(SessionVerb.Cancel, CancellationToken.None, "called off on this computer"));
        return await done.Task;
    }

    /// <summary>Asks something simple.</summary>
    /// <returns>Null if it was accepted, otherwise why not.</returns>
    public async Task<string?> AskAsync(SessionVerb verb, CancellationToken cancellationToken, string reason = "", int choice = 0)
    {
        var done = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        await post(new VerbRequest(verb, reason, choice, done), cancellationToken);
        return await done.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Sends one command of a console.</summary>
    public async Task<CommandReply> SendAsync(string command, CancellationToken cancellationToken)
    {
        if (command.Length == 0 || command.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            return new CommandReply(false, [], "A command is one line of printable ASCII.");
        var reply = new TaskCompletionSource<CommandReply>(TaskCreationOptions.RunContinuationsAsynchronously);
        await post(new CommandRequest(new Submission(command) { Waiter = reply }), cancellationToken);
        return await reply.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Has the loop do something by hand.</summary>
    public async Task<CommandReply> OperateAsync(ManualOperation operation, CancellationToken cancellationToken)
    {
        var done = new TaskCompletionSource<CommandReply>(TaskCreationOptions.RunContinuationsAsynchronously);
        await post(new OperationRequest(operation, done), cancellationToken);
        return await done.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Does something by hand on a machine that takes Marlin's commands from a console, but neither realtime bytes nor a stream.</summary>
    /// <param name="operation">What.</param>
    /// <param name="state">What the machine does now.</param>
    /// <param name="cancellationToken">Ends waiting.</param>
    public Task<CommandReply> OperateByCommandsAsync(ManualOperation operation, MachineState state, CancellationToken cancellationToken) =>
        operation.NeedsRest && state != MachineState.Idle
            ? Task.FromResult(new CommandReply(false, [], $"The machine is not at rest: it is in {state}."))
            : MarlinOperations.Plan(operation).SendAsync(line => SendAsync(line, cancellationToken));
}
