// What production teaches, from a job on simulated firmware to what a catalogue answers about the design.

using System.Text;
using FabNet.Catalogue.Client;
using FabNet.Catalogue.Designs;
using FabNet.Edge;
using FabNet.Edge.Configuration;
using FabNet.Edge.Leasing;
using FabNet.Model;
using FabNet.Model.Designs;
using FabNet.Model.Jobs;
using FabNet.Model.Licensing;
using FabNet.Protocol.Statements;
using FabNet.Tests.Catalogue;
using Xunit;
using JobState = FabNet.Model.Jobs.JobState;
using MachineState = FabNet.Model.Machines.MachineState;
using Wire = FabNet.Protocol.V1;

namespace FabNet.Tests.Edge;

public sealed class ProductionTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private int _number;

    public void Dispose() => _folder.Dispose();

    [Fact(Timeout = 120_000)]
    public async Task A_finished_job_becomes_a_run_that_proves_its_toolpath_and_names_nobody()
    {
        await using var catalogue = await CatalogueServer.StartAsync(_folder.In("catalogue"));
        await using var bench = await StartAsync(catalogue, OrganisationKind.Person, sharesRuns: true);
        var design = await PublishAsync(catalogue);
        var job = await MakeAsync(bench, design);
        var report = await ReportAsync(catalogue, design, r => r.Runs.Count > 0);

        var run = Assert.Single(report.Runs);
        Assert.Equal(("Clip", "prusa-mk3s", 1, 1, 1L, 1L), (run.Part, run.MachineClass, run.Runs, run.Publishers, run.Made, run.Good));
        Assert.True(run.Seconds > 1, $"{run.Seconds} s");
        var proof = Assert.Single(report.Toolpaths);
        Assert.Equal(("clip.prusa-mk3s.gcode", 1, 1L, run.Seconds), (proof.Path, proof.Runs, proof.Good, proof.Seconds));

        var logged = Assert.Single(await catalogue.Client.Statements.LogAsync(0, [StatementKinds.Run], Bench.Token).ToListAsync(Bench.Token)).Envelope;
        Assert.Equal(proof.RunIds, [Digest.Of(logged.Payload.Span).Value]);
        var text = logged.Payload.ToStringUtf8();
        foreach (var personal in (string[])[job.Id.Value, job.Order.Value, "lab-test", "mk3\"", Environment.UserName + "@", Environment.MachineName])
        {
            Assert.DoesNotContain(personal, text, StringComparison.Ordinal);
        }

        Assert.Matches("\"month\":\"[0-9]{4}-[0-9]{2}\"", text);
        Assert.Equal(OnDisk(bench).Name.ToString(), (await catalogue.Client.Statements.PublisherAsync("lab-test", Bench.Token)).Name);
    }

    [Fact(Timeout = 120_000)]
    public async Task Without_consent_nothing_is_said_and_what_was_made_before_it_stays_unsaid()
    {
        await using var catalogue = await CatalogueServer.StartAsync(_folder.In("catalogue"));
        await using var bench = await StartAsync(catalogue, OrganisationKind.Person, sharesRuns: false);
        var design = await PublishAsync(catalogue);
        await MakeAsync(bench, design);
        await bench.StopAgentAsync();

        bench.Config = bench.Config with { Publisher = bench.Config.Publisher! with { SharesRuns = true } };
        await bench.StartAgentAsync();
        await bench.WaitForMachineAsync(MachineState.Idle);
        await MakeAsync(bench, design);
        var report = await ReportAsync(catalogue, design, r => r.Runs.Count > 0);
        Assert.Equal(1, Assert.Single(report.Runs).Runs);
    }

    [Fact(Timeout = 120_000)]
    public async Task Offline_everything_waits_over_restarts_and_is_said_once_when_the_catalogue_is_back()
    {
        var data = _folder.In("catalogue");
        var catalogue = await CatalogueServer.StartAsync(data);
        await using var bench = await StartAsync(catalogue, OrganisationKind.Person, sharesRuns: true);
        var design = await PublishAsync(catalogue);
        await MakeAsync(bench, design);
        await ReportAsync(catalogue, design, r => r.Runs.Count > 0);
        var port = catalogue.Address.Port;
        await catalogue.DisposeAsync();

        await MakeAsync(bench, design);
        await bench.StopAgentAsync();
        await bench.StartAgentAsync();
        await bench.WaitForMachineAsync(MachineState.Idle);
        await MakeAsync(bench, design);
        Assert.Equal("2", await bench.AskAsync(l => $"{l.Untold()}"));

        await using var back = await CatalogueServer.StartAsync(data, port);
        var report = await ReportAsync(back, design, r => r.Runs is [{ Runs: 3 }]);
        Assert.Equal(3, Assert.Single(report.Toolpaths).Runs);
        await UntilAsync(async () => await bench.AskAsync(l => $"{l.Untold()}") == "0");
    }

    [Fact(Timeout = 120_000)]
    public async Task A_lost_answer_and_a_kill_put_the_same_bytes_again_even_after_a_rotation_of_keys()
    {
        await using var bench = await AgentBench.CreateAsync();
        Join(bench, OrganisationKind.Person, sharesRuns: true);
        bench.Config = bench.Config with { Policy = new SitePolicy { Clear = ClearPolicy.Automatic } };
        bench.Catalogue.LosesAnswers = true;
        await bench.StartAgentAsync();
        await bench.WaitForMachineAsync(MachineState.Idle);
        var job = bench.Grant();
        await bench.Coordinator.WaitForStateAsync(job.Id, JobState.Completed);

        // The chain comes first, so that its answer is the one that is lost; from then on only the runs' are.
        await UntilAsync(() => Task.FromResult(!bench.Catalogue.Put.IsEmpty));
        bench.Catalogue.LosesAnswersOf = StatementKinds.Run;
        bench.Catalogue.LosesAnswers = false;
        await UntilAsync(() => Task.FromResult(Runs().Count >= 1));
        await bench.StopAgentAsync();
        OnDisk(bench).Rotate();
        await bench.StartAgentAsync();
        var before = Runs().Count;
        await UntilAsync(() => Task.FromResult(Runs().Count > before));
        bench.Catalogue.LosesAnswersOf = null;
        await UntilAsync(async () => await bench.AskAsync(l => $"{l.Untold()}") == "0");
        Assert.Single(Runs().Distinct());

        List<Digest> Runs() => [.. bench.Catalogue.Put.Where(e => StatementKinds.Of(e.PayloadType) == StatementKinds.Run).Select(e => e.Id)];
    }

    [Fact(Timeout = 120_000)]
    public async Task Consent_that_is_withdrawn_before_the_catalogue_has_a_run_counts()
    {
        await using var bench = await AgentBench.CreateAsync();
        Join(bench, OrganisationKind.Person, sharesRuns: true);
        bench.Config = bench.Config with { Policy = new SitePolicy { Clear = ClearPolicy.Automatic } };
        bench.Catalogue.LosesAnswers = true;
        await bench.StartAgentAsync();
        await bench.WaitForMachineAsync(MachineState.Idle);
        var job = bench.Grant();
        await bench.Coordinator.WaitForStateAsync(job.Id, JobState.Completed);
        await UntilAsync(() => Task.FromResult(!bench.Catalogue.Put.IsEmpty)); // Its chain: the run is signed by now.
        await bench.StopAgentAsync();
        bench.Config = bench.Config with { Publisher = bench.Config.Publisher! with { SharesRuns = false } };
        bench.Catalogue.LosesAnswers = false;
        await bench.StartAgentAsync();
        await UntilAsync(async () => await bench.AskAsync(l => $"{l.Untold()}") == "0");
        Assert.All(bench.Catalogue.Put, e => Assert.Equal(StatementKinds.Publisher, StatementKinds.Of(e.PayloadType)));
    }

    [Fact(Timeout = 120_000)]
    public async Task Scrap_and_failures_count_in_the_yield()
    {
        await using var catalogue = await CatalogueServer.StartAsync(_folder.In("catalogue"));
        await using var bench = await StartAsync(catalogue, OrganisationKind.Person, sharesRuns: true, ClearPolicy.Operator);
        var design = await PublishAsync(catalogue);
        await MakeAsync(bench, design);
        await bench.WaitForMachineAsync(MachineState.NeedsClearing);
        var refusal = await Assert.ThrowsAsync<OperatorException>(() => bench.AskAsync(l => l.Clear(Bench.Machine, scrapped: 2)));
        Assert.Contains("at most 1 can be scrap", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("Scrap: o-7.1, to be planned again.", await bench.AskAsync(l => l.Clear(Bench.Machine, scrapped: 1)), StringComparison.Ordinal);
        Assert.Contains("No finished job's parts are on", (await Assert.ThrowsAsync<OperatorException>(() => bench.AskAsync(l => l.Clear(Bench.Machine, scrapped: 1)))).Message, StringComparison.Ordinal);

        await MakeAsync(bench, design);
        await bench.WaitForMachineAsync(MachineState.NeedsClearing);
        await bench.AskAsync(l => l.Clear(Bench.Machine));
        var endless = await PublishAsync(catalogue, "endless", moves: AgentBench.Endless);
        var job = Grant(bench, endless);
        await bench.Coordinator.WaitForStateAsync(job.Id, JobState.Running);
        await bench.Agent!.HostOf(Bench.Machine).EmergencyStopAsync(Bench.Token);
        await bench.Coordinator.WaitForStateAsync(job.Id, JobState.Failed);

        var run = Assert.Single((await ReportAsync(catalogue, design, r => r.Runs is [{ Runs: 2 }])).Runs);
        Assert.Equal((2L, 1L), (run.Made, run.Good));
        var failed = Assert.Single((await ReportAsync(catalogue, endless, r => r.Runs.Count > 0)).Runs);
        Assert.Equal((1L, 0L), (failed.Made, failed.Good));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_company_owes_a_claim_for_each_job_under_a_reciprocal_licence_until_the_publisher_settles_it()
    {
        await using var catalogue = await CatalogueServer.StartAsync(_folder.In("catalogue"));
        var ida = PublisherFolder.Create(_folder.In("ida"), "ida", "Ida", OrganisationKind.Cooperative, new ReciprocityRate(0.5, "EUR"));
        using var hers = CatalogueClient.Connect(catalogue.Address, publisher: ida);
        await using var bench = await StartAsync(catalogue, OrganisationKind.Company, sharesRuns: false);
        var reciprocal = await PublishAsync(hers, "shared", license: "LicenseRef-PPL");
        var open = await PublishAsync(hers, "open", license: "CERN-OHL-S-2.0");
        var choice = await PublishAsync(hers, "choice", license: "LicenseRef-PPL OR CC-BY-SA-4.0");
        await MakeAsync(bench, reciprocal);
        await MakeAsync(bench, open);
        await MakeAsync(bench, choice);
        await MakeAsync(bench, reciprocal);
        var report = await ReportAsync(catalogue, reciprocal, r => r.Claims.Count == 2);
        await bench.StopAgentAsync();
        await bench.StartAgentAsync();
        await UntilAsync(async () => await bench.AskAsync(l => $"{l.Untold()}") == "0");

        Assert.All(report.Claims, c => Assert.Equal((OnDisk(bench).Name.ToString(), 1, 0.5, "EUR", false), (c.By, c.Quantity, c.Amount, c.Currency, c.Settled)));
        Assert.Empty((await ReportAsync(catalogue, open, _ => true)).Claims);
        Assert.Empty((await ReportAsync(catalogue, choice, _ => true)).Claims);
        Assert.Empty(report.Runs);
        Assert.Equal(2, (await ReportAsync(catalogue, reciprocal, _ => true)).Claims.Count);

        await hers.Statements.SettleAsync(ida, Digest.Parse(report.Claims[0].Id), Bench.Token);
        report = await ReportAsync(catalogue, reciprocal, r => r.Claims.Any(c => c.Settled));
        Assert.Equal([true, false], report.Claims.Select(c => c.Settled));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_commoner_and_a_company_that_shares_its_runs_owe_nothing()
    {
        await using var catalogue = await CatalogueServer.StartAsync(_folder.In("catalogue"));
        var design = await PublishAsync(catalogue, "shared", license: "LicenseRef-PPL");
        await using (var bench = await StartAsync(catalogue, OrganisationKind.Nonprofit, sharesRuns: false))
        {
            await MakeAsync(bench, design);
            await UntilAsync(async () => await bench.AskAsync(l => $"{l.Untold()}") == "0");
        }

        await using (var bench = await StartAsync(catalogue, OrganisationKind.Company, sharesRuns: true))
        {
            await MakeAsync(bench, design);
            await ReportAsync(catalogue, design, r => r.Runs.Count > 0);
            await UntilAsync(async () => await bench.AskAsync(l => $"{l.Untold()}") == "0");
        }

        Assert.Empty((await ReportAsync(catalogue, design, _ => true)).Claims);
    }

    [Fact]
    public void What_waits_is_in_the_journal_from_the_jobs_end_to_the_last_word()
    {
        var made = new ProductionRecord
        {
            Job = JobId.Parse("o-7.1"), Epoch = 1, Machine = Bench.Machine, MachineClass = "prusa-mk3s", Manifest = Bench.AnyDesign.Manifest, Part = "clip", Seconds = 61, Made = 2, Month = "2026-03",
            Recipe = new() { License = "MIT", Settings = new Dictionary<string, string> { ["layer-height"] = "0.2" } }, IsShared = true, RunNonce = new string('0', 32), ClaimNonce = new string('1', 32),
        };
        const string Text = """{"fact":"production","job":"o-7.1","epoch":1,"machine":"lab-test/mk3","machineClass":"prusa-mk3s","manifest":"sha256:05b3abf2579a5eb66403cd78be557fd860633a1fe2103c7642030defe32c657f","part":"clip","recipe":{"license":"MIT","settings":{"layer-height":"0.2"}},"seconds":61,"made":2,"month":"2026-03","isShared":true,"runNonce":"00000000000000000000000000000000","claimNonce":"11111111111111111111111111111111"}""";
        Assert.Equal(Text, Encoding.UTF8.GetString(made.ToJournal().Payload));
        InBook(book => book.Judge([made]));
        InBook(book =>
        {
            Assert.Null(book.Productions.Next);
            book.Judge([Assert.Single(book.Productions.OnMachine(Bench.Machine)) with { Good = 1 }]);
        });
        InBook(book =>
        {
            Assert.Empty(book.Productions.OnMachine(Bench.Machine));
            Assert.Equal((1, null), (book.Productions.Next!.Production.Good, book.Productions.Next.Signed));
            book.Sign(new SignedRecord { Job = made.Job, Epoch = 1, Envelopes = [[1, 2, 3]] });
        });
        InBook(book =>
        {
            Assert.Equal([1, 2, 3], Assert.Single(book.Productions.Next!.Signed!.Envelopes));
            book.Tell(new ToldRecord { Job = made.Job, Epoch = 1 });
        });
        InBook(book => Assert.Null(book.Productions.Next));

        void InBook(Action<EdgeBook> act)
        {
            using var book = EdgeBook.Open(_folder.In("journal.db"), TimeProvider.System);
            act(book);
        }
    }

    private static async Task<AgentBench> StartAsync(CatalogueServer catalogue, OrganisationKind organisation, bool sharesRuns, ClearPolicy clear = ClearPolicy.Automatic)
    {
        var bench = await AgentBench.CreateAsync();
        Join(bench, organisation, sharesRuns);
        bench.Config = bench.Config with { Catalogue = catalogue.Address, Policy = new SitePolicy { Clear = clear } };
        await bench.StartAgentAsync();
        await bench.WaitForMachineAsync(MachineState.Idle);
        return bench;
    }

    private static void Join(AgentBench bench, OrganisationKind organisation, bool sharesRuns)
    {
        PublisherFolder.Create(bench.Folder.In("keys"), "lab-test", "Test lab", organisation);
        bench.Config = bench.Config with { Publisher = new SitePublisherConfig { Name = "lab-test", Folder = bench.Folder.In("keys"), SharesRuns = sharesRuns } };
    }

    private static PublisherFolder OnDisk(AgentBench bench) => PublisherFolder.Open(bench.Folder.In("keys"), "lab-test");

    private Task<Design> PublishAsync(CatalogueServer catalogue, string name = "clip", string license = "CERN-OHL-S-2.0", int moves = 50) => PublishAsync(catalogue.Client, name, license, moves);

    private async Task<Design> PublishAsync(CatalogueClient client, string name, string license, int moves = 50)
    {
        var folder = Directory.CreateDirectory(_folder.In($"design-{name}")).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "clip.prusa-mk3s.gcode"), Bench.Program(moves), Bench.Token);
        await File.WriteAllTextAsync(Path.Combine(folder, "okh.toml"), $"""
            okhv = "2.4"
            name = "{name}"
            repo = "https://example.org/clip"
            version = "1.0.0"
            license = "{license}"
            licensor = "A test"
            function = "Clips."
            [[part]]
            name = "Clip"
            tsdc = "3DP"
            material = "PLA"
            [[part.toolpath]]
            file = "clip.prusa-mk3s.gcode"
            machine-class = "prusa-mk3s"
            """, Bench.Token);
        using var imported = await DesignImporter.ImportAsync(folder, cancellationToken: Bench.Token);
        return await client.Publisher.PublishAsync(imported, cancellationToken: Bench.Token);
    }

    private Job Grant(AgentBench bench, Design design)
    {
        var job = Bench.Leased(design.Ref, "Clip", ++_number);
        bench.Coordinator.Grant(job);
        return job;
    }

    private async Task<Job> MakeAsync(AgentBench bench, Design design)
    {
        var job = Grant(bench, design);
        await bench.Coordinator.WaitForStateAsync(job.Id, JobState.Completed);
        return job;
    }

    private static async Task<Wire.DesignReport> ReportAsync(CatalogueServer catalogue, Design design, Func<Wire.DesignReport, bool> isReady)
    {
        Wire.DesignReport? report = null;
        await UntilAsync(async () => isReady(report = await catalogue.Client.Statements.ReportAsync(design.Ref.Manifest, Bench.Token)));
        return report!;
    }

    private static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        while (!await isSo())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Bench.Token);
        }
    }
}
