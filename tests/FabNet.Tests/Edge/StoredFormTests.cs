// Golden text: what a site's journal holds today must be readable, and the same, tomorrow.

using System.Text;
using FabNet.Edge.Leasing;
using FabNet.Journal;
using FabNet.Model;
using FabNet.Model.Designs;
using FabNet.Model.Jobs;
using FabNet.Model.Sites;
using Xunit;

namespace FabNet.Tests.Edge;

public sealed class StoredFormTests
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 2, 12, 0, 0, TimeSpan.Zero);
    private static readonly JobId Job = JobId.Parse("o-7.1");

    private static readonly (EdgeRecord Record, string Kind, string Text)[] Golden =
    [
        (new BootRecord { BootId = "b1" }, "boot", """{"fact":"boot","bootId":"b1"}"""),
        (new LeaseRecord
        {
            Job = new Job
            {
                Id = Job, Order = OrderId.Parse("o-7"), Design = new DesignRef("cable-clip", "1.0.0", Digest.Of("manifest"u8)), Part = "clip", Material = "PLA",
                State = JobState.Leased, Epoch = 1, Machine = MachineId.Parse("lab-lisbon/mk3"), LeaseExpiresAt = Noon, Replaces = JobId.Parse("o-7.2"),
            },
        }, "lease", """{"fact":"lease","job":{"id":"o-7.1","order":"o-7","design":{"name":"cable-clip","version":"1.0.0","manifest":"sha256:05b3abf2579a5eb66403cd78be557fd860633a1fe2103c7642030defe32c657f"},"part":"clip","copies":1,"material":"PLA","state":"Leased","epoch":1,"machine":"lab-lisbon/mk3","leaseExpiresAt":"2026-03-02T12:00:00+00:00","replaces":"o-7.2"}}"""),
        (new EventRecord { Sequence = 3, Event = new JobReady { Job = Job, Epoch = 1, At = Noon, Program = Digest.Of("program"u8), EstimatedSeconds = 61.5, Share = 0.25 } }, "event", """{"fact":"event","sequence":3,"event":{"event":"ready","program":"sha256:1310ca2c8932dbd118668bd97442558a3e1f546b5e15c69699dfbd6024f548d8","estimatedSeconds":61.5,"estimatedGrams":0,"share":0.25,"job":"o-7.1","epoch":1,"at":"2026-03-02T12:00:00+00:00"}}"""),
        (new LeaseRecord
        {
            Job = new Job
            {
                Id = Job, Order = OrderId.Parse("o-7"), Design = new DesignRef("cable-clip", "1.0.0", Digest.Of("manifest"u8)), Part = "clip", State = JobState.Leased, Epoch = 1, Bed = new BedPlace("bed-o-7.1-1", 600),
            },
        }, "lease", """{"fact":"lease","job":{"id":"o-7.1","order":"o-7","design":{"name":"cable-clip","version":"1.0.0","manifest":"sha256:05b3abf2579a5eb66403cd78be557fd860633a1fe2103c7642030defe32c657f"},"part":"clip","copies":1,"state":"Leased","epoch":1,"bed":{"id":"bed-o-7.1-1","plannedSeconds":600}}}"""),
        (new LeaseEndedRecord { Job = Job, Epoch = 1, Reason = "cancelled" }, "lease-ended", """{"fact":"lease-ended","job":"o-7.1","epoch":1,"reason":"cancelled"}"""),
        (new LostRecord { Event = new JobLost { Job = Job, Epoch = 1, At = Noon, Reason = "lapsed" } }, "lost", """{"fact":"lost","event":{"reason":"lapsed","job":"o-7.1","epoch":1,"at":"2026-03-02T12:00:00+00:00"}}"""),
        (new EventRecord { Sequence = 3, Event = new JobReady { Job = Job, Epoch = 1, At = Noon, Program = Digest.Of("program"u8), EstimatedSeconds = 61.5 } }, "event", """{"fact":"event","sequence":3,"event":{"event":"ready","program":"sha256:1310ca2c8932dbd118668bd97442558a3e1f546b5e15c69699dfbd6024f548d8","estimatedSeconds":61.5,"estimatedGrams":0,"job":"o-7.1","epoch":1,"at":"2026-03-02T12:00:00+00:00"}}"""),
        (new AcknowledgedRecord { Sequence = 3 }, "acknowledged", """{"fact":"acknowledged","sequence":3}"""),
        (new MachineRecord { Machine = "mk3", Loaded = new LoadedMaterial("PLA", "black"), NeedsClearing = "o-7.1 is on it" }, "machine", """{"fact":"machine","machine":"mk3","loaded":{"material":"PLA","color":"black"},"needsClearing":"o-7.1 is on it"}"""),
        (new MachineRecord { Machine = "mk3", Loaded = new LoadedMaterial("PLA", null) }, "machine", """{"fact":"machine","machine":"mk3","loaded":{"material":"PLA"}}"""),
        (new MachineRecord { Machine = "mk3" }, "machine", """{"fact":"machine","machine":"mk3","loaded":{}}"""),
        (new InterruptionRecord { Job = Job, Epoch = 1, Number = 2, LastLine = 321, LineCount = 508, Words = "It stopped." }, "interruption", """{"fact":"interruption","job":"o-7.1","epoch":1,"number":2,"lastLine":321,"lineCount":508,"words":"It stopped."}"""),
        (new InterruptionRecord { Job = Job, Epoch = 1, Number = 2, LastLine = 321, LineCount = 508, Words = "It stopped.", FromLine = 322 }, "interruption", """{"fact":"interruption","job":"o-7.1","epoch":1,"number":2,"lastLine":321,"lineCount":508,"words":"It stopped.","fromLine":322}"""),
        (new ReservationRecord { Id = "r-1", Machine = "mk3", From = Noon, To = Noon.AddHours(2), For = "Ana", Reason = "class" }, "reservation", """{"fact":"reservation","id":"r-1","machine":"mk3","from":"2026-03-02T12:00:00+00:00","to":"2026-03-02T14:00:00+00:00","for":"Ana","reason":"class","isMaintenance":false}"""),
        (new ReservationRecord { Id = "r-2", Machine = "mk3", From = Noon, To = Noon.AddHours(2), Weekly = WeeklyHours.Parse("mon 12:00-14:00"), TimeZone = "Europe/Lisbon", Until = new DateOnly(2026, 6, 29), For = "Ana" }, "reservation", """{"fact":"reservation","id":"r-2","machine":"mk3","from":"2026-03-02T12:00:00+00:00","to":"2026-03-02T14:00:00+00:00","weekly":"mon 12:00-14:00","timeZone":"Europe/Lisbon","until":"2026-06-29","for":"Ana","isMaintenance":false}"""),
        (new ReservationSkippedRecord { Id = "r-2", On = new DateOnly(2026, 3, 9) }, "reservation-skipped", """{"fact":"reservation-skipped","id":"r-2","on":"2026-03-09"}"""),
        (new ReservationCancelledRecord { Id = "r-1" }, "reservation-cancelled", """{"fact":"reservation-cancelled","id":"r-1"}"""),
        (new ToldRecord { Job = Job, Epoch = 1 }, "told", """{"fact":"told","job":"o-7.1","epoch":1}"""),
    ];

    public static TheoryData<int> Records => [.. Enumerable.Range(0, Golden.Length)];

    [Theory]
    [MemberData(nameof(Records))]
    public void A_record_is_stored_as_it_always_was(int index)
    {
        var (record, kind, text) = Golden[index];
        var written = record.ToJournal();
        Assert.Equal(kind, written.Kind);
        Assert.Equal(text, Encoding.UTF8.GetString(written.Payload));
    }

    [Theory]
    [MemberData(nameof(Records))]
    public void What_was_stored_is_read_in_full(int index)
    {
        var (record, kind, text) = Golden[index];
        Assert.Equal(record, EdgeRecords.Read(new JournalEntry(1, Noon, kind, Encoding.UTF8.GetBytes(text), [])));
    }

    [Theory]
    [InlineData("""{"fact":"lease-ended","job":"o-0.1","epoch":1,"reason":"x"}""", "job id")]
    [InlineData("""{"fact":"lease-ended","job":null,"epoch":1,"reason":"x"}""", "Entry 1")]
    [InlineData("""{"fact":"lease-ended","job":7,"epoch":1,"reason":"x"}""", "Entry 1")]
    public void An_id_that_is_none_names_its_entry(string text, string words)
    {
        var error = Assert.Throws<JournalException>(() => EdgeRecords.Read(new JournalEntry(1, Noon, "lease-ended", Encoding.UTF8.GetBytes(text), [])));
        Assert.Contains("Entry 1", error.Message, StringComparison.Ordinal);
        Assert.Contains(words, error.Message, StringComparison.Ordinal);
    }
}
