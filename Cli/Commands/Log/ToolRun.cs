using EventMesh.Storage.Files.Tools;
using Spectre.Console;

namespace EventMesh.Cli.Commands.Log;

/// <summary>Runs a tool beside the terminal, with a bar for people who watch.</summary>
internal static class ToolRun
{
    /// <summary>Runs <paramref name="tool"/> on a thread of its own; the result is its.</summary>
    public static async Task<T> RunAsync<T>(CliSession session, string title, Func<IProgress<ToolProgress>?, T> tool)
    {
        if (session.IsJson || !session.People.Profile.Capabilities.Interactive)
        {
            return await Task.Run(() => tool(null));
        }

        return await session.People.Progress()
            .HideCompleted(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new DownloadedColumn(), new TransferSpeedColumn(), new RemainingTimeColumn())
            .StartAsync(async progress =>
            {
                var bar = new Bar(progress.AddTask(Markup.Escape(title)), title);
                return await Task.Run(() => tool(bar));
            });
    }

    /// <summary>Draws at once, on the tool's thread: <see cref="ProgressTask"/> is made for that.</summary>
    private sealed class Bar(ProgressTask task, string title) : IProgress<ToolProgress>
    {
        public void Report(ToolProgress value)
        {
            task.MaxValue = Math.Max(1, value.TotalBytes);
            task.Value = value.DoneBytes;
            task.Description = Markup.Escape($"{title} {value.Step}");
        }
    }
}
