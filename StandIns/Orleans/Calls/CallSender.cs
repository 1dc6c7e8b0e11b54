// The caller's end of the calls of one silo or client.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using System.Collections.Concurrent;

using EventMesh.StandIns.Copying;
using EventMesh.StandIns.Proxies;
using EventMesh.StandIns.Runtime;

using Orleans.Configuration;
using Orleans.Runtime;

namespace EventMesh.StandIns.Calls;

/// <summary>Safe to use from any thread. Once stopped it refuses calls and ends those under way.</summary>
internal sealed class CallSender : ICallSender, IDisposable
{
    private const int Shards = 16;
    private readonly ConcurrentDictionary<TimeSpan, OutstandingCalls[]> _outstanding = new();
    private readonly Action<GrainCall> _onCancelled;
    private readonly MessagingOptions _options;
    private readonly TimeProvider _time;
    private readonly OutstandingCalls[] _ordinary;
    private string? _stoppedBecause;

    public CallSender(Cluster cluster, Silo? silo, MessagingOptions options, TimeProvider time)
    {
        Cluster = cluster;
        Silo = silo;
        _options = options;
        _time = time;
        _onCancelled = OnCancelled;
        _ordinary = GetOutstanding(options.ResponseTimeout);
    }

    public Cluster Cluster { get; }

    public Silo? Silo { get; }

    public void Send(GrainReference reference, GrainCall call)
    {
        call.Bind(this, reference.GrainId);
        CancellationToken token = call.Token;
        if (token.IsCancellationRequested)
        {
            call.Fail(new OperationCanceledException(token));
            return;
        }

        using (CopyContext context = CopyContext.Rent(CopyMode.Local, null))
        {
            call.CopyArguments(context);
        }

        if (Volatile.Read(ref _stoppedBecause) is { } reason)
        {
            call.Fail(new SiloUnavailableException(reason));
            return;
        }

        if (call.Method.OneWay)
        {
            call.DropToken();
            call.EndOneWay();
        }
        else
        {
            Watch(call, token);
        }

        Cluster.Route(call, reference);
    }

    public object CreateReference(Type interfaceType, GrainId grainId) => ProxyTypes.Get(interfaceType).Create(this, grainId);

    public void Forget(GrainCall call) => call.OutstandingIn?.Remove(call);

    /// <summary>Ends the calls under way and refuses those to come with a <see cref="SiloUnavailableException"/>.</summary>
    public void Stop(string reason)
    {
        if (Interlocked.CompareExchange(ref _stoppedBecause, reason, null) is not null)
        {
            return;
        }

        EndAll(reason);
    }

    public void Dispose()
    {
        Stop("The host has been disposed.");
        foreach (OutstandingCalls calls in _outstanding.Values.SelectMany(shards => shards))
        {
            calls.Dispose();
        }
    }

    private void EndAll(string reason)
    {
        foreach (OutstandingCalls calls in _outstanding.Values.SelectMany(shards => shards))
        {
            foreach (GrainCall call in calls.TakeAll())
            {
                call.Fail(new SiloUnavailableException(reason));
            }
        }
    }

    private void Watch(GrainCall call, CancellationToken token)
    {
        OutstandingCalls[] shards = call.Method.ResponseTimeout is { } own ? GetOutstanding(own) : _ordinary;
        shards[Environment.CurrentManagedThreadId % Shards].Add(call);
        if (Volatile.Read(ref _stoppedBecause) is { } reason)
        {
            // Stopped between the check and the addition: nobody else would end this call.
            EndAll(reason);
        }

        if (call.HasToken)
        {
            call.WatchCancellation(_onCancelled, token);
        }
    }

    private OutstandingCalls[] GetOutstanding(TimeSpan timeout) => _outstanding.GetOrAdd(
        timeout,
        static (span, sender) =>
            [.. Enumerable.Range(0, Shards).Select(_ => new OutstandingCalls(sender._time, span, sender.OnTimeout))],
        this);

    private void OnTimeout(GrainCall call, TimeSpan timeout)
    {
        call.Abandon(new TimeoutException($"Response did not arrive on time in {timeout} for message: {call}."));
        if (_options.CancelRequestOnTimeout)
        {
            call.RequestCancellation();
        }
    }

    private void OnCancelled(GrainCall call)
    {
        call.RequestCancellation();
        if (!_options.WaitForCancellationAcknowledgement)
        {
            call.Abandon(new OperationCanceledException(call.CallerToken));
        }
    }
}
