namespace EventMesh.Storage.Files.Tools;

/// <summary>Counts what a tool has looked through, tells whoever wants to know, and ends the work when nobody does any more. Not thread-safe.</summary>
internal sealed class ProgressMeter(IProgress<ToolProgress>? progress, CancellationToken cancellationToken)
{
    // Often enough for a bar that moves, seldom enough to cost nothing.
    private const long StepBytes = 1024 * 1024;

    private long _total;
    private long _told;

    /// <summary>Bytes that are done.</summary>
    public long Done { get; private set; }

    /// <summary>Adds to what there is to do.</summary>
    public void Expect(long bytes) => _total += bytes;

    /// <summary>Adds to what is done.</summary>
    /// <exception cref="OperationCanceledException">Nobody wants the result any more.</exception>
    public void Reach(string step, long bytes) => ReachTo(step, Done + bytes);

    /// <summary>Says how much is done in all.</summary>
    /// <exception cref="OperationCanceledException">Nobody wants the result any more.</exception>
    public void ReachTo(string step, long done)
    {
        Check();
        Done = Math.Max(Done, done);
        if (progress is not null && (Done - _told >= StepBytes || Done >= _total))
        {
            _told = Done;
            progress.Report(new ToolProgress(step, Done, Math.Max(Done, _total)));
        }
    }

    /// <summary>Ends the work when nobody wants its result.</summary>
    /// <exception cref="OperationCanceledException">So it is.</exception>
    public void Check() => cancellationToken.ThrowIfCancellationRequested();
}
