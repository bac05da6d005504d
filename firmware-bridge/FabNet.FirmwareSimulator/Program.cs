// fabnet-simulator: a simulated machine for hosts under test.

using FabNet.FirmwareSimulator.CommandLine;

return await SimulatorCommands.Root().Parse(args).InvokeAsync();
