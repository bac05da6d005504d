// Signals to a process by its id.

using System.Runtime.InteropServices;

namespace FabNet.SystemTests.Running;

internal static partial class Signals
{
    public const int Interrupt = 2;

    public const int Terminate = 15;

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    public static partial int Kill(int process, int signal);
}
