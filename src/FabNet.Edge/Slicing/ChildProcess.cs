// Runs a program to its end: bounded in time, killed with its children, the beginning and the end of what it said kept.

using System.Diagnostics;
using System.Text;

namespace FabNet.Edge.Slicing;

/// <summary>What a program left.</summary>
/// <param name="ExitCode">Its exit code; 128 + n after signal n on Unix.</param>
/// <param name="Output">The beginning and the end of its standard output.</param>
/// <param name="Errors">The beginning and the end of its standard error.</param>
internal readonly record struct ChildResult(int ExitCode, string Output, string Errors);

/// <summary>Runs programs.</summary>
internal static class ChildProcess
{
    private const int KeptChars = 4000;

    /// <summary>Runs a program and waits for it.</summary>
    /// <exception cref="TimeoutException">It did not end in time; it and its children were killed.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; it and its children were killed.</exception>
    /// <exception cref="System.ComponentModel.Win32Exception">It can't be started.</exception>
    public static async Task<ChildResult> RunAsync(
        string program, IReadOnlyList<string> arguments, string workingFolder, TimeSpan timeLimit, TimeProvider time, CancellationToken cancellationToken)
    {
        using var process = new Process();
        process.StartInfo = new ProcessStartInfo(program)
        {
            UseShellExecute = false,
            CreateNoWindow = true,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = workingFolder,
        };
        foreach (var argument in arguments)
        {
            process.StartInfo.ArgumentList.Add(argument);
        }

        process.Start();
        process.StandardInput.Close();
        using var limit = new CancellationTokenSource(timeLimit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var output = ReadEndsAsync(process.StandardOutput);
        var errors = ReadEndsAsync(process.StandardError);
        try
        {
            await process.WaitForExitAsync(either.Token);
        }
        catch (OperationCanceledException e)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
            cancellationToken.ThrowIfCancellationRequested();
            throw new TimeoutException($"{program} did not end within {timeLimit.TotalMinutes:0.##} minutes and was stopped. {await errors}".TrimEnd(), e);
        }

        return new ChildResult(process.ExitCode, await output, await errors);
    }

    private static async Task<string> ReadEndsAsync(StreamReader reader)
    {
        var text = new StringBuilder();
        var isCut = false;
        var buffer = new char[2048];
        int read;
        while ((read = await reader.ReadAsync(buffer)) > 0)
        {
            text.Append(buffer, 0, read);
            if (text.Length > 3 * KeptChars)
            {
                text.Remove(KeptChars, text.Length - (2 * KeptChars));
                isCut = true;
            }
        }

        return isCut ? text.Insert(KeptChars, "\n…\n").ToString() : text.ToString();
    }
}
