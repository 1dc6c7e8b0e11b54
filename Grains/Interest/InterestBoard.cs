using EventMesh.Grains.Interfaces.Messages;
using EventMesh.Grains.Silo;
using Microsoft.Extensions.Logging;

namespace EventMesh.Grains.Interest;

/// <summary>The sets of all silos, and which silo has applied which of them.</summary>
/// <remarks>
/// <para>A silo's set counts as applied by another silo once that one has said so: by answering a push, or by naming a table version that
/// holds the set in a call of its own. A reply that went out proves nothing, since it may be lost. What is not confirmed is pushed again until it is,
/// or until the membership says that the silo is gone.</para>
/// <para>Thread-safe; every critical section is short. Nothing here outlives the activation: a new one has a new epoch, and silos state their sets again.</para>
/// </remarks>
internal sealed partial class InterestBoard : IDisposable
{
    private static readonly TimeSpan PushLimit = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan PushPause = TimeSpan.FromMilliseconds(100);

    private readonly IMeshMembership _membership;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly IDisposable _watch;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Member> _members = new(StringComparer.Ordinal);
    private TaskCompletionSource _changed = NewSignal();
    private long _epoch;
    private long _version;
    private bool _isDisposed;

    public InterestBoard(IMeshMembership membership, TimeProvider time, ILogger logger)
    {
        _membership = membership;
        _time = time;
        _logger = logger;
        _epoch = Math.Max(1, time.GetUtcNow().ToUnixTimeMilliseconds());
        _watch = membership.OnChanged(OnMembershipChanged);
        LogEpoch(_logger, _epoch);
    }

    /// <summary>Takes a silo's set unless a newer one is known, and begins to push it to the others.</summary>
    /// <returns>The set's version: what <see cref="WaitAppliedAsync"/> waits for.</returns>
    public long State(InterestSet set, long knownEpoch, long knownVersion)
    {
        lock (_gate)
        {
            MoveBeyond(set.Silo, knownEpoch);
            if (!_members.TryGetValue(set.Silo, out var member))
            {
                _members[set.Silo] = member = new Member(set, ++_version);
            }
            else if (set.Version > member.Set.Version)
            {
                member.Set = set;
                member.ChangedAt = ++_version;
            }

            ConfirmCore(member, knownEpoch, knownVersion);
            DropGone();
            Signal();
            PushAll();
        }

        return set.Version;
    }

    /// <summary>Takes what a silo says that it holds.</summary>
    public void Confirm(string silo, long knownEpoch, long knownVersion)
    {
        lock (_gate)
        {
            if (_members.TryGetValue(silo, out var member))
            {
                ConfirmCore(member, knownEpoch, knownVersion);
                Signal();
            }
            else
            {
                MoveBeyond(silo, knownEpoch);
            }
        }
    }

    public InterestReply Reply(string silo, long knownEpoch, long knownVersion, bool isApplied)
    {
        lock (_gate)
        {
            var isCurrent = knownEpoch == _epoch && knownVersion == _version;
            var sets = isCurrent ? [] : _members.Where(entry => entry.Key != silo).Select(static entry => entry.Value.Set).ToArray();
            var isComplete = _membership.Current.Serving.All(_members.ContainsKey);
            return new InterestReply(_epoch, _version, sets, isComplete, isApplied);
        }
    }

