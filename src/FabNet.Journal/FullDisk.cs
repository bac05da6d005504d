// How a full disk looks from here: the codes of the operating system, of SQLite and of PostgreSQL.

using Microsoft.Data.Sqlite;
using Npgsql;

namespace FabNet.Journal;

/// <summary>Recognises a disk that has no space left, or a quota that is used up.</summary>
public static class FullDisk
{
    private const int NoSpace = 28; // ENOSPC: .NET puts errno into HResult on Unix.
    private const int LinuxQuotaExceeded = 122; // EDQUOT on Linux.
    private const int MacQuotaExceeded = 69; // EDQUOT on macOS.
    private const int WindowsDiskFull = unchecked((int)0x80070070); // ERROR_DISK_FULL
    private const int WindowsHandleDiskFull = unchecked((int)0x80070027); // ERROR_HANDLE_DISK_FULL
    private const int SqliteFull = 13; // SQLITE_FULL

    /// <summary>True if an exception, or the one that a <see cref="JournalException"/> wraps, says that there is no space left.</summary>
    public static bool IsCauseOf(Exception e) => e switch
    {
        JournalException journal => journal.IsOutOfSpace || (journal.InnerException is { } inner && IsCauseOf(inner)),
        SqliteException sqlite => sqlite.SqliteErrorCode == SqliteFull,
        PostgresException postgres => postgres.SqlState == PostgresErrorCodes.DiskFull,
        IOException { HResult: NoSpace or WindowsDiskFull or WindowsHandleDiskFull } => true,
        IOException { HResult: LinuxQuotaExceeded } => OperatingSystem.IsLinux(),
        IOException { HResult: MacQuotaExceeded } => OperatingSystem.IsMacOS(),
        _ => false,
    };
}
