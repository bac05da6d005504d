// The `fabnet` program: its commands, and nothing but composition behind them.

using System.CommandLine;
using FabNet.CommandLine;

return await CommandRunner.RunAsync(FabNetCommands.CreateRoot(), args);
