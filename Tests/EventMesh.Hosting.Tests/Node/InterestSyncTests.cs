using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Grains.Interest;
using EventMesh.Grains.Interfaces;
using EventMesh.Grains.Interfaces.Messages;
using EventMesh.Hosting.Node.Interest;
using EventMesh.Hosting.Tests.Support;
using EventMesh.Storage;
using EventMesh.TestKit.Time;
using Microsoft.Extensions.Logging.Abstractions;

namespace EventMesh.Hosting.Tests.Node;

/// <summary>A silo's side of the interest, against the board that the grain has, without Orleans.</summary>
public sealed class InterestSyncTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly FakeMembership _membership = new("a");

    [Fact]
    public async Task Start_WhenAlone_CompletesTheTableAtOnce()
    {
        using var grain = new BoardGrain(_membership, _time);
        using var silo = new Silo("a", this, grain);

        await silo.Sync.Complete.WaitAsync(TestNode.Patience);
    }

    [Fact]
    public async Task Add_IsAppliedOnceTheGrainHasIt()
    {
        using var grain = new BoardGrain(_membership, _time);
        using var silo = new Silo("a", this, grain);
        await silo.Sync.Complete.WaitAsync(TestNode.Patience);

        var version = silo.Table.Add([TopicPattern.Parse("orders.>")], new Target(), InterestKind.Wanted);
        await AdvanceUntilAsync(silo.Sync.WaitAppliedAsync(version, CancellationToken.None));

        Assert.Equal(["orders.>"], grain.SetOf("a").Wanted);
    }

    [Fact]
    public async Task Add_OfWhatIsAppliedAlready_DoesNotWait()
    {
        using var grain = new BoardGrain(_membership, _time);
        using var silo = new Silo("a", this, grain);
        var pattern = TopicPattern.Parse("orders.>");
        await AdvanceUntilAsync(silo.Sync.WaitAppliedAsync(silo.Table.Add([pattern], new Target(), InterestKind.Wanted), CancellationToken.None));
        silo.Table.Add([TopicPattern.Parse("other")], new Target(), InterestKind.Wanted);

        var again = silo.Sync.WaitAppliedAsync(silo.Table.Add([pattern], new Target(), InterestKind.Wanted), CancellationToken.None);

        Assert.True(again.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task NewEpoch_MakesTheSiloStateItsSetAgain()
    {
        using var first = new BoardGrain(_membership, _time);
        using var silo = new Silo("a", this, first);
        var version = silo.Table.Add([TopicPattern.Parse("orders.>")], new Target(), InterestKind.Wanted);
        await AdvanceUntilAsync(silo.Sync.WaitAppliedAsync(version, CancellationToken.None));

        first.Restart();

        await AdvanceUntilAsync(first.Stated);
        Assert.Equal(["orders.>"], first.SetOf("a").Wanted);
    }

    [Fact]
    public async Task OtherSilosSet_IsMatched_UntilTheMembershipSaysThatItIsGone()
    {
        _membership.Set(["a", "b"]);
        using var grain = new BoardGrain(_membership, _time);
        using var a = new Silo("a", this, grain);
        using var b = new Silo("b", this, grain);
        await AdvanceUntilAsync(Task.WhenAll(a.Sync.Complete, b.Sync.Complete));

        var version = b.Table.Add([TopicPattern.Parse("orders.*")], new Target(), InterestKind.Wanted);
        await AdvanceUntilAsync(b.Sync.WaitAppliedAsync(version, CancellationToken.None));
        var whileThere = a.Targets("orders.eu");
        var interest = a.Table.Interest;
        _membership.Set(["a"], "b");

        Assert.True(Assert.Single(whileThere).IsRemote);
        Assert.Equal(["orders.*"], interest.Patterns.Select(pattern => pattern.Value));
        Assert.Empty(a.Targets("orders.eu"));
        Assert.Empty(a.Table.Interest.Patterns);
        Assert.True(a.Table.Interest.Version > interest.Version);
    }

    [Fact]
    public async Task OldSetsOfTheLastEpoch_StayUntilTheirSiloIsGone()
    {
        _membership.Set(["a", "b"]);
        using var grain = new BoardGrain(_membership, _time);
        using var a = new Silo("a", this, grain);
        using var b = new Silo("b", this, grain);
        var version = b.Table.Add([TopicPattern.Parse("orders.*")], new Target(), InterestKind.Wanted);
        await AdvanceUntilAsync(b.Sync.WaitAppliedAsync(version, CancellationToken.None));

        grain.Restart();
        await AdvanceUntilAsync(grain.Stated);

        Assert.Single(a.Targets("orders.eu"));
    }

    private async Task AdvanceUntilAsync(Task task)
    {
        using var patience = new CancellationTokenSource(TestNode.Patience);
        while (!task.IsCompleted)
        {
            patience.Token.ThrowIfCancellationRequested();
            _time.Advance(TimeSpan.FromMilliseconds(50));
            await Task.Yield();
        }

        await task;
    }

    private sealed class Target : IWakeTarget
    {
        public bool IsRemote => false;

        public void OnAdvanced(TopicAdvance advance) => throw new InvalidOperationException("Nothing is flushed here.");
    }

    private sealed class Silo : IDisposable
    {
        public Silo(string name, InterestSyncTests test, IInterestGrain grain)
        {
            Table = new InterestTable(TestMeters.Node(), test._time, NullLogger<InterestTable>.Instance);
            Sync = new InterestSync(Table, test._membership, test._time, NullLogger<InterestSync>.Instance);
            Sync.Start(name, grain, new Observer(Sync));
        }

        public InterestTable Table { get; }

        public InterestSync Sync { get; }

        public IWakeTarget[] Targets(string topic)
        {
            var matches = new Core.Routing.MatchSet<IWakeTarget>();
            Table.Match(TopicName.Parse(topic), matches);
            return matches.Targets.ToArray();
        }

        public void Dispose() => Sync.Dispose();
    }

    private sealed class Observer(InterestSync sync) : ISiloObserver
    {
        public Task ApplyInterestAsync(long epoch, long tableVersion, InterestSet[] sets)
        {
            sync.Apply(epoch, tableVersion, sets);
            return Task.CompletedTask;
        }

        public Task TopicsAdvancedAsync(string[] topics, long[] ends) => Task.CompletedTask;
    }

    /// <summary>The interest grain without Orleans; it can lose its memory as an activation does.</summary>
    private sealed class BoardGrain(FakeMembership membership, TimeProvider time) : IInterestGrain, IDisposable
    {
        private InterestBoard _board = new(membership, time, NullLogger.Instance);
        private TaskCompletionSource _stated = new();

        /// <summary>Ends when a set has been stated since the last restart.</summary>
        public Task Stated => _stated.Task;

        public void Restart()
        {
            _board.Dispose();
            _stated = new TaskCompletionSource();
            _board = new InterestBoard(membership, time, NullLogger.Instance);
        }

        public InterestSet SetOf(string silo) => _board.Reply("nobody", 0, 0, false).Sets.Single(set => set.Silo == silo);

        public async Task<InterestReply> StateAsync(InterestSet set, long knownEpoch, long knownVersion)
        {
            var board = _board;
            var version = board.State(set, knownEpoch, knownVersion);
            _stated.TrySetResult();
            var isApplied = await board.WaitAppliedAsync(set.Silo, version, TimeSpan.FromSeconds(5));
            return board.Reply(set.Silo, knownEpoch, knownVersion, isApplied);
        }

        public Task<InterestReply> LoadAsync(string silo, long knownEpoch, long knownVersion)
        {
            _board.Confirm(silo, knownEpoch, knownVersion);
            return Task.FromResult(_board.Reply(silo, knownEpoch, knownVersion, false));
        }

        public void Dispose() => _board.Dispose();
    }
}
