// Chooses what to measure. Prints figures and ratios; no figure ever makes it fail.

using FabNet.Benchmarks;
using FabNet.Benchmarks.Catalogue;
using FabNet.Benchmarks.Fleet;
using FabNet.Benchmarks.GCode;
using FabNet.Benchmarks.Grpc;
using FabNet.Benchmarks.Ledger;
using FabNet.Benchmarks.ManyMachines;
using FabNet.Benchmarks.Planning;
using FabNet.Benchmarks.Smoothness;
using FabNet.Benchmarks.Streaming;
using FabNet.Benchmarks.Wire;

const string Help = """
    Measures FabNet's hot paths and prints figures and ratios. No figure makes it fail.

    Usage: dotnet run --project tests/FabNet.Benchmarks -c Release -- [streaming|wire|smoothness|fleet|grpc|gcode|catalogue|federation|ledger|replan|coordination|all] [options]

      streaming   lines per second, CPU and allocations of a machine session against a firmware that answers at once,
                  in memory and over a pty, beside a plain ping-pong sender in the same run; peak memory for 300 MB
      wire        the share of the bytes that the baud rate carries, against the simulator's paced wire
      smoothness  how often the machine's queue runs empty at 500 segments a second, behind USB adapters of 1, 4 and 16 ms
      fleet       CPU of eight sessions at once, at 250000 baud each
      grpc        calls and megabytes per second over cleartext HTTP/2 on loopback, client and server in two processes
      gcode       megabytes per second of admission, and the peak memory for a program of 300 MB
      catalogue   searches, publications and pulls of a catalogue of a million designs, and the memory that it takes (about 3 GB of
                  temporary disk; some minutes to build)
      federation  designs per second from one catalogue to another, verified, and what a poll costs
      ledger      microseconds and bytes of dividing a shared cost, and entries verified per second
      replan      milliseconds to plan 500 jobs on 50 machines anew after a failure, a decline, a late job or an urgent order
      coordination  a thousand machines of 200 sites on one coordinator: orders, answers and memory while 5,000 jobs are made
      all         all of these (the default)

    Options:
      --repeat N      how often each figure is taken; the median is printed (default 3)
      --seconds S     how long each timed figure runs, for wire (default 20), smoothness (10), fleet (5) and grpc (4)
      --lines N       uses the first N lines of the program (default: all of it)
      --designs N     how many designs the catalogue has (default 1000000)
      --orders N      how many orders of five jobs, for coordination (default 1000)
      --help          this text

    Programs are medium.gcode and medium.nc from the folder that FABNET_TEST_DATA names (or shared/data beside the
    repository), else generated ones of the same shape.

    Examples:
      dotnet run --project tests/FabNet.Benchmarks -c Release -- streaming --repeat 5
      dotnet run --project tests/FabNet.Benchmarks -c Release -- wire --seconds 10

    Exit code: 0 measured, 1 something failed, 2 bad usage.
    """;

if (args is [ChildProcess.Responder, var dialect])
    return ResponderProcess.Run(dialect);
if (args is [ChildProcess.GrpcServer])
    return await LoadServer.RunAsync();
if (args is [ChildProcess.Catalogue, var data])
    return await CatalogueProcess.RunAsync(data);
if (args is [ChildProcess.Coordinator, var records])
    return await CoordinatorProcess.RunAsync(records);
if (args is [ChildProcess.Admission, var megabytes])
    return AdmissionMemory.Run(megabytes);
if (args is [ChildProcess.StreamingMemory, var streamed])
    return await StreamingMemory.RunAsync(streamed);
if (args is [ChildProcess.Simulator, var family, var baud, var latencyMs, var isFast])
    return await SimulatorProcess.RunAsync(family, baud, latencyMs, isFast);

if (!BenchmarkOptions.TryParse(args, out var options, out var problem))
{
    Console.Error.WriteLine($"{problem} See --help.");
    return 2;
}

if (options.WantsHelp)
{
    Console.WriteLine(Help);
    return 0;
}

try
{
    MachineDescription.Print();
    if (options.Includes("streaming"))
        await StreamingBenchmark.RunAsync(options);
    if (options.Includes("wire"))
        await WireBenchmark.RunAsync(options);
    if (options.Includes("smoothness"))
        await SmoothnessBenchmark.RunAsync(options);
    if (options.Includes("fleet"))
        await FleetBenchmark.RunAsync(options);
    if (options.Includes("grpc"))
        await GrpcBenchmark.RunAsync(options);
    if (options.Includes("gcode"))
        await AdmissionBenchmark.RunAsync(options);
    if (options.Includes("catalogue"))
        await CatalogueBenchmark.RunAsync(options);
    if (options.Includes("federation"))
        await FederationBenchmark.RunAsync(options);
    if (options.Includes("ledger"))
        LedgerBenchmark.Run(options);
    if (options.Includes("replan"))
        ReplanBenchmark.Run(options);
    if (options.Includes("coordination"))
        await CoordinationBenchmark.RunAsync(options);
    return 0;
}
catch (Exception error) when (error is IOException or InvalidOperationException or FabNet.FirmwareBridge.MachineLinkException or global::Grpc.Core.RpcException)
{
    Console.Error.WriteLine($"The measurement failed: {error.Message}");
    return 1;
}
