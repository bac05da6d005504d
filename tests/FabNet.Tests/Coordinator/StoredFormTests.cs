// Golden text: what a coordinator's journal holds today must be readable, and the same, tomorrow.

using System.Text;
using FabNet.Coordinator.State;
using FabNet.Journal;
using FabNet.Model;
using FabNet.Model.Designs;
using FabNet.Model.Jobs;
using FabNet.Model.Machines;
using FabNet.Model.Orders;
using FabNet.Model.Plans;
using FabNet.Model.Sites;
using Xunit;

namespace FabNet.Tests.Coordinator;

public sealed class StoredFormTests
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 2, 12, 0, 0, TimeSpan.Zero);
    private static readonly Digest Manifest = Digest.Of("manifest"u8);
    private static readonly MachineId Mk3 = MachineId.Parse("lab-lisbon/mk3");

    private static readonly MachineProfile Profile = new()
    {
        Name = "mill",
        Title = "A mill",
        Process = FabricationProcess.Milling,
        Dialect = FirmwareDialect.Grbl,
        X = new AxisLimits { RangeMm = new AxisRange(0, 400), MaxFeedMmPerMin = 5000, AccelerationMmPerS2 = 500 },
        Y = new AxisLimits { MaxFeedMmPerMin = 5000, AccelerationMmPerS2 = 500 },
        Z = new AxisLimits { HomeMm = 0, MaxFeedMmPerMin = 2000, AccelerationMmPerS2 = 200 },
        Spindle = new Spindle { MaxRpm = 24000 },
        Slicer = new Dictionary<string, string> { ["layer_height"] = "0.2" },
    };

    private static readonly (CoordinatorRecord Record, string Kind, string Text)[] Golden =
    [
        (new OrderPlaced
        {
            Order = new Order
            {
                Id = OrderId.FromNumber(7), Design = new DesignRef("cable-clip", "1.0.0", Manifest), Part = "clip", Quantity = 2, Material = "PLA",
                Due = Noon.AddDays(3), Destination = SiteId.Parse("lab-lisbon"), Customer = "ana", PlacedAt = Noon,
            },
            Key = "k",
            Parts =
            [
                new DesignPart
                {
                    Name = "clip", Process = FabricationProcess.Printing, OuterDimensionsMm = new Size3(10, 20.5, 30), MassGrams = 4.25,
                    Artefacts = [new Artefact { Path = "clip.stl", Kind = ArtefactKind.Mesh, MediaType = "model/stl", Digest = Digest.Of("mesh"u8), Size = 4 }],
                },
            ],
            Jobs = [new NewJob { Id = JobId.Parse("o-7.1"), Part = 0, Material = "PLA" }],
        }, "order.placed/1", """{"order":{"id":"o-7","design":{"name":"cable-clip","version":"1.0.0","manifest":"sha256:05b3abf2579a5eb66403cd78be557fd860633a1fe2103c7642030defe32c657f"},"part":"clip","quantity":2,"material":"PLA","due":"2026-03-05T12:00:00+00:00","destination":"lab-lisbon","customer":"ana","placedAt":"2026-03-02T12:00:00+00:00"},"key":"k","parts":[{"name":"clip","process":"Printing","outerDimensionsMm":{"width":10,"depth":20.5,"height":30},"massGrams":4.25,"quantity":1,"artefacts":[{"path":"clip.stl","kind":"Mesh","mediaType":"model/stl","digest":"sha256:d30ca7a7a32bf5772dc5eb2a2e7bd35737eff795ad74f2479b359716b59abdfa","size":4}]}],"jobs":[{"id":"o-7.1","part":0,"material":"PLA"}]}"""),
        (new JobHappened
        {
            Event = new JobOffered { Job = JobId.Parse("o-7.1"), Epoch = 0, At = Noon, Machine = Mk3, Bed = new BedPlace("bed-o-7.1-1", 600) },
        }, "job.event/1", """{"event":{"event":"offered","machine":"lab-lisbon/mk3","bed":{"id":"bed-o-7.1-1","plannedSeconds":600},"job":"o-7.1","epoch":0,"at":"2026-03-02T12:00:00+00:00"}}"""),
        (new ReplacementCreated { Id = JobId.Parse("o-7.3"), Replaces = JobId.Parse("o-7.1") }, "job.replacement/1", """{"id":"o-7.3","replaces":"o-7.1"}"""),
        (new JobHappened
        {
            Event = new JobLeased { Job = JobId.Parse("o-7.1"), Epoch = 1, At = Noon, Machine = Mk3, ExpiresAt = Noon.AddMinutes(10) },
            Terms = new Terms { Cost = new CostBreakdown { Currency = "EUR", MachineTime = 1.25m, Energy = 0.10m, Co2Grams = 80 }, Why = "It is loaded." },
        }, "job.event/1", """{"event":{"event":"leased","machine":"lab-lisbon/mk3","expiresAt":"2026-03-02T12:10:00+00:00","job":"o-7.1","epoch":1,"at":"2026-03-02T12:00:00+00:00"},"terms":{"cost":{"currency":"EUR","machineTime":1.25,"setUp":0,"material":0,"energy":0.10,"transport":0,"lateness":0,"risk":0,"co2Grams":80},"why":"It is loaded."}}"""),
        (new JobHappened
        {
            Event = new JobReady { Job = JobId.Parse("o-7.1"), Epoch = 1, At = Noon, Program = Digest.Of("program"u8), EstimatedSeconds = 61.5, EstimatedGrams = 4.25 },
            Origin = new ReportOrigin(SiteId.Parse("lab-lisbon"), "b1", 3),
        }, "job.event/1", """{"event":{"event":"ready","program":"sha256:1310ca2c8932dbd118668bd97442558a3e1f546b5e15c69699dfbd6024f548d8","estimatedSeconds":61.5,"estimatedGrams":4.25,"job":"o-7.1","epoch":1,"at":"2026-03-02T12:00:00+00:00"},"origin":{"site":"lab-lisbon","boot":"b1","sequence":3}}"""),
        (new ReportRefused { Origin = new ReportOrigin(SiteId.Parse("lab-lisbon"), "b1", 4), Reason = "stale epoch" }, "job.event.refused/1", """{"origin":{"site":"lab-lisbon","boot":"b1","sequence":4},"reason":"stale epoch"}"""),
        (new SiteRegistered
        {
            Site = new Site
            {
                Id = SiteId.Parse("lab-lisbon"), Title = "Lisbon", Latitude = 38.7,
                Machines = [new Machine { Id = Mk3, Profile = Profile, Loaded = new LoadedMaterial("PLA", "black") }],
            },
        }, "site.registered/1", """{"site":{"id":"lab-lisbon","title":"Lisbon","latitude":38.7,"prices":{"currency":"EUR","machinePerHour":2.00,"labourPerHour":18.00,"defaultMaterialPerKg":25.00,"materialPerKg":{},"energyPerKwh":0.30,"energyPerKwhByHour":[],"co2GramsPerKwh":250,"transportFixed":4.00,"transportPerKmKg":0.01,"latenessPerHour":1.00},"timeZone":"UTC","hours":[],"machines":[{"id":"lab-lisbon/mk3","profile":{"name":"mill","title":"A mill","process":"Milling","dialect":"Grbl","baud":0,"x":{"rangeMm":{"min":0,"max":400},"maxFeedMmPerMin":5000,"accelerationMmPerS2":500,"jerkMmPerS":0},"y":{"maxFeedMmPerMin":5000,"accelerationMmPerS2":500,"jerkMmPerS":0},"z":{"homeMm":0,"maxFeedMmPerMin":2000,"accelerationMmPerS2":200,"jerkMmPerS":0},"printAccelerationMmPerS2":0,"travelAccelerationMmPerS2":0,"retractAccelerationMmPerS2":0,"junctionDeviationMm":0,"defaultFeedMmPerMin":1500,"hotEnds":[],"maxBedTemperatureC":0,"maxChamberTemperatureC":0,"spindle":{"minRpm":0,"maxRpm":24000,"isLaser":false},"forbiddenCommands":[],"extraCommands":[],"maxLineBytes":0,"unknownCommands":"Refuse","resumesPrints":false,"materials":[],"setUp":{"clearMinutes":3,"materialChangeMinutes":6,"colorChangeMinutes":4,"toolChangeMinutes":15,"purgeGrams":8,"darkToLightPurgeGrams":12,"warmUpMinutes":4},"power":{"runningW":120,"warmUpW":250},"slicer":{"layer_height":"0.2"},"slicerMaterials":{}},"loaded":{"material":"PLA","color":"black"},"reserved":[]}]}}"""),
        (new DeliveryJoined
        {
            Delivery = "d-1", From = SiteId.Parse("lab-lisbon"), To = SiteId.Parse("lab-porto"), Day = new DateOnly(2026, 3, 2), At = Noon, Jobs = [JobId.Parse("o-7.1")],
        }, "delivery.joined/1", """{"delivery":"d-1","from":"lab-lisbon","to":"lab-porto","day":"2026-03-02","at":"2026-03-02T12:00:00+00:00","jobs":["o-7.1"]}"""),
        (new DeliveryStepped { Delivery = "d-1", Step = DeliveryStep.Failed, At = Noon, By = "ben", Reason = "stolen" }, "delivery.stepped/1", """{"delivery":"d-1","step":"Failed","at":"2026-03-02T12:00:00+00:00","by":"ben","reason":"stolen"}"""),
        (new CancelRequested { Job = JobId.Parse("o-7.1"), Reason = "not needed" }, "cancel.requested/1", """{"job":"o-7.1","reason":"not needed"}"""),
        (new OrderAccepted
        {
            Order = OrderId.Parse("o-7"), At = Noon, By = "ana", Accepted = [JobId.Parse("o-7.1")], Refused = [new RefusedJob(JobId.Parse("o-7.2"), "warped")],
        }, "order.accepted/1", """{"order":"o-7","at":"2026-03-02T12:00:00+00:00","by":"ana","accepted":["o-7.1"],"refused":[{"job":"o-7.2","reason":"warped"}]}"""),
        (new ServiceChanged { Machines = [Mk3], State = MachineState.Alarm, At = Noon }, "machine.service/1", """{"machines":["lab-lisbon/mk3"],"state":"Alarm","at":"2026-03-02T12:00:00+00:00"}"""),
        (new ClaimSettled { Claim = "claim/o-7.1/1", At = Noon, Note = "paid" }, "claim.settled/1", """{"claim":"claim/o-7.1/1","at":"2026-03-02T12:00:00+00:00","note":"paid"}"""),
        (new OrderPlaced
        {
            Order = new Order { Id = OrderId.FromNumber(8), Design = new DesignRef("cable-clip", "1.0.0", Manifest), Quantity = 1, Customer = "acme", PlacedAt = Noon },
            Parts = [],
            Jobs = [],
            Credit = new DesignCredit { Chain = [new CreditedDesign(Manifest, "alice~1a2b3c4d")], Owes = new OwedReciprocity("PPL", 0.75m, "EUR") },
        }, "order.placed/1", """{"order":{"id":"o-8","design":{"name":"cable-clip","version":"1.0.0","manifest":"sha256:05b3abf2579a5eb66403cd78be557fd860633a1fe2103c7642030defe32c657f"},"quantity":1,"customer":"acme","placedAt":"2026-03-02T12:00:00+00:00"},"parts":[],"jobs":[],"credit":{"chain":[{"manifest":"sha256:05b3abf2579a5eb66403cd78be557fd860633a1fe2103c7642030defe32c657f","designer":"alice~1a2b3c4d"}],"owes":{"license":"PPL","amount":0.75,"currency":"EUR"}}}"""),
        (new OrderPlaced
        {
            Order = new Order { Id = OrderId.FromNumber(9), Design = new DesignRef("cable-clip", "1.0.0", Manifest), Quantity = 1, Customer = "community a", PlacedAt = Noon },
            Parts = [],
            Jobs = [],
            Origin = new GuestOrigin("a", JobId.Parse("o-3.1"), 2, Mk3),
        }, "order.placed/1", """{"order":{"id":"o-9","design":{"name":"cable-clip","version":"1.0.0","manifest":"sha256:05b3abf2579a5eb66403cd78be557fd860633a1fe2103c7642030defe32c657f"},"quantity":1,"customer":"community a","placedAt":"2026-03-02T12:00:00+00:00"},"parts":[],"jobs":[],"origin":{"community":"a","job":"o-3.1","epoch":2,"machine":"lab-lisbon/mk3"}}"""),
        (new CancelRequested { Job = JobId.Parse("o-7.1"), Reason = "not needed", IsByCommunity = true }, "cancel.requested/1", """{"job":"o-7.1","reason":"not needed","isByCommunity":true}"""),
        (new CommunityFollowed { Community = "a", Boot = "b1" }, "community.followed/1", """{"community":"a","boot":"b1"}"""),
        (new FollowingChanged { Community = "a", Address = new Uri("http://127.0.0.1:7310"), IsFollowed = true, At = Noon }, "community.following/1", """{"community":"a","address":"http://127.0.0.1:7310","isFollowed":true,"at":"2026-03-02T12:00:00+00:00"}"""),
        (new GuestLeaseRefused { Origin = new GuestOrigin("a", JobId.Parse("o-3.1"), 2, Mk3), At = Noon, Reason = "no such design" }, "guest.refused/1", """{"origin":{"community":"a","job":"o-3.1","epoch":2,"machine":"lab-lisbon/mk3"},"at":"2026-03-02T12:00:00+00:00","reason":"no such design"}"""),
        (new GuestPaid { Community = "a", Job = JobId.Parse("o-9.1"), Payment = "payment/o-3/cost/o-3.1/2", Amount = 1.25m, Currency = "EUR", Line = 17, Digest = Manifest, At = Noon }, "guest.paid/1", """{"community":"a","job":"o-9.1","payment":"payment/o-3/cost/o-3.1/2","amount":1.25,"currency":"EUR","line":17,"digest":"sha256:05b3abf2579a5eb66403cd78be557fd860633a1fe2103c7642030defe32c657f","at":"2026-03-02T12:00:00+00:00"}"""),
        (new GuestToldAgain { Job = JobId.Parse("o-9.1"), At = Noon }, "guest.told-again/1", """{"job":"o-9.1","at":"2026-03-02T12:00:00+00:00"}"""),
        (new JobHappened
        {
            Event = new JobStarted { Job = JobId.Parse("o-7.1"), Epoch = 1, At = Noon, Found = new SetUpFound("PLA", "white", 0.4, null, null) },
        }, "job.event/1", """{"event":{"event":"started","found":{"material":"PLA","color":"white","nozzleMm":0.4},"job":"o-7.1","epoch":1,"at":"2026-03-02T12:00:00+00:00"}}"""),
    ];

    public static TheoryData<int> Records => [.. Enumerable.Range(0, Golden.Length)];

    [Theory]
    [MemberData(nameof(Records))]
    public void A_record_is_stored_as_it_always_was(int index)
    {
        var (record, kind, text) = Golden[index];
        var written = RecordFormat.Write(record);
        Assert.Equal(kind, written.Kind);
        Assert.Equal(text, Encoding.UTF8.GetString(written.Payload));
    }

    [Theory]
    [MemberData(nameof(Records))]
    public void What_was_stored_is_read_in_full(int index)
    {
        var (_, kind, text) = Golden[index];
        var read = RecordFormat.Read(new JournalEntry(1, Noon, kind, Encoding.UTF8.GetBytes(text), []));
        Assert.Equal(text, Encoding.UTF8.GetString(RecordFormat.Write(read).Payload));
    }

    [Fact]
    public void A_site_that_an_older_version_stored_is_always_open()
    {
        const string Unreserved = """{"site":{"id":"lab-lisbon","title":"Lisbon","latitude":38.7,"prices":{"currency":"EUR","machinePerHour":2.00,"labourPerHour":18.00,"defaultMaterialPerKg":25.00,"materialPerKg":{},"energyPerKwh":0.30,"energyPerKwhByHour":[],"co2GramsPerKwh":250,"transportFixed":4.00,"transportPerKmKg":0.01,"latenessPerHour":1.00},"timeZone":"UTC","hours":[],"machines":[{"id":"lab-lisbon/mk3","profile":{"name":"mill","title":"A mill","process":"Milling","dialect":"Grbl","baud":0,"x":{"rangeMm":{"min":0,"max":400},"maxFeedMmPerMin":5000,"accelerationMmPerS2":500,"jerkMmPerS":0},"y":{"maxFeedMmPerMin":5000,"accelerationMmPerS2":500,"jerkMmPerS":0},"z":{"homeMm":0,"maxFeedMmPerMin":2000,"accelerationMmPerS2":200,"jerkMmPerS":0},"printAccelerationMmPerS2":0,"travelAccelerationMmPerS2":0,"retractAccelerationMmPerS2":0,"junctionDeviationMm":0,"defaultFeedMmPerMin":1500,"hotEnds":[],"maxBedTemperatureC":0,"maxChamberTemperatureC":0,"spindle":{"minRpm":0,"maxRpm":24000,"isLaser":false},"forbiddenCommands":[],"extraCommands":[],"maxLineBytes":0,"unknownCommands":"Refuse","resumesPrints":false,"materials":[],"setUp":{"clearMinutes":3,"materialChangeMinutes":6,"colorChangeMinutes":4,"toolChangeMinutes":15,"purgeGrams":8,"darkToLightPurgeGrams":12,"warmUpMinutes":4},"power":{"runningW":120,"warmUpW":250},"slicer":{"layer_height":"0.2"},"slicerMaterials":{}},"loaded":{"material":"PLA","color":"black"}}]}}""";
        const string Older = """{"site":{"id":"lab-lisbon","title":"Lisbon","prices":{"currency":"EUR","machinePerHour":2.00,"labourPerHour":18.00,"defaultMaterialPerKg":25.00,"materialPerKg":{},"energyPerKwh":0.30,"co2GramsPerKwh":250,"transportFixed":4.00,"transportPerKmKg":0.01,"latenessPerHour":1.00},"machines":[]}}""";
        var site = Assert.IsType<SiteRegistered>(RecordFormat.Read(new JournalEntry(1, Noon, "site.registered/1", Encoding.UTF8.GetBytes(Older), []))).Site;
        Assert.Equal("UTC", site.TimeZone);
        Assert.Empty(site.Hours);
        Assert.Empty(site.Prices.EnergyPerKwhByHour);
        Assert.Empty(Assert.IsType<SiteRegistered>(RecordFormat.Read(new JournalEntry(1, Noon, "site.registered/1", Encoding.UTF8.GetBytes(Unreserved), []))).Site.Machines[0].Reserved);
    }

    [Theory]
    [InlineData("""{"job":"o-0.1","reason":"x"}""", "job id")]
    [InlineData("""{"job":null,"reason":"x"}""", "Entry 1")]
    [InlineData("""{"job":7,"reason":"x"}""", "Entry 1")]
    public void An_id_that_is_none_names_its_entry(string text, string words)
    {
        var error = Assert.Throws<JournalException>(() => RecordFormat.Read(new JournalEntry(1, Noon, "cancel.requested/1", Encoding.UTF8.GetBytes(text), [])));
        Assert.Contains("Entry 1", error.Message, StringComparison.Ordinal);
        Assert.Contains(words, error.Message, StringComparison.Ordinal);
    }
}
