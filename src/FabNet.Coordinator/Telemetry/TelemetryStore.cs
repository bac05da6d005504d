// Measured values of all sites: kept for a while in one SQLite table, each report once.

using FabNet.Coordinator.Sites;
using FabNet.Journal;
using FabNet.Model;
using FabNet.Model.Machines;
using FabNet.Protocol;
using Microsoft.Data.Sqlite;
using Wire = FabNet.Protocol.V1;

namespace FabNet.Coordinator.Telemetry;

/// <summary>What came from one data folder of a site.</summary>
/// <param name="Sequence">Of the last report taken.</param>
/// <param name="Samples">Samples taken.</param>
/// <param name="Dropped">Samples that the site's spool lost, as it told.</param>
/// <param name="Refused">Samples that were no measures of this site's machines.</param>
internal readonly record struct TelemetryCounts(long Sequence, long Samples, long Dropped, long Refused);

/// <summary>
/// Keeps telemetry. Thread safe. A report's samples and its sequence are one transaction, so nothing is counted twice after kill -9. Unlike the journal it is not
/// synced at each report: a power cut may lose the last seconds.
/// </summary>
internal sealed class TelemetryStore : IDisposable
{
    private const int TrimEvery = 64;
    private const int TrimmedAtOnce = 100_000;

    private readonly Lock _gate = new();
    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _insert;
    private readonly CoordinatorOptions _options;
    private readonly TimeProvider _time;
    private int _reports;

