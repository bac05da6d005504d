// Reads the people of a site, and checks that somebody is there for what asks for a training.

using FabNet.Model;
using FabNet.Model.Yaml;

namespace FabNet.Edge.Configuration;

internal static class PeopleReader
{
    private const int LongestName = 100;

    /// <summary>The site's people.</summary>
    public static IReadOnlyList<SitePerson> Read(YamlSection root)
    {
        var people = new List<SitePerson>();
        foreach (var section in root.Sections("people"))
        {
            var name = section.RequiredText("name", "Ana Sousa").Trim();
            var trainings = section.Words("trainings");
            var isStaff = section.Flag("staff") ?? false;
            if (name.Length > LongestName)
            {
                section.Refuse("name", $"the name has {name.Length} characters; write at most {LongestName}.");
            }

            if (people.Exists(p => p.Name.Equals(name, StringComparison.OrdinalIgnoreCase)))
            {
                section.Refuse("name", $"'{name}' is there twice. Give each person one entry, or tell them apart.");
            }

            foreach (var odd in trainings.Where(static t => !Names.IsValid(t)))
            {
                section.Refuse("trainings", $"'{odd}' is no name of a training. Write lower-case letters, digits and dashes, such as laser-basics.");
            }

            section.RefuseUnknownKeys();
            people.Add(new SitePerson(name, trainings, isStaff));
        }

        return people;
    }

    /// <summary>The training that a machine asks for; null for none.</summary>
    public static string? ReadTraining(YamlSection machine)
    {
        var training = machine.Text("training");
        if (training is not null && !Names.IsValid(training))
        {
            machine.Refuse("training", $"'{training}' is no name of a training. Write lower-case letters, digits and dashes, such as laser-basics.");
        }

        return training;
    }

    /// <summary>Jobs that the site takes by its own policy are seen to by its staff: somebody of them needs each training that is asked for.</summary>
    public static void RequireStaff(YamlSection root, EdgeConfig config)
    {
        foreach (var machine in config.Machines.Where(m => m.Training is not null && config.Policy.Claim is not ClaimPolicy.None))
        {
            if (!config.People.Any(p => p.IsStaff && p.Trainings.Contains(machine.Training!, StringComparer.Ordinal)))
            {
                root.Refuse("people", $"machine '{machine.Name}' asks for the training '{machine.Training}', the policy takes jobs for it by itself, and nobody of the staff has it. "
                    + "Add somebody under people: with staff: true and that training, or set policy.claim to none.");
            }
        }
    }
}
