// `fabnet ledger`: the open books of a network, for anybody who wants to look or to compute them again.

using System.CommandLine;
using System.Text.Json;
using FabNet.CommandLine;
using FabNet.Coordinator.Ledger;
using FabNet.Model;
using FabNet.Model.Ledger;
using FabNet.Network;
using Wire = FabNet.Protocol.V1;

namespace FabNet.Ledger;

internal static class LedgerCommands
{
    public static Command Create() => new("ledger",
        """
        Shows, exports and verifies the open-book ledger.

        Examples:
          fabnet ledger books
          fabnet ledger export ledger.jsonl && fabnet ledger verify ledger.jsonl
        """)
    {
        CreateShow(),
        CreateBooks(),
        CreateExport(),
        CreateVerify(),
        CreateSettle(),
    };

    private static Command CreateShow()
    {
        var (server, file) = (ServerOption.Create(), LedgerSource.FileOption());
        var order = new Option<string?>("--order") { Description = "Only what is about this order, such as o-7." };
        var last = new Option<int>("--last") { Description = "Only the last entries.", DefaultValueFactory = _ => 50 };
        var command = new Command("show",
            """
            Shows what happened, entry by entry. With --json each entry is its line as it was signed.

            Examples:
              fabnet ledger show --last 20
              fabnet ledger show --order o-7 --json
            """)
        { order, last, file, server };
        command.SetAction(async (result, stop) =>
        {
            var console = new CommandConsole(result.GetValue(CommandRunner.Json));
            OrderId? only = result.GetValue(order) is { } id ? OrderId.Parse(id) : null;
            var most = result.GetValue(last) is > 0 and var count ? count : throw new UsageException("--last must be above 0.");
            var shown = new Queue<(LedgerEntry Entry, byte[] Line)>();
            var verifier = await new LedgerSource(server, file).ReadVerifiedAsync(result, (entry, line) =>
            {
                if (only is null || IsAbout(entry, only.Value))
                {
                    shown.Enqueue((entry, line));
                    if (shown.Count > most)
                    {
                        shown.Dequeue();
                    }
                }
            }, stop);
            var table = LedgerText.Entries();
            foreach (var (entry, line) in shown)
            {
                console.Emit(line);
                LedgerText.Add(table, entry);
            }

            console.Say(table);
            console.Say($"{shown.Count} of {verifier.Entries} entries");
            return Judge(console, verifier);
        });
        return command;
    }

    private static Command CreateBooks()
    {
        var (server, file) = (ServerOption.Create(), LedgerSource.FileOption());
        var order = new Option<string?>("--order") { Description = "Only this order's book, such as o-7." };
        var command = new Command("books",
            """
            Shows the books of sites, orders and designers, each currency by itself.

            Examples:
              fabnet ledger books
              fabnet ledger books --order o-7
            """)
        { order, file, server };
        command.SetAction(async (result, stop) =>
        {
            var console = new CommandConsole(result.GetValue(CommandRunner.Json));
            OrderId? only = result.GetValue(order) is { } id ? OrderId.Parse(id) : null;
            var verifier = await new LedgerSource(server, file).ReadVerifiedAsync(result, (_, _) => { }, stop);
            var books = verifier.Books;
            var orders = books.Orders().Where(o => only is null || o.Order == only).ToList();
            console.Emit(json => Write(json, books, orders, only));
            if (orders.Count == 0 && only is not null)
            {
                console.Say($"Nothing of order {only} is shared out: either it is not made yet, or there is no such order. 'fabnet status' lists them.");
            }
            else
            {
                console.Say(LedgerText.Orders(orders));
            }

            if (only is null)
            {
                console.Say("");
                console.Say(LedgerText.Sites(books.Sites()));
                console.Say("");
                console.Say(LedgerText.Designers(books.Designers()));
                foreach (var claim in books.OpenClaims)
                {
                    console.Say($"{claim.Id} is open: {LedgerNames.ForPeople(claim.Provider)} owes {LedgerNames.ForPeople(claim.Receiver)} {(claim.Amount is { } amount ? $"{amount:0.00} {claim.Currency}" : "reciprocity, to be agreed on")}");
                }
            }

            return Judge(console, verifier);
        });
        return command;
    }

