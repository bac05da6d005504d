// A coordinator whose journal is in PostgreSQL goes on after a restart as one with a file does.

using FabNet.Coordinator;
using FabNet.Journal;
using FabNet.Model;
using FabNet.Model.Sites;
using FabNet.Tests.Journal;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace FabNet.Tests.Coordinator;

public sealed class PostgresTests(PostgresServer server)
{
    [Fact(Timeout = 60_000)]
    public async Task What_a_coordinator_recorded_is_there_after_a_restart_and_a_second_one_is_refused_meanwhile()
    {
        var stop = TestContext.Current.CancellationToken;
        var folder = Directory.CreateTempSubdirectory("fabnet-coordinator-").FullName;
        var options = new CoordinatorOptions { DataFolder = folder, Store = await server.CreateDatabaseAsync() };
        var time = new ManualTimeProvider();
        try
        {
            await using (var node = new CoordinatorNode(options, time, NullLogger.Instance))
            {
                await node.AskAsync(() => { node.Register(new Site { Id = new SiteId("lab-a"), Title = "A" }); return true; }, stop);
                Assert.Throws<JournalException>(() => new CoordinatorNode(options, time, NullLogger.Instance));
            }

            await using var again = new CoordinatorNode(options, time, NullLogger.Instance);
            Assert.Equal("A", (await again.AskAsync(() => again.State.Sites[new SiteId("lab-a")], stop)).Title);
            Assert.False(File.Exists(Path.Combine(folder, "journal.db")));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
