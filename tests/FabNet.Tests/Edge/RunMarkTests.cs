using FabNet.Edge.Machines;
using FabNet.Model;
using Xunit;

namespace FabNet.Tests.Edge;

public sealed class RunMarkTests
{
    private static readonly JobId Job = JobId.Parse("o-7.1");

    [Fact]
    public void A_mark_is_of_one_run_and_falls_behind_five_seconds_at_most()
    {
        using var folder = new TestFolder();
        var time = new SteppedTime();
        var mark = new RunMark(folder.In("mk3"), time);
        mark.Begin(Job, 1, new MarkedLine(0, 900));
        Assert.Equal(new MarkedLine(0, 900), mark.Read(Job, 1));
        time.Step(TimeSpan.FromSeconds(5));
        Assert.Null(mark.Write(Job, 1, 120));
        Assert.Null(mark.Write(Job, 1, 130));
        Assert.Equal(120, mark.Read(Job, 1)?.Line);
        Assert.Null(mark.Write(Job, 2, 500));
        Assert.Null(mark.Read(Job, 2));
        Assert.Null(mark.Read(JobId.Parse("o-7.2"), 1));

        // An earlier line, chosen by a person, voids what was marked before.
        mark.Begin(Job, 1, new MarkedLine(50, 900));
        Assert.Equal(50, new RunMark(folder.In("mk3"), time).Read(Job, 1)?.Line);
        mark.Clear();
        Assert.Null(mark.Read(Job, 1));
    }

    [Fact]
    public void A_write_that_a_power_cut_tears_at_any_byte_leaves_the_mark_before()
    {
        using var folder = new TestFolder();
        var time = new SteppedTime();
        var mark = new RunMark(folder.In("mk3"), time);
        mark.Begin(Job, 1, new MarkedLine(0, 9000));
        Put(100);
        var before = File.ReadAllBytes(folder.In("mk3"));
        Put(8888);
        var after = File.ReadAllBytes(folder.In("mk3"));
        Array.Resize(ref before, after.Length);
        Assert.Equal(8888, mark.Read(Job, 1)?.Line);
        var changed = Enumerable.Range(0, after.Length).Where(i => before[i] != after[i]).ToList();
        foreach (var cut in changed)
        {
            var torn = after[..];
            Array.Copy(before, cut, torn, cut, torn.Length - cut);
            File.WriteAllBytes(folder.In("mk3"), torn);
            Assert.Equal(100, mark.Read(Job, 1)?.Line);
        }

        File.WriteAllText(folder.In("mk3"), "o-7.1 1 321\n");
        Assert.Null(mark.Read(Job, 1));
        File.Delete(folder.In("mk3"));
        Assert.Null(mark.Read(Job, 1));

        void Put(int line)
        {
            time.Step(TimeSpan.FromSeconds(5));
            Assert.Null(mark.Write(Job, 1, line));
        }
    }
}