    private static Command CreateExport()
    {
        var server = ServerOption.Create();
        var file = new Argument<FileInfo>("FILE") { Description = "The file to write." };
        var command = new Command("export",
            """
            Writes the whole ledger to a file, one line of JSON for each entry, as it was signed.

            Example:
              fabnet ledger export ledger.jsonl
            """)
        { file, server };
        command.SetAction(async (result, stop) =>
        {
            var console = new CommandConsole(result.GetValue(CommandRunner.Json));
            var path = result.GetRequiredValue(file);
            var lines = 0L;
            await using (var stream = path.Create())
            {
                await foreach (var line in new LedgerSource(server).ReadAsync(result, stop))
                {
                    await stream.WriteAsync(line, stop);
                    stream.WriteByte((byte)'\n');
                    lines++;
                }
            }

            console.Emit(json =>
            {
                json.WriteString("file", path.FullName);
                json.WriteNumber("lines", lines);
            });
            console.Say($"{lines} lines in {path}; check them with: fabnet ledger verify {path}");
            return CommandRunner.Succeeded;
        });
        return command;
    }

    private static Command CreateVerify()
    {
        var file = new Argument<FileInfo>("FILE") { Description = "An exported ledger." };
        var key = new Option<string?>("--key") { Description = "The id of the node's key (sha256:…), where you know it. Without it, who changes the file and signs it anew is not found out." };
        var command = new Command("verify",
            """
            Computes every amount, share, S and payment again from a file alone, and checks chain and signatures.

            Example:
              fabnet ledger verify ledger.jsonl
            """)
        { file, key };
        command.SetAction(result =>
        {
            var console = new CommandConsole(result.GetValue(CommandRunner.Json));
            var verifier = new LedgerVerifier(result.GetValue(key) is { } id ? Digest.Parse(id) : null);
            using (var stream = result.GetRequiredValue(file).OpenRead())
            {
                foreach (var line in LedgerLines.Of(stream))
                {
                    verifier.Take(line);
                }
            }

            var isSound = verifier.Finish();
            console.Emit(json => Write(json, verifier));
            foreach (var finding in verifier.Findings)
            {
                console.Say($"line {finding.Line}{(finding.Entry is { } entry ? $", {entry}" : "")}: {finding.What}");
            }

            console.Say(isSound
                ? $"sound: {verifier.Entries} entries, {verifier.Books.Shared.Count} shared {(verifier.Books.Shared.Count == 1 ? "cost" : "costs")} computed again, {verifier.Checkpoints} checkpoints signed by {verifier.Key}"
                : $"NOT SOUND: {verifier.Findings.Count} {(verifier.Findings.Count == 1 ? "finding" : "findings")}. Don't rely on this file; export it again from its node, and compare.");
            return isSound ? CommandRunner.Succeeded : CommandRunner.Failed;
        });
        return command;
    }

    private static Command CreateSettle()
    {
        var server = ServerOption.Create();
        var claim = new Argument<string>("CLAIM") { Description = "An open claim, such as claim/o-7.1/1." };
        var note = new Option<string>("--note") { Description = "Who says so, and how it was settled.", Required = true };
        var command = new Command("settle",
            """
            Says that a claim was settled: of CopyFair, or of a site that helped another community. A claim blocks nothing; it is visible until then.

            Example:
              fabnet ledger settle claim/o-7.1/1 --note "paid to alice on 31 January"
            """)
        { claim, note, server };
        command.SetAction(async (result, stop) =>
        {
            var console = new CommandConsole(result.GetValue(CommandRunner.Json));
            using var channel = result.Connect(server);
            var reply = await new Wire.Ledger.LedgerClient(channel).SettleClaimAsync(
                new Wire.SettleClaimRequest { Claim = result.GetRequiredValue(claim), Note = result.GetRequiredValue(note) }, cancellationToken: stop);
            console.Emit(reply);
            console.Say($"{result.GetRequiredValue(claim)} is settled");
            return CommandRunner.Succeeded;
        });
        return command;
    }

