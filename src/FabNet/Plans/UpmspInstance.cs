// Published instances of unrelated machines with sequence-dependent set-ups (Vallada and Ruiz, 2011).

using FabNet.Planning.Sequencing;

namespace FabNet.Plans;

/// <summary>Whitespace-separated tokens: jobs, machines and 1; machines; for each job pairs of machine and time; <c>SSD</c>; for each machine its name and a jobs × jobs matrix of set-ups.</summary>
internal static class UpmspInstance
{
    public static SequencingProblem Read(InstanceText text)
    {
        var jobs = text.Count("jobs");
        var machines = text.Count("machines");
        text.CheckSetUps(jobs, machines);
        text.Skip();
        text.Skip();
        var candidates = new Candidate[jobs][];
        for (var job = 0; job < jobs; job++)
        {
            candidates[job] = new Candidate[machines];
            for (var i = 0; i < machines; i++)
            {
                candidates[job][i] = new Candidate(text.Whole("machine"), text.Time("time"));
            }
        }

        text.Expect("SSD");
        var setUps = new SetUpTable[machines];
        var first = new int[jobs];
        var between = new int[jobs * jobs];
        for (var machine = 0; machine < machines; machine++)
        {
            text.Skip();
            for (var i = 0; i < between.Length; i++)
            {
                between[i] = text.Time("set-up");
            }

            setUps[machine] = new SetUpTable(first, between);
        }

        return new SequencingProblem([.. Enumerable.Range(0, jobs)], candidates, setUps, new int[machines]);
    }
}
