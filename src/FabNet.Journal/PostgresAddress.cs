// Where a PostgreSQL database is, as people write it.

using System.Globalization;
using Npgsql;

namespace FabNet.Journal;

/// <summary>A database, written <c>postgres://user:password@host:port/database</c>, or <c>postgres:///database?host=/run/postgresql</c> for a Unix socket.</summary>
public sealed class PostgresAddress
{
    private readonly NpgsqlConnectionStringBuilder _parts;

    private PostgresAddress(NpgsqlConnectionStringBuilder parts) => _parts = parts;

    internal string ConnectionString => _parts.ToString();

    /// <summary>Reads an address.</summary>
    /// <exception cref="FormatException">It is none; the message says how to write one, and does not repeat a password.</exception>
    public static PostgresAddress Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Scheme is not ("postgres" or "postgresql") || uri.AbsolutePath is "" or "/")
        {
            throw new FormatException("The store's address is none of PostgreSQL. Write it as postgres://user:password@host:5432/database, or postgres:///database?host=/run/postgresql for a Unix socket.");
        }

        // A connection that is not used costs the server little; one that was lost must be noticed.
        var parts = new NpgsqlConnectionStringBuilder { Database = Uri.UnescapeDataString(uri.AbsolutePath[1..]), Timeout = 10, CommandTimeout = 60, TcpKeepAlive = true, ApplicationName = "fabnet", MaxPoolSize = 20 };
        if (uri.Host.Length > 0)
        {
            parts.Host = uri.Host;
        }

        if (uri.Port > 0)
        {
            parts.Port = uri.Port;
        }

        if (uri.UserInfo.Split(':', 2) is [{ Length: > 0 } user, .. var rest])
        {
            parts.Username = Uri.UnescapeDataString(user);
            parts.Password = rest is [var password] ? Uri.UnescapeDataString(password) : null;
        }

        foreach (var option in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            Set(parts, option.Split('=', 2));
        }

        return parts.Host is { Length: > 0 } ? new PostgresAddress(parts) : throw new FormatException("The store's address names no host. Write it as postgres://user:password@host:5432/database.");
    }

    /// <summary>Host, port and database; never the password.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{_parts.Host}:{_parts.Port}/{_parts.Database}");

    // The options of libpq's addresses that decide where and as whom; anything else is refused rather than silently left out.
    private static void Set(NpgsqlConnectionStringBuilder parts, string[] option)
    {
        var value = option.Length == 2 ? Uri.UnescapeDataString(option[1]) : "";
        switch (option[0])
        {
            case "host": parts.Host = value; break;
            case "user": parts.Username = value; break;
            case "port" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var port): parts.Port = port; break;
            case "sslmode" when Enum.TryParse<SslMode>(value.Replace("-", "", StringComparison.Ordinal), ignoreCase: true, out var mode): parts.SslMode = mode; break;
            default: throw new FormatException($"The store's address has the option '{option[0]}' with a value that is not known. Options are host, port, user and sslmode.");
        }
    }
}
