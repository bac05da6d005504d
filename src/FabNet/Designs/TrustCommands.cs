// `fabnet catalogue verify|attest|collection|yank|propose|answer|settle|log`: what people say about designs.

using System.CommandLine;
using FabNet.Catalogue.Client;
using FabNet.CommandLine;
using FabNet.Model;
using FabNet.Network;
using FabNet.Protocol;
using FabNet.Protocol.Statements;
using Grpc.Core;

namespace FabNet.Designs;

internal static class TrustCommands
{
    public static IEnumerable<Command> Create() => [CreateVerify(), CreateAttest(), CreateCollection(), CreateYank(), CreatePropose(), CreateAnswer(), CreateSettle(), CreateLog()];

    private static Command CreateVerify()
    {
        var (design, server) = (CatalogueCommands.DesignArgument(), ServerOption.Create());
        var command = new Command("verify",
            """
            Checks a design here: its digest, its signatures against its publisher's own statements, and what maintainers found. Fails
            if nobody signed it, if the key was revoked, or if it is unsafe.

            Examples:
              fabnet catalogue verify cable-clip
              fabnet catalogue verify alice/cable-clip@1.0.0 --json
            """)
        { design, server };
        command.SetAction(async (result, stop) =>
        {
            var console = new CommandConsole(result.GetValue(CommandRunner.Json));
            using var client = CatalogueClient.Connect(result.AddressOf(server));
            var verified = await client.GetVerifiedAsync(DesignName.Parse(result.GetRequiredValue(design)), stop);
            var report = await client.Statements.ReportAsync(verified.Design.Ref.Manifest, stop);
            console.Say($"{verified.Design.Ref}  {verified.Design.Ref.Manifest}");
            var publishers = TrustText.SayPublishers(console, verified);
            console.Emit(json => TrustText.Write(json, verified.Design.Ref, publishers, report));
            TrustText.Say(console, report);
            return report.HasStopReason ? throw new CommandFailedException($"{verified.Design.Ref} must not be made: {report.StopReason}")
                : verified.Publishers.All(p => p.RevokedBecause is not null) ? throw new CommandFailedException($"Nobody stands by {verified.Design.Ref}: {(verified.Publishers.Count == 0 ? "no publisher signed it" : "the keys that signed it were revoked")}.")
                : CommandRunner.Succeeded;
        });
        return command;
    }

