// FabNet.FirmwareSimulator: a simulated machine for hosts under test.

using FabNet.FirmwareSimulator.CommandLine;

const int badUsage = 2;
var command = SimulatorCommands.Root().Parse(args);
var exitCode = await command.InvokeAsync();
return command.Errors.Count > 0 ? badUsage : exitCode;
