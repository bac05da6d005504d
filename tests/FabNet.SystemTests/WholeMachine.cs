// Tests that keep the whole machine busy run one after another.

namespace FabNet.SystemTests;

/// <summary>The collection of tests that start several processes each.</summary>
[CollectionDefinition(nameof(WholeMachine), DisableParallelization = true)]
public sealed class WholeMachine;
