// Published instances as files: what can't be one is refused by its name and line, never by a crash.

using FabNet.Plans;
using Xunit;

namespace FabNet.Tests.Planning;

public sealed class PublishedInstanceTests : IDisposable
{
    private const string Factory = "Machines;Jobs;Maintenance;\n1;1;0;\nR\n0\nP\n2\nPM\nELEG\n1\nELEG_PM\nMDS\n0.5\nSDS\nM_0\n0\nS_PM\n";

    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Theory]
    [InlineData("2 1 1\n1\n0 5\n0 -6\nSSD\nM0\n0 1\n1 0", "line 4: time is to be from 0 to 1000000000")]
    [InlineData("2 1 1\n1\n0 5\n0 6\nSSD\nM0\n0 -1\n1 0", "line 7: set-up is to be from 0 to 1000000000")]
    [InlineData("2 1 1\n1\n3 5\n3 6\nSSD\nM0\n0 1\n1 0", "Job 0: machine 3,")]
    [InlineData("2 1 1\n1\n0 1000000000\n0 1000000000\nSSD\nM0\n0 1000000000\n1 0", "Choose a longer unit of time.")]
    [InlineData("100000 1 1\n", "more set-ups than can be read here")]
    [InlineData("2 1 1\n1\n0 5", "line 3: the file ends where machine is expected")]
    public void What_is_no_problem_of_unrelated_machines_is_refused(string text, string says) => Refused(text, UpmspInstance.Read, says);

    [Theory]
    [InlineData("machines 1 parts 1\n10 10 1 1 1 1\n1 11 1 1 0", "Part 0 fits no machine")]
    [InlineData("machines 1 parts 1\n10 10 1 1 1 1\n1 -1 1 1 0", "line 3: '-1' is to be from 0 to 1000000000000 (height)")]
    [InlineData("machines 1 parts 1\n10 10 1 1e308 1e308 1\n1e308 1 1 1 0", "line 2: '1e308' is to be from 0")]
    [InlineData("machines 1 parts 1\n10 10 1 NaN 1 1\n1 1 1 1 0", "line 2: 'NaN' is no number (set-up)")]
    public void What_is_no_problem_of_beds_is_refused(string text, string says) => Refused(text, BedInstance.Read, says);

    [Theory]
    [InlineData("P\n2", "P\n1e9", "line 6: there are to be at most 10000 hours")]
    [InlineData("ELEG\n1", "ELEG\n0", "No machine is able to make job 0.")]
    public void What_is_no_factory_is_refused(string right, string wrong, string says) => Refused(Factory.Replace(right, wrong, StringComparison.Ordinal), FactoryInstance.Read, says);

    [Fact]
    public void A_factory_may_be_without_maintenance()
    {
        File.WriteAllText(_path, Factory);
        Assert.Equal(250_000, InstanceText.Read(_path, FactoryInstance.Read).Problem.LowerBound());
    }

    [Fact]
    public void A_damaged_archive_says_so()
    {
        var archive = _path + ".gz";
        File.WriteAllBytes(archive, [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 0xFF, 0xFF, 0xFF]);
        try
        {
            Assert.Contains("is damaged", Assert.Throws<FormatException>(() => InstanceText.Read(archive, UpmspInstance.Read)).Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(archive);
        }
    }

    private void Refused<T>(string text, Func<InstanceText, T> read, string says)
    {
        File.WriteAllText(_path, text);
        var message = Assert.Throws<FormatException>(() => InstanceText.Read(_path, read)).Message;
        Assert.StartsWith(Path.GetFileName(_path), message, StringComparison.Ordinal);
        Assert.Contains(says, message, StringComparison.Ordinal);
    }
}
