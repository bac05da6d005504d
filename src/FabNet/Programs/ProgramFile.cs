// Where a program's admitted form is kept while a command needs it.

namespace FabNet.Programs;

internal static class ProgramFile
{
    /// <summary>A private file that vanishes with its handle, for a program of any size.</summary>
    public static FileStream CreateTemporary()
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.None,
            Options = FileOptions.DeleteOnClose,
            BufferSize = 1 << 16,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return new FileStream(Path.Combine(Path.GetTempPath(), $"fabnet-{Guid.NewGuid():N}.gcode"), options);
    }
}