    // Whoever looks at books should know if they can't be relied on.
    private static int Judge(CommandConsole console, LedgerVerifier verifier) => verifier.Findings.Count == 0
        ? CommandRunner.Succeeded
        : console.Fail($"this ledger is not sound: line {verifier.Findings[0].Line}: {verifier.Findings[0].What} All findings: fabnet ledger export FILE, then fabnet ledger verify FILE", CommandRunner.Failed);

    private static bool IsAbout(LedgerEntry entry, OrderId order) => entry switch
    {
        EconomicEvent e => e.Order == order,
        OrderAgreement a => a.Order == order,
        WorkCommitment c => c.Order == order,
        ReciprocityClaim c => c.Order == order,
        SharedCost s => s.Orders.Any(o => o.Order == order),
        _ => false,
    };

    private static void Write(Utf8JsonWriter json, LedgerVerifier verifier)
    {
        json.WriteBoolean("sound", verifier.Findings.Count == 0);
        json.WriteNumber("entries", verifier.Entries);
        json.WriteNumber("checkpoints", verifier.Checkpoints);
        json.WriteString("key", verifier.Key?.Value);
        json.WriteStartArray("findings");
        foreach (var finding in verifier.Findings)
        {
            json.WriteStartObject();
            json.WriteNumber("line", finding.Line);
            json.WriteString("entry", finding.Entry);
            json.WriteString("what", finding.What);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, LedgerBooks books, IReadOnlyList<OrderLedgerBook> orders, OrderId? only)
    {
        List(json, "orders", orders, b =>
        {
            json.WriteString("order", b.Order.Value);
            Amounts(json, b.Currency, ("alone", b.Alone), ("shares", b.Shares), ("paid", b.Paid), ("open", b.Open), ("refused", b.Refused));
        });
        if (only is not null)
        {
            return;
        }

        List(json, "sites", books.Sites(), b =>
        {
            json.WriteString("site", b.Site);
            Amounts(json, b.Currency, ("scrap", b.Scrap), ("shares", b.Shares), ("paid", b.Paid), ("open", b.Open), ("refused", b.Refused));
            json.WriteStartObject("costs");
            foreach (var (term, amount) in b.Costs)
            {
                json.WriteNumber(Protocol.Ledger.LedgerWords.WordOf(term), amount);
            }

            json.WriteEndObject();
        });
        List(json, "designers", books.Designers(), b =>
        {
            json.WriteString("designer", b.Designer);
            json.WriteNumber("credits", b.Credits);
        });
        List(json, "openClaims", books.OpenClaims, c =>
        {
            json.WriteString("claim", c.Id);
            json.WriteString("from", c.Provider);
            json.WriteString("to", c.Receiver);
            json.WriteString("currency", c.Currency);
            json.WriteString("amount", c.Amount?.ToString(System.Globalization.CultureInfo.InvariantCulture));
        });
    }

    private static void List<T>(Utf8JsonWriter json, string name, IEnumerable<T> items, Action<T> write)
    {
        json.WriteStartArray(name);
        foreach (var item in items)
        {
            json.WriteStartObject();
            write(item);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Amounts(Utf8JsonWriter json, string currency, params ReadOnlySpan<(string Name, decimal Amount)> amounts)
    {
        json.WriteString("currency", currency);
        foreach (var (name, amount) in amounts)
        {
            json.WriteNumber(name, amount);
        }
    }
}
