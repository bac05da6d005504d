// A folder for one test, removed after it.

namespace FabNet.Tests.Catalogue;

internal sealed class TempFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("fabnet-catalogue-").FullName;

    public string Add(string path, byte[] bytes)
    {
        var full = System.IO.Path.Combine(Path, path);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(full)!);
        File.WriteAllBytes(full, bytes);
        return full;
    }

    public string Add(string path, string text) => Add(path, System.Text.Encoding.UTF8.GetBytes(text));

    public string Sub(string path) => Directory.CreateDirectory(System.IO.Path.Combine(Path, path)).FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
