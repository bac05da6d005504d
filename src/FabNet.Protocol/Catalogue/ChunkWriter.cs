// Stores what is received while more is received.

using System.Security.Cryptography;
using System.Threading.Channels;
using Google.Protobuf;

namespace FabNet.Protocol.Catalogue;

/// <summary>
/// Appends chunks to a file and to a hash, in a loop of its own, several with one write where several have come. What was hashed is what is in
/// the file: after a failure the file may be longer, never shorter.
/// </summary>
internal sealed class ChunkWriter
{
    private const int MaxBatch = 16;

    private readonly Channel<ByteString> _chunks = Channel.CreateBounded<ByteString>(new BoundedChannelOptions(2 * MaxBatch) { SingleReader = true, SingleWriter = true });
    private readonly List<ReadOnlyMemory<byte>> _batch = new(MaxBatch);
    private readonly FileStream _file;
    private readonly IncrementalHash _hash;
    private readonly Action<long>? _report;
    private readonly Task _loop;

    /// <summary>Begins to store.</summary>
    /// <param name="file">Unbuffered; nobody else moves its position before <see cref="CompleteAsync"/> has returned.</param>
    /// <param name="hash">Takes what is written, in order.</param>
    /// <param name="report">Told the file's length after each write, by the loop; null for nobody.</param>
    public ChunkWriter(FileStream file, IncrementalHash hash, Action<long>? report)
    {
        (_file, _hash, _report) = (file, hash, report);
        _loop = Task.Run(RunAsync);
    }

    /// <summary>Hands over a chunk; waits while too many are to be written.</summary>
    /// <exception cref="ChannelClosedException">Writing failed; <see cref="CompleteAsync"/> says why.</exception>
    public ValueTask AddAsync(ByteString chunk, CancellationToken cancellationToken) => _chunks.Writer.WriteAsync(chunk, cancellationToken);

    /// <summary>Returns when all is written that was handed over.</summary>
    /// <exception cref="IOException">It can't be written.</exception>
    public Task CompleteAsync()
    {
        _chunks.Writer.TryComplete();
        return _loop;
    }

    private async Task RunAsync()
    {
        try
        {
            while (await _chunks.Reader.WaitToReadAsync())
            {
                while (_batch.Count < MaxBatch && _chunks.Reader.TryRead(out var chunk))
                {
                    _batch.Add(chunk.Memory);
                }

                Store();
            }
        }
        catch (Exception e)
        {
            _chunks.Writer.TryComplete(e);
            throw;
        }
    }

    private void Store()
    {
        var position = _file.Position;
        RandomAccess.Write(_file.SafeFileHandle, _batch, position);
        foreach (var chunk in _batch)
        {
            _hash.AppendData(chunk.Span);
            position += chunk.Length;
        }

        _file.Position = position;
        _batch.Clear();
        _report?.Invoke(position);
    }
}