    private static Command CreateAttest()
    {
        var (design, server, publisher) = (CatalogueCommands.DesignArgument(), ServerOption.Create(), PublisherOption.Create());
        var verdict = new Argument<string>("VERDICT") { Description = "validated, needs-work or unsafe." };
        var collection = new Option<string>("--collection") { Description = "The collection for which you speak, such as carol/safe-tools.", Required = true };
        var reason = new Option<string>("--reason") { Description = "Why, for people. May be left out for validated with evidence.", DefaultValueFactory = _ => "" };
        var evidence = new Option<string[]>("--evidence") { Description = "Ids of runs ('fabnet catalogue log --kind run' lists them), or digests of files, that prove it.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [] };
        var command = new Command("attest",
            """
            Says as a maintainer of a collection what you found about a version. unsafe stops every job that waits to make it, on each
            network that heeds the collection.

            Examples:
              fabnet catalogue attest cable-clip validated --collection carol/safe-tools --reason "Made five, all good."
              fabnet catalogue attest alice/wall-hook@1.0.0 unsafe --collection carol/safe-tools --reason "It breaks at 2 kg."
            """)
        { design, verdict, collection, reason, evidence, publisher, server };
        command.SetAction(async (result, stop) =>
        {
            var me = result.OpenPublisher(publisher);
            var found = VerdictWords.Parse(result.GetRequiredValue(verdict));
            var (owner, name) = SplitCollection(result.GetRequiredValue(collection));
            using var client = CatalogueClient.Connect(result.AddressOf(server));
            var subject = (await client.GetVerifiedAsync(DesignName.Parse(result.GetRequiredValue(design)), stop)).Design.Ref;
            var known = await client.Statements.CollectionAsync(owner, name, subject.Manifest, stop);
            return await SayAsync(result, client, me, new AttestationStatement
            {
                By = me.Author,
                Collection = Digest.Parse(known.Identity),
                Manifest = subject.Manifest,
                Verdict = found,
                Reason = result.GetRequiredValue(reason),
                Evidence = Sorted(result.GetRequiredValue(evidence).Select(Digest.Parse)),
                Sequence = known.NextSequence,
            }, $"{known.Name}: {subject} is {found.ToText()}", stop);
        });
        return command;
    }

    private static Command CreateCollection()
    {
        var (server, publisher) = (ServerOption.Create(), PublisherOption.Create());
        var name = new Argument<string>("NAME") { Description = "The collection's name: lower-case letters, digits and dashes." };
        var title = new Option<string?>("--title") { Description = "What it is about, for people." };
        var maintainers = new Option<string[]>("--maintainer") { Description = "Publishers that may attest for it besides you; all of them each time.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [] };
        var command = new Command("collection",
            """
            Begins a collection of your own, or changes who maintains it. Verdicts of somebody who is no maintainer any more do not
            count any more.

            Example:
              fabnet catalogue collection safe-tools --title "Tools that we tried" --maintainer bob dora
            """)
        { name, title, maintainers, publisher, server };
        command.SetAction(async (result, stop) =>
        {
            var me = result.OpenPublisher(publisher);
            var wanted = result.GetRequiredValue(name);
            using var client = CatalogueClient.Connect(result.AddressOf(server));
            await client.Statements.PutChainAsync(me, stop);
            FabNet.Protocol.V1.Collection? before = null;
            try
            {
                before = await client.Statements.CollectionAsync(me.Name.ToString(), wanted, null, stop);
            }
            catch (RpcException e) when (e.StatusCode is StatusCode.NotFound)
            {
                // It begins now.
            }

            var identities = new List<Digest>();
            foreach (var maintainer in result.GetRequiredValue(maintainers))
            {
                identities.Add(Digest.Parse((await client.Statements.PublisherAsync(maintainer, stop)).Identity));
            }

            return await SayAsync(result, client, me, new CollectionStatement
            {
                By = me.Author,
                Name = wanted,
                Title = result.GetValue(title) ?? before?.Title ?? wanted,
                Maintainers = Sorted(identities),
                Sequence = (before?.Sequence ?? 0) + 1,
                Previous = before is null ? null : Digest.Parse(before.Head),
                Collection = before is null ? null : Digest.Parse(before.Identity),
            }, $"{me.Name}/{wanted} has {identities.Count + 1} {(identities.Count == 0 ? "maintainer" : "maintainers")}", stop);
        });
        return command;
    }

    private static Command CreateYank()
    {
        var (design, server, publisher) = (CatalogueCommands.DesignArgument(), ServerOption.Create(), PublisherOption.Create());
        var reason = new Option<string>("--reason") { Description = "Why, for people.", Required = true };
        var command = new Command("yank",
            """
            Takes a version of yours out of sight. Nothing is deleted: whoever names the version, or ordered it, still gets it.

            Example:
              fabnet catalogue yank cable-clip@1.1.0 --reason "The mesh has a hole."
            """)
        { design, reason, publisher, server };
        command.SetAction(async (result, stop) =>
        {
            var me = result.OpenPublisher(publisher);
            var named = DesignName.Parse(result.GetRequiredValue(design));
            if (named.Version is null)
            {
                throw new UsageException($"Say which version of {named} is to be yanked, such as {named}@1.0.0.");
            }

            using var client = CatalogueClient.Connect(result.AddressOf(server));
            var subject = (await client.GetVerifiedAsync(named with { Publisher = named.Publisher ?? me.Name }, stop)).Design.Ref;
            return await SayAsync(result, client, me, new YankStatement { By = me.Author, Manifest = subject.Manifest, Reason = result.GetRequiredValue(reason) }, $"{subject} is yanked", stop);
        });
        return command;
    }

    private static Command CreatePropose()
    {
        var (server, publisher) = (ServerOption.Create(), PublisherOption.Create());
        var from = new Argument<string>("FORK") { Description = "The version of yours that you offer." };
        var text = new Option<string>("--text") { Description = "What it changes and why, for people.", Required = true };
        var command = new Command("propose",
            """
            Offers a version of your fork to the publisher of what it was forked from, who takes or leaves it.

            Example:
              fabnet catalogue propose better-clip --text "A thicker lip: the old one broke in PETG."
            """)
        { from, text, publisher, server };
        command.SetAction(async (result, stop) =>
        {
            var me = result.OpenPublisher(publisher);
            using var client = CatalogueClient.Connect(result.AddressOf(server));
            var named = DesignName.Parse(result.GetRequiredValue(from));
            var fork = (await client.GetVerifiedAsync(named with { Publisher = named.Publisher ?? me.Name }, stop)).Design;
            var origin = fork.ForkOf?.Design ?? throw new CommandFailedException($"{fork.Ref} is no fork: its manifest names no origin. Begin one with: fabnet catalogue fork DESIGN");
            return await SayAsync(result, client, me, new ProposalStatement { By = me.Author, From = fork.Ref.Manifest, To = origin.Manifest, Text = result.GetRequiredValue(text) },
                $"{fork.Ref} is offered to the publisher of {origin}", stop);
        });
        return command;
    }

    private static Command CreateAnswer()
    {
        var (server, publisher) = (ServerOption.Create(), PublisherOption.Create());
        var proposal = new Argument<string>("PROPOSAL") { Description = "The proposal's id, sha256:…; 'fabnet catalogue show' lists them." };
        var answer = new Argument<string>("ANSWER") { Description = "take or leave." };
        var reason = new Option<string>("--reason") { Description = "Why, for people; needed to leave it.", DefaultValueFactory = _ => "" };
        answer.AcceptOnlyFromAmong("take", "leave");
        var command = new Command("answer",
            """
            Answers a proposal to one of your designs.

            Examples:
              fabnet catalogue answer sha256:… take
              fabnet catalogue answer sha256:… leave --reason "Too heavy for the bracket."
            """)
        { proposal, answer, reason, publisher, server };
        command.SetAction(async (result, stop) =>
        {
            var me = result.OpenPublisher(publisher);
            using var client = CatalogueClient.Connect(result.AddressOf(server));
            var isTaken = result.GetRequiredValue(answer) == "take";
            return await SayAsync(result, client, me, new ProposalAnswerStatement
            {
                By = me.Author,
                Proposal = Digest.Parse(result.GetRequiredValue(proposal)),
                IsTaken = isTaken,
                Reason = result.GetRequiredValue(reason),
            }, isTaken ? "taken" : "left", stop);
        });
        return command;
    }

    private static Command CreateSettle()
    {
        var (server, publisher) = (ServerOption.Create(), PublisherOption.Create());
        var claim = new Argument<string>("CLAIM") { Description = "The claim's id, sha256:…; 'fabnet catalogue show' lists them." };
        var command = new Command("settle",
            """
            Says that a claim on a design of yours under a reciprocal licence is settled: paid, given otherwise, or forgone. Until then
            it stays visible as open; it never stops anybody.

            Example:
              fabnet catalogue settle sha256:…
            """)
        { claim, publisher, server };
        command.SetAction(async (result, stop) =>
        {
            var (me, id) = (result.OpenPublisher(publisher), Digest.Parse(result.GetRequiredValue(claim)));
            using var client = CatalogueClient.Connect(result.AddressOf(server));
            var reply = await client.Statements.SettleAsync(me, id, stop)
                ?? throw new CommandFailedException($"There is no claim {id} here. List them with: fabnet catalogue log --kind claim");
            var console = new CommandConsole(result.GetValue(CommandRunner.Json));
            console.Emit(reply);
            console.Say($"settled: claim {id} by {me.Name}{(reply.Added ? "" : " (it was said already)")}");
            return CommandRunner.Succeeded;
        });
        return command;
    }

    private static Command CreateLog()
    {
        var server = ServerOption.Create();
        var after = new Option<long>("--after") { Description = "Begin after this place of the log.", DefaultValueFactory = _ => 0 };
        var kinds = new Option<string[]>("--kind") { Description = "Only these kinds, such as attestation or yank.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [] };
        kinds.AcceptOnlyFromAmong([.. StatementKinds.All]);
        var command = new Command("log",
            """
            Lists the signed statements of a catalogue in the order in which it took them. With --json each line has the whole
            envelope.

            Examples:
              fabnet catalogue log
              fabnet catalogue log --kind attestation yank --json
            """)
        { after, kinds, server };
        command.SetAction(async (result, stop) =>
        {
            var console = new CommandConsole(result.GetValue(CommandRunner.Json));
            using var client = CatalogueClient.Connect(result.AddressOf(server));
            await foreach (var logged in client.Statements.LogAsync(result.GetValue(after), result.GetRequiredValue(kinds), stop))
            {
                var envelope = logged.Envelope.ToModel();
                console.Emit(logged);
                console.SayLine($"{logged.Cursor,6}  {StatementKinds.Of(envelope.PayloadType),-16} {envelope.Id}  {StatementFormat.Read(envelope) switch
                {
                    DesignStatement { Design.Ref: var design } => design.ToString(),
                    PublisherStatement publisher => $"{PublisherName.Of(publisher.Namespace, publisher.Publisher ?? envelope.Id)} {publisher.DisplayName}{Change(publisher)}",
                    CollectionStatement collection => $"{collection.Name}: {collection.Title}",
                    RunStatement run => $"{run.Part} on {run.MachineClass}: {run.Good} of {run.Made} good, {run.Manifest.Short}",
                    ClaimStatement { Settles: { } settled } => $"settles {settled.Short}",
                    ClaimStatement claim => $"{claim.Quantity} of {claim.Manifest.Short}{(claim.Rate is { } rate ? FormattableString.Invariant($" at {rate.Amount:0.###} {rate.Currency}") : "")}",
                    ProposalAnswerStatement answer => $"{(answer.IsTaken ? "taken" : "left")} {answer.Proposal.Short}",
                    ProposalStatement proposal => $"{proposal.From.Short} to {proposal.To.Short}",
                    AttestationStatement attestation => $"{attestation.Verdict.ToText()} {attestation.Manifest.Short}",
                    { Subject: { } subject } => subject.Short,
                    _ => "",
                }}");
            }

            return CommandRunner.Succeeded;
        });
        return command;
    }

    private static string Change(PublisherStatement publisher) => publisher.Sequence == 1 ? ""
        : $", statement {publisher.Sequence}: {publisher.Keys.Count} current, {publisher.Revoked.Count} revoked";

    private static async Task<int> SayAsync(ParseResult result, CatalogueClient client, PublisherFolder me, Statement statement, string done, CancellationToken stop)
    {
        var reply = await client.Statements.PutAsync(me, statement, stop);
        var console = new CommandConsole(result.GetValue(CommandRunner.Json));
        console.Emit(reply);
        console.Say($"{done}: {statement.Kind} {reply.Id} by {me.Name}{(reply.Added ? "" : " (it was said already)")}");
        return CommandRunner.Succeeded;
    }

    private static (string Owner, string Name) SplitCollection(string text) => text.Split('/') is [var owner, var name]
        ? (PublisherName.Parse(owner).ToString(), name)
        : throw new UsageException($"'{text}' is no collection. Write it as carol/safe-tools.");

    private static IReadOnlyList<Digest> Sorted(IEnumerable<Digest> digests) => [.. digests.Distinct().OrderBy(d => d.Value, StringComparer.Ordinal)];
}
