// A link and the read that it keeps under way.

using System.Threading.Tasks.Sources;
using FabNet.Benchmarks.Streaming;
using FabNet.FirmwareBridge.Serial;
using Xunit;

namespace FabNet.Tests.Bridge;

public sealed class MachineLinkTests
{
    [Fact(Timeout = 30_000)]
    public async Task A_read_is_taken_only_once_its_source_has_called_its_continuation()
    {
        var stream = new HesitantStream();
        await using (var link = new MachineLink(stream, new ManualTimeProvider()))
        {
            var waiting = link.WaitAsync().AsTask();
            stream.Complete();
            link.Wake();
            await waiting;
            Assert.False(link.TryReadLine(out _));

            stream.Continue();
            await link.WaitAsync();
            Assert.True(link.TryReadLine(out var line));
            Assert.True(line.SequenceEqual("ok"u8));
        }

        Assert.False(stream.WasTakenEarly);
    }

    /// <summary>One read, which is complete a while before whoever waits for it is told: what another thread sees of any source for a moment.</summary>
    private sealed class HesitantStream : WireStream, IValueTaskSource<int>
    {
        private Memory<byte> _buffer;
        private Action<object?>? _continuation;
        private object? _state;
        private bool _isComplete;
        private bool _isContinued;

        public bool WasTakenEarly { get; private set; }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            _buffer = buffer;
            return new ValueTask<int>(this, 0);
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => ValueTask.CompletedTask;

        public void Complete() => _isComplete = true;

        public void Continue()
        {
            _isContinued = true;
            _continuation!(_state);
        }

        int IValueTaskSource<int>.GetResult(short token)
        {
            WasTakenEarly |= !_isContinued;
            "ok\n"u8.CopyTo(_buffer.Span);
            return 3;
        }

        ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token) => _isComplete ? ValueTaskSourceStatus.Succeeded : ValueTaskSourceStatus.Pending;

        void IValueTaskSource<int>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            (_continuation, _state) = (continuation, state);
    }
}
