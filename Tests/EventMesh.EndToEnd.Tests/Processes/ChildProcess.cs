using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace EventMesh.EndToEnd.Tests.Processes;

/// <summary>A program of ours beside the test. Disposing kills it, whatever it is doing.</summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private const int Interrupt = 2;
    private const int Terminate = 15;
    private readonly Process _process = new();

    private ChildProcess(string program, IEnumerable<string> arguments, string directory, IReadOnlyDictionary<string, string>? environment)
    {
        var start = _process.StartInfo = new ProcessStartInfo(BuiltPrograms.Host, [program, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = directory,
        };

        // What the machine has set for a silo of its own is not what the test asks for.
        foreach (var name in start.Environment.Keys.Where(static name => name.StartsWith("EventMesh__", StringComparison.OrdinalIgnoreCase)).ToList())
        {
            start.Environment.Remove(name);
        }

        // These processes live for seconds: measuring how to compile them better only takes time from them.
        start.Environment["DOTNET_TieredPGO"] = "0";
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }
    }

    /// <summary>What it has written.</summary>
    public ProcessOutput Output { get; } = new();

    /// <summary>Starts <paramref name="program"/>, one of <see cref="BuiltPrograms"/>.</summary>
    /// <param name="program">The program.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="directory">Its current directory.</param>
    /// <param name="environment">Variables that it gets besides this process's own.</param>
    /// <param name="input">What it reads from standard input, all of it.</param>
    public static ChildProcess Start(
        string program, IEnumerable<string> arguments, string directory, IReadOnlyDictionary<string, string>? environment = null, string input = "")
    {
        var child = new ChildProcess(program, arguments, directory, environment);
        child._process.OutputDataReceived += (_, line) => child.Output.Add(line.Data);
        child._process.ErrorDataReceived += (_, line) => child.Output.Add(line.Data);
        child._process.Start();
        child._process.BeginOutputReadLine();
        child._process.BeginErrorReadLine();
        child._process.StandardInput.Write(input);
        child._process.StandardInput.Close();
        return child;
    }

    /// <summary>The exit code, once the process has ended and all that it wrote is in <see cref="Output"/>.</summary>
    public async Task<int> ExitAsync()
    {
        await Deadline.MeetAsync("the process ends", _process.WaitForExitAsync());
        return _process.ExitCode;
    }

    /// <summary>Asks it to stop, as a service manager does.</summary>
    public void RequestStop() => Signal(Terminate);

    /// <summary>Asks it to stop, as Ctrl-C does.</summary>
    public void PressControlC() => Signal(Interrupt);

    /// <summary>Ends it at once, without a word to it: kill -9.</summary>
    public async Task KillAsync()
    {
        _process.Kill(entireProcessTree: true);
        await ExitAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await KillAsync();
        }

        _process.Dispose();
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static extern int SendSignal(int process, int signal);

    private void Signal(int number)
    {
        if (SendSignal(_process.Id, number) != 0)
        {
            throw new Win32Exception();
        }
    }
}