    /// <summary>Opens the store in the data folder.</summary>
    /// <exception cref="JournalException">It can't be opened.</exception>
    public TelemetryStore(CoordinatorOptions options, TimeProvider time)
    {
        (_options, _time) = (options, time);
        var path = Path.Combine(Path.GetFullPath(options.DataFolder), "telemetry.db");
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            _connection.Open();
            Execute("""
                PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=5000;
                CREATE TABLE IF NOT EXISTS lanes (
                    site TEXT NOT NULL, boot TEXT NOT NULL, sequence INTEGER NOT NULL, samples INTEGER NOT NULL, dropped INTEGER NOT NULL, refused INTEGER NOT NULL,
                    PRIMARY KEY (site, boot)) STRICT;
                CREATE TABLE IF NOT EXISTS samples (
                    id INTEGER PRIMARY KEY, received INTEGER NOT NULL, machine TEXT NOT NULL, at INTEGER NOT NULL, metric INTEGER NOT NULL, idx INTEGER NOT NULL, value REAL NOT NULL, job TEXT) STRICT;
                CREATE INDEX IF NOT EXISTS samples_by_machine ON samples (machine, at);
                """);
            _insert = _connection.CreateCommand();
            _insert.CommandText = "INSERT INTO samples (received, machine, at, metric, idx, value, job) VALUES ($received, $machine, $at, $metric, $idx, $value, $job)";
            foreach (var name in (ReadOnlySpan<string>)["$received", "$machine", "$at", "$metric", "$idx", "$value", "$job"])
            {
                _insert.Parameters.Add(new SqliteParameter { ParameterName = name });
            }
        }
        catch (Exception e) when (e is SqliteException or IOException or UnauthorizedAccessException)
        {
            _connection.Dispose();
            throw new JournalException($"The telemetry store {path} can't be opened: {e.Message} It holds only measured values: move it away to begin with an empty one.", e);
        }
    }

    /// <summary>What came from a site's data folder so far.</summary>
    public TelemetryCounts CountsOf(SiteId site, string boot)
    {
        lock (_gate)
        {
            using var command = Command("SELECT sequence, samples, dropped, refused FROM lanes WHERE site = $site AND boot = $boot", ("$site", site.Value), ("$boot", boot));
            using var reader = command.ExecuteReader();
            return reader.Read() ? new(reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3)) : default;
        }
    }

    /// <summary>Takes a report, once. Reports may be missing (the spool is bounded), but never come twice.</summary>
    /// <returns>The sequence to acknowledge.</returns>
    /// <exception cref="JournalException">It can't be written; nothing was, and the site keeps the report.</exception>
    public long Take(SiteSession session, Wire.EdgeUp.Types.TelemetryReport report)
    {
        lock (_gate)
        {
            var counts = CountsOf(session.Site, session.Boot);
            if (report.Sequence <= counts.Sequence)
            {
                return counts.Sequence;
            }

            try
            {
                using var transaction = _connection.BeginTransaction();
                var (taken, refused) = Insert(session.Site, report, transaction);
                using var lane = Command(
                    """
                    INSERT INTO lanes (site, boot, sequence, samples, dropped, refused) VALUES ($site, $boot, $sequence, $samples, $dropped, $refused)
                    ON CONFLICT (site, boot) DO UPDATE SET sequence = $sequence, samples = samples + $samples, dropped = dropped + $dropped, refused = refused + $refused
                    """,
                    ("$site", session.Site.Value), ("$boot", session.Boot), ("$sequence", report.Sequence), ("$samples", taken),
                    ("$dropped", Math.Clamp(report.Dropped, 0, int.MaxValue)), ("$refused", refused));
                lane.Transaction = transaction;
                lane.ExecuteNonQuery();
                if (++_reports % TrimEvery == 0)
                {
                    Trim(transaction);
                }

                transaction.Commit();
                return report.Sequence;
            }
            catch (SqliteException e)
            {
                throw new JournalException($"Telemetry of {session.Site} can't be written: {e.Message} Free some space on the disk; sites keep what is not acknowledged.", e);
            }
        }
    }

    /// <summary>The newest samples of a machine, newest first.</summary>
    public List<TelemetrySample> Newest(MachineId machine, int count)
    {
        lock (_gate)
        {
            using var command = Command("SELECT at, metric, idx, value, job FROM samples WHERE machine = $machine ORDER BY at DESC, id DESC LIMIT $count", ("$machine", machine.ToString()), ("$count", count));
            using var reader = command.ExecuteReader();
            List<TelemetrySample> samples = [];
            while (reader.Read())
            {
                samples.Add(new TelemetrySample(
                    machine, DateTimeOffset.FromUnixTimeMilliseconds(reader.GetInt64(0)), (Metric)reader.GetInt32(1), reader.GetInt32(2), reader.GetDouble(3),
                    reader.IsDBNull(4) ? null : JobId.Parse(reader.GetString(4))));
            }

            return samples;
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _insert.Dispose();
            _connection.Dispose();
        }
    }

    private (long Taken, long Refused) Insert(SiteId site, Wire.EdgeUp.Types.TelemetryReport report, SqliteTransaction transaction)
    {
        var (taken, refused, received) = (0L, 0L, _time.GetUtcNow().ToUnixTimeMilliseconds());
        _insert.Transaction = transaction;
        foreach (var wire in report.Samples)
        {
            if (Read(wire) is not { } sample || sample.Machine.Site != site)
            {
                refused++;
                continue;
            }

            _insert.Parameters[0].Value = received;
            _insert.Parameters[1].Value = wire.Machine;
            _insert.Parameters[2].Value = sample.At.ToUnixTimeMilliseconds();
            _insert.Parameters[3].Value = (int)sample.Metric;
            _insert.Parameters[4].Value = sample.Index;
            _insert.Parameters[5].Value = sample.Value;
            _insert.Parameters[6].Value = (object?)sample.Job?.Value ?? DBNull.Value;
            _insert.ExecuteNonQuery();
            taken++;
        }

        return (taken, refused);
    }

    private void Trim(SqliteTransaction transaction)
    {
        using var command = Command(
            """
            DELETE FROM samples WHERE id IN (SELECT id FROM samples ORDER BY id LIMIT $batch)
                AND (received < $oldest OR id <= (SELECT max(id) FROM samples) - $kept)
            """,
            ("$batch", TrimmedAtOnce), ("$oldest", (_time.GetUtcNow() - _options.TelemetryAge).ToUnixTimeMilliseconds()), ("$kept", _options.TelemetrySamplesKept));
        command.Transaction = transaction;
        command.ExecuteNonQuery();
    }

    private static TelemetrySample? Read(Wire.TelemetrySample wire)
    {
        try
        {
            return wire.ToModel();
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private SqliteCommand Command(string sql, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        var command = _connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in parameters)
        {
            command.Parameters.AddWithValue(name, value);
        }

        return command;
    }

    private void Execute(string sql)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
