// Stores what is received while more is received.

using System.Security.Cryptography;
using Google.Protobuf;

namespace FabNet.Protocol.Catalogue;

/// <summary>
/// Appends chunks to a file and to a hash: some are gathered, then written with one call and hashed on another thread, while the next are
/// received. After a failure the file may be longer than what was hashed, and its position says how long that is.
/// </summary>
/// <remarks>Owned by the call that receives.</remarks>
/// <param name="file">Unbuffered; nobody else moves its position before <see cref="CompleteAsync"/> has returned.</param>
/// <param name="hash">Takes what is written, in order.</param>
/// <param name="report">Told the file's length after each write; null for nobody.</param>
internal sealed class ChunkWriter(FileStream file, IncrementalHash hash, Action<long>? report)
{
    // Fewer, larger writes: waking another thread costs more than the write of a few kilobytes.
    private const int BatchBytes = 512 * 1024;

    // Chunks of a byte each must not cost a hundred times what they carry.
    private const int BatchChunks = 1024;

    private List<ReadOnlyMemory<byte>> _gathered = [];
    private List<ReadOnlyMemory<byte>> _stored = [];
    private int _gatheredBytes;
    private Task _storing = Task.CompletedTask;

    /// <summary>Takes a chunk, whose bytes must not change; waits while what came before it is written.</summary>
    /// <exception cref="IOException">What came before it can't be written.</exception>
    public async ValueTask AddAsync(ByteString chunk)
    {
        _gathered.Add(chunk.Memory);
        _gatheredBytes += chunk.Length;
        if (_gatheredBytes >= BatchBytes || _gathered.Count == BatchChunks)
        {
            await _storing;
            (_gathered, _stored) = (_stored, _gathered);
            _gatheredBytes = 0;
            _storing = Task.Run(() => Store(_stored));
        }
    }

    /// <summary>Writes what was not written yet.</summary>
    /// <exception cref="IOException">It can't be written.</exception>
    public async Task CompleteAsync()
    {
        await _storing;
        Store(_gathered);
    }

    private void Store(List<ReadOnlyMemory<byte>> chunks)
    {
        var position = file.Position;
        RandomAccess.Write(file.SafeFileHandle, chunks, position);
        foreach (var chunk in chunks)
        {
            hash.AppendData(chunk.Span);
            position += chunk.Length;
        }

        chunks.Clear();
        file.Position = position;
        report?.Invoke(position);
    }
}
