// Parts of the log: the same as walking all of it and leaving out what was not asked for, whatever the page size.

using FabNet.Catalogue;
using FabNet.Catalogue.Federation;
using FabNet.Catalogue.Trust;
using FabNet.Model;
using FabNet.Protocol.Statements;
using FabNet.Protocol.V1;
using Grpc.Core;
using Xunit;

namespace FabNet.Tests.Catalogue;

public sealed class LogSelectionTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task A_part_of_the_log_is_the_log_without_the_rest_in_pages_of_any_size()
    {
        using var folder = new TempFolder();
        await using var node = await FederationNode.StartAsync(folder.Path);
        var random = new Random(5);
        var said = TrustProperties.Play([.. Enumerable.Range(0, 90).Select(i => (i * 7 % 16, i % 4, i * 13 % 97))]);
        var zoe = new TestPublisher("zoe");
        var again = said.Select(e => StatementFormat.Read(e)).OfType<DesignStatement>().Where((_, i) => i % 2 == 0).Select(zoe.Sign);
        foreach (var envelope in said.Take(60).Append(zoe.Chain[0]).Concat(again).Concat(said))
        {
            try
            {
                await node.Store.PutAsync(node.Store.Admit(envelope), Stop);
            }
            catch (CatalogueException)
            {
                // Not said by who may.
            }
        }

        var all = node.Store.Log(0).ToList();
        var ids = all.Select(s => s.Said.Id).Distinct().ToList();
        var publishers = all.Where(s => s.Said.Statement is PublisherStatement { Sequence: 1 }).Select(s => s.Said.Id).ToList();
        Assert.Contains(all, s => all.Count(o => o.Said.Id == s.Said.Id) > 1);
        for (var attempt = 0; attempt < 60; attempt++)
        {
            var kinds = StatementKinds.All.Where(_ => random.Next(3) == 0).ToList();
            var about = ids.Where(_ => random.Next(12) == 0).ToHashSet();
            var by = publishers.Where(_ => random.Next(4) == 0).ToHashSet();
            var (after, limit) = (random.Next(3) == 0 ? random.Next((int)node.Store.Head) : 0, random.Next(1, 12));
            if (kinds.Count + about.Count + by.Count == 0)
            {
                continue;
            }

            var owned = node.Store.AskCommons(c => by.SelectMany(c.Statements.DesignsOf).ToHashSet());
            bool IsWanted(StoredStatement s) => (kinds.Count == 0 || kinds.Contains(s.Said.Statement.Kind)) && (about.Count + by.Count == 0 || about.Contains(s.Said.Id)
                || (Digest.TryParse(s.Said.Subject, out var subject) && about.Contains(subject)) || (s.Said.Publisher is { } p ? by.Contains(p) : owned.Contains(s.Said.Id)));
            var expected = all.Where(s => s.Cursor > after && IsWanted(s)).Select(s => s.Cursor).ToList();
            var (found, cursor) = (new List<long>(), (long)after);
            for (var isEnd = false; !isEnd;)
            {
                var page = node.Store.Select(new LogSelection(kinds, about, by), cursor, limit);
                Assert.InRange(page.Entries.Count, 0, limit);
                found.AddRange(page.Entries.Select(e => e.Cursor));
                Assert.True(page.IsEnd || page.Horizon > cursor);
                (cursor, isEnd) = (page.Horizon, page.IsEnd);
            }

            Assert.Equal(expected, found);
            Assert.Equal(node.Store.Head, cursor);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_poll_for_kinds_is_at_the_head_at_once_and_says_which_log_it_was()
    {
        using var folder = new TempFolder();
        await using var server = await CatalogueServer.StartAsync(folder.Path);
        var world = new TrustWorld();
        var alice = world.Publisher("alice");
        for (var i = 0; i < 30; i++)
        {
            world.Design(alice, $"clip-{i}");
        }

        foreach (var envelope in world.Said)
        {
            await server.Client.Statements.PutAsync(envelope, Stop);
        }

        var reply = await server.Raw.ListStatementsAsync(new ListStatementsRequest { Kinds = { "attestation", "publisher" }, Limit = 5 }, cancellationToken: Stop);
        Assert.Equal((1, 31L, 31L, true), (reply.Statements.Count, reply.Cursor, reply.Head, reply.End));
        var again = await server.Raw.ListStatementsAsync(new ListStatementsRequest { After = reply.Cursor, Mark = reply.Mark, Limit = 1 }, cancellationToken: Stop);
        Assert.Equal((0, reply.Mark, true), (again.Statements.Count, again.Mark, again.End));
        foreach (var (after, mark) in new[] { (30L, reply.Mark), (31L, "00"), (32L, reply.Mark) })
        {
            var error = await Assert.ThrowsAsync<RpcException>(() => server.Raw.ListStatementsAsync(new ListStatementsRequest { After = after, Mark = mark }, cancellationToken: Stop).ResponseAsync);
            Assert.Equal(StatusCode.OutOfRange, error.StatusCode);
        }

        var many = new ListStatementsRequest();
        many.About.AddRange(Enumerable.Range(0, 1001).Select(i => Digest.Of(BitConverter.GetBytes(i)).Value));
        Assert.Equal(StatusCode.InvalidArgument, (await Assert.ThrowsAsync<RpcException>(() => server.Raw.ListStatementsAsync(many, cancellationToken: Stop).ResponseAsync)).StatusCode);
    }
}
