using EventMesh.Core.Errors;
using EventMesh.PeerLink.Frames;
using EventMesh.PeerLink.Sessions;

namespace EventMesh.Hosting.Links;

/// <summary>The runner's reader, writer and operations: what runs beside the loop.</summary>
internal sealed partial class LinkRunner
{
    // What the writer holds can no longer be overtaken by a control frame, so it holds little; enough to never wait for the loop between small frames, and to
    // make one message of them.
    private const int WriterFrames = BundleFrame.MaxFrames;
    private const int WriterBytes = BundleFrame.MaxBytes;

    // How long an orderly end waits for the other side to end, too; the goodbye has been taken by the transport by then.
    private static readonly TimeSpan EndTimeout = TimeSpan.FromSeconds(1);

    private readonly OutgoingFrames _outgoing = new(WriterFrames);
    private readonly Queue<int> _unsentSizes = new();
    private readonly TaskCompletionSource _operationsEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _unsentBytes;
    private int _sent;
    private int _operations = 1;
    private volatile bool _takesBundles;

    /// <summary>Hands frames to the writer while it has room; whether there were any.</summary>
    private bool Send()
    {
        var any = false;
        while (_unsentSizes.Count < WriterFrames
            && (_unsentSizes.Count == 0 || _unsentBytes < WriterBytes)
            && _close is null
            && _session.NextFrame(Now()) is { } frame)
        {
            _outgoing.Add(frame);
            _unsentSizes.Enqueue(frame.SizeBytes);
            _unsentBytes += frame.SizeBytes;
            any = true;
        }

        return any;
    }

    private bool TakeSent()
    {
        var count = Interlocked.Exchange(ref _sent, 0);
        for (var i = 0; i < count; i++)
        {
            _unsentBytes -= _unsentSizes.Dequeue();
            Step(SentInput);
        }

        return count > 0;
    }

    private async Task WriteStreamAsync(Task reading)
    {
        try
        {
            var frames = new List<LinkFrame>();
            while (await _outgoing.WaitAsync().ConfigureAwait(false))
            {
                while (_outgoing.TryTake(frames, _takesBundles))
                {
                    await WriteAsync(frames).ConfigureAwait(false);
                    Interlocked.Add(ref _sent, frames.Count);
                    _signal.Set();
                }
            }
        }
        catch (EventMeshException error)
        {
            // A peer that ends a stream breaks our writing before we have read its last words, which say why: they come first.
            await Task.WhenAny(reading, Task.Delay(EndTimeout, _services.Time)).ConfigureAwait(false);
            _frames.AddLast(new StreamEnded(error.Code, error.Message), _signal);
        }
        catch (Exception fault)
        {
            Fault(fault);
            throw;
        }
    }

    private async ValueTask WriteAsync(List<LinkFrame> frames)
    {
        var spans = LinkTracing.StartSend(frames);
        try
        {
            var message = frames.Count == 1 ? frames[0] : new BundleFrame([.. frames]);
            await _connection.WriteAsync(message, CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            spans.ForEach(static span => span.Dispose());
        }
    }

    private async Task ReadStreamAsync()
    {
        try
        {
            while (await _connection.ReadAsync(CancellationToken.None).ConfigureAwait(false) is { } frame)
            {
                await _frames.AddAsync(frame, _signal).ConfigureAwait(false);
            }

            _frames.AddLast(new StreamEnded(MeshErrorCode.None, "The peer has ended the stream."), _signal);
        }
        catch (EventMeshException error) when (error.Code is MeshErrorCode.MalformedFrame or MeshErrorCode.FrameTooLarge)
        {
            // The peer is still there to be told.
            Close(error.Code, error.Message, drain: false);
        }
        catch (EventMeshException error)
        {
            _frames.AddLast(new StreamEnded(error.Code, error.Message), _signal);
        }
        catch (Exception fault)
        {
            Fault(fault);
            throw;
        }
    }

    private void Fault(Exception fault)
    {
        LinkLog.LinkFaulted(_services.Logger, Key, fault);
        Post(new StreamEnded(MeshErrorCode.LinkClosed, "A fault in this program."));
    }

    /// <summary>Lets an operation run beside the loop; its answer comes back as an input.</summary>
    private void Start(ValueTask<LinkInput> operation)
    {
        if (operation.IsCompletedSuccessfully)
        {
            Post(operation.Result);
            return;
        }

        Interlocked.Increment(ref _operations);
        _ = FinishAsync(operation);
    }

    private async Task FinishAsync(ValueTask<LinkInput> operation)
    {
        try
        {
            Post(await operation.ConfigureAwait(false));
        }
        catch (Exception fault)
        {
            // Operations answer with codes; whatever still escapes must end the link, or the session would wait for ever.
            Fault(fault);
        }
        finally
        {
            OperationEnded();
        }
    }

    private void OperationEnded()
    {
        if (Interlocked.Decrement(ref _operations) == 0)
        {
            _operationsEnded.TrySetResult();
        }
    }

    private Task OperationsEndedAsync()
    {
        OperationEnded();
        return _operationsEnded.Task;
    }

    /// <summary>Ends the stream in order where everything has been sent and the other side is alive; else it is cut by the caller.</summary>
    private async Task EndStreamAsync(CloseLink close, Task reading)
    {
        if (_unsentSizes.Count > 0 || close.Code is MeshErrorCode.PeerSilent)
        {
            return;
        }

        try
        {
            await _connection.CompleteAsync(CancellationToken.None).ConfigureAwait(false);
            await reading.WaitAsync(EndTimeout, _services.Time).ConfigureAwait(false);
        }
        catch (Exception error) when (error is TimeoutException or EventMeshException)
        {
            // The other side does not end its direction in time, or has gone already: the stream is cut, which is all that is left to do.
            return;
        }
    }

    private void Cut() => _ = _connection.DisposeAsync().AsTask();
}