    /// <summary>Waits until every other serving silo has confirmed <paramref name="silo"/>'s set of <paramref name="version"/>; false after <paramref name="limit"/>.</summary>
    public async Task<bool> WaitAppliedAsync(string silo, long version, TimeSpan limit)
    {
        using var timeout = new CancellationTokenSource(limit, _time);
        while (true)
        {
            Task changed;
            string? missing;
            lock (_gate)
            {
                if (_isDisposed)
                {
                    // The next activation is told again.
                    return false;
                }

                missing = Missing(silo, version);
                changed = _changed.Task;
            }

            if (missing is null)
            {
                return true;
            }

            if (timeout.IsCancellationRequested)
            {
                LogGateWaits(_logger, silo, version, missing);
                return false;
            }

            await changed.WaitAsync(timeout.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }

    public void Dispose()
    {
        _watch.Dispose();
        lock (_gate)
        {
            _isDisposed = true;
            _members.Clear();
            Signal();
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>A silo that may serve topics and has not confirmed the set; null when there is none.</summary>
    /// <remarks>A silo that has stated its set counts even before the membership here shows it: it may serve already.</remarks>
    private string? Missing(string silo, long version) => _membership.Current.Serving.Concat(_members.Keys).FirstOrDefault(
        other => other != silo && !(_members.TryGetValue(other, out var member) && member.Applied.GetValueOrDefault(silo) >= version));

    private void OnMembershipChanged()
    {
        lock (_gate)
        {
            DropGone();
            Signal();
        }
    }

    /// <summary>Keeps this activation's epoch apart from those of earlier ones: a silo that is not known here must hear another than it knows.</summary>
    private void MoveBeyond(string silo, long knownEpoch)
    {
        if (knownEpoch > _epoch || (knownEpoch == _epoch && !_members.ContainsKey(silo)))
        {
            _epoch = knownEpoch + 1;
            LogEpoch(_logger, _epoch);
        }
    }

    private void ConfirmCore(Member member, long knownEpoch, long knownVersion)
    {
        if (knownEpoch != _epoch)
        {
            return;
        }

        foreach (var (silo, other) in _members)
        {
            if (other.ChangedAt <= knownVersion)
            {
                member.Confirm(silo, other.Set.Version);
            }
        }
    }

    private void DropGone()
    {
        foreach (var silo in _members.Keys.Where(_membership.Current.Gone.Contains).ToList())
        {
            _members.Remove(silo);
            _version++;
            foreach (var member in _members.Values)
            {
                member.Applied.Remove(silo);
            }

            LogDropped(_logger, silo);
        }
    }

    private void PushAll()
    {
        foreach (var (silo, member) in _members)
        {
            if (!member.IsPushing && Unconfirmed(silo, member).Length > 0)
            {
                member.IsPushing = true;
                _ = PushAsync(silo, member);
            }
        }
    }

    private InterestSet[] Unconfirmed(string silo, Member member) =>
        [.. from entry in _members
            where entry.Key != silo && member.Applied.GetValueOrDefault(entry.Key) < entry.Value.Set.Version
            select entry.Value.Set];

    /// <summary>Pushes to one silo, one call at a time, until it has confirmed everything or is gone.</summary>
    private async Task PushAsync(string silo, Member member)
    {
        await Task.Yield();
        while (true)
        {
            InterestSet[] sets;
            long epoch;
            long version;
            lock (_gate)
            {
                sets = _members.GetValueOrDefault(silo) == member ? Unconfirmed(silo, member) : [];
                if (sets.Length == 0)
                {
                    member.IsPushing = false;
                    return;
                }

                epoch = _epoch;
                version = _version;
            }

            try
            {
                await member.Set.Observer.ApplyInterestAsync(epoch, version, sets).WaitAsync(PushLimit, _time);
                lock (_gate)
                {
                    Array.ForEach(sets, set => member.Confirm(set.Silo, set.Version));
                    Signal();
                }
            }
            catch (Exception failure)
            {
                // Whatever it was, only the silo's confirmation or its end makes a repeat unnecessary.
                LogPushFailed(_logger, silo, failure);
                await Task.Delay(PushPause, _time);
            }
        }
    }

    private void Signal()
    {
        var changed = _changed;
        _changed = NewSignal();
        changed.SetResult();
    }

    private sealed class Member(InterestSet set, long changedAt)
    {
        public InterestSet Set { get; set; } = set;

        /// <summary>Table version that brought the set.</summary>
        public long ChangedAt { get; set; } = changedAt;

        /// <summary>The version of each other silo's set that this silo holds for certain.</summary>
        public Dictionary<string, long> Applied { get; } = new(StringComparer.Ordinal);

        public bool IsPushing { get; set; }

        public void Confirm(string silo, long version) => Applied[silo] = Math.Max(version, Applied.GetValueOrDefault(silo));
    }
}
