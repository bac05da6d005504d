// The SD card of a simulated printer: a folder with a size.

namespace FabNet.FirmwareSimulator.Ftps;

/// <summary>A folder that files are stored in, flat. Thread safe: every member is one call of the file system.</summary>
/// <param name="folder">Where it is.</param>
internal sealed class PrinterCard(string folder)
{
    private const int BufferBytes = 64 * 1024;

    private long _capacity = long.MaxValue;
    private volatile bool _isMissing;

    /// <summary>How many bytes one file may have before the card is full.</summary>
    public long CapacityBytes
    {
        get => Interlocked.Read(ref _capacity);
        set => Interlocked.Exchange(ref _capacity, value);
    }

    /// <summary>True while it is pulled out.</summary>
    public bool IsMissing
    {
        get => _isMissing;
        set => _isMissing = value;
    }

    /// <summary>The path of a file; null if the name is none.</summary>
    public string? PathOf(string name)
    {
        var file = name.TrimStart('/');
        return file.Length is > 0 and <= 200 && !file.Contains('/', StringComparison.Ordinal) && file is not ("." or "..") ? Path.Combine(folder, file) : null;
    }

    /// <summary>Stores what comes.</summary>
    /// <returns>False if the card was full before the end.</returns>
    public async Task<bool> StoreAsync(string path, Stream data, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        await using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read);
        var buffer = new byte[BufferBytes];
        for (int count; (count = await data.ReadAsync(buffer, cancellationToken)) > 0;)
        {
            if (file.Length + count > CapacityBytes)
            {
                return false;
            }

            await file.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
        }

        return true;
    }
}
