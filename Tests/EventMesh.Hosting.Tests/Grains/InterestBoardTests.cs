using EventMesh.Grains.Interest;
using EventMesh.Hosting.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace EventMesh.Hosting.Tests.Grains;

public sealed class InterestBoardTests
{
    private static readonly TimeSpan Brief = TimeSpan.FromMilliseconds(50);
    private readonly FakeSilo _a = new("a");
    private readonly FakeSilo _b = new("b");
    private readonly FakeMembership _membership = new("a", "b");

    [Fact]
    public async Task Gate_WhenAlone_IsOpenAtOnce()
    {
        _membership.Set(["a"]);
        using var board = Board();

        Assert.True(await StateAsync(board, _a));
    }

    [Fact]
    public async Task Gate_WaitsForTheOtherSiloToSayThatItHasTheSet()
    {
        using var board = Board();
        await StateAsync(board, _b);
        _b.HoldBack();
        var version = board.State(_a.Next("x"), 0, 0);
        var early = await board.WaitAppliedAsync("a", version, Brief);

        _b.LetGo();
        var late = await board.WaitAppliedAsync("a", version, TestNode.Patience);

        Assert.False(early);
        Assert.True(late);
        Assert.Equal(version, _b.AppliedOf("a"));
    }

    [Fact]
    public async Task Gate_WaitsForASiloThatHasNotStatedItsSet()
    {
        using var board = Board();
        var version = board.State(_a.Next("x"), 0, 0);
        var before = await board.WaitAppliedAsync("a", version, Brief);

        board.State(_b.Next(), 0, 0);

        Assert.False(before);
        Assert.True(await board.WaitAppliedAsync("a", version, TestNode.Patience));
        Assert.Equal(version, _b.AppliedOf("a"));
    }

    [Fact]
    public async Task Gate_CountsASiloThatHasStatedBeforeTheMembershipShowsIt()
    {
        _membership.Set(["a"]);
        using var board = Board();
        await StateAsync(board, _b);
        _b.HoldBack();

        var version = board.State(_a.Next("x"), 0, 0);

        Assert.False(await board.WaitAppliedAsync("a", version, Brief));
    }

    [Fact]
    public async Task Gate_WhenTheOtherSiloIsGone_Opens()
    {
        using var board = Board();
        await StateAsync(board, _b);
        _b.HoldBack();
        var waiting = board.WaitAppliedAsync("a", board.State(_a.Next("x"), 0, 0), TestNode.Patience);

        _membership.Set(["a"], "b");

        Assert.True(await waiting);
    }

    [Fact]
    public async Task Gate_WhenTheGrainStops_DoesNotHoldItUp()
    {
        var board = Board();
        var waiting = board.WaitAppliedAsync("a", board.State(_a.Next("x"), 0, 0), TestNode.Patience);

        board.Dispose();

        Assert.False(await waiting);
    }

    [Fact]
    public async Task Push_WhenItsAnswerIsLost_IsRepeated()
    {
        using var board = Board();
        await StateAsync(board, _b);
        _b.FailuresLeft = 2;

        Assert.True(await StateAsync(board, _a));
        Assert.Equal(3, _b.Pushes);
    }

    [Fact]
    public async Task Confirm_ByAVersionOfTheTable_CountsAsApplied()
    {
        using var board = Board();
        await StateAsync(board, _b);
        _b.HoldBack();
        var version = board.State(_a.Next("x"), 0, 0);
        var known = board.Reply("b", 0, 0, false);

        board.Confirm("b", known.Epoch, known.TableVersion);

        Assert.True(await board.WaitAppliedAsync("a", version, TestNode.Patience));
    }

    [Fact]
    public async Task State_WithAnOlderVersion_ChangesNothing()
    {
        using var board = Board();
        await StateAsync(board, _b);
        var older = _a.Next("old");
        var newer = _a.Next("new");
        board.State(newer, 0, 0);
        board.State(older, 0, 0);

        var reply = board.Reply("b", 0, 0, false);

        Assert.Equal(["new"], Assert.Single(reply.Sets).Wanted);
    }

    [Fact]
    public async Task Reply_IsCompleteOnceEverySiloHasStated()
    {
        using var board = Board();
        board.State(_a.Next("x"), 0, 0);
        var before = board.Reply("a", 0, 0, false);
        await StateAsync(board, _b);
        var after = board.Reply("a", before.Epoch, before.TableVersion, false);

        Assert.False(before.IsComplete);
        Assert.True(after.IsComplete);
        Assert.Equal("b", Assert.Single(after.Sets).Silo);
    }

    [Fact]
    public void Reply_WhenTheCallerIsCurrent_HoldsNoSets()
    {
        using var board = Board();
        board.State(_a.Next("x"), 0, 0);
        board.State(_b.Next("y"), 0, 0);
        var reply = board.Reply("a", 0, 0, false);

        Assert.Empty(board.Reply("a", reply.Epoch, reply.TableVersion, false).Sets);
    }

    [Fact]
    public void Epoch_MovesBeyondWhatAnyUnknownSiloHasSeen()
    {
        using var board = Board();
        var first = board.Reply("a", 0, 0, false).Epoch;

        board.Confirm("a", first, 3);
        var second = board.Reply("a", first, 3, false).Epoch;
        board.State(_b.Next(), second + 10, 1);
        var third = board.Reply("b", 0, 0, false).Epoch;

        Assert.True(second > first);
        Assert.True(third > second + 10);
    }

    private static async Task<bool> StateAsync(InterestBoard board, FakeSilo silo) =>
        await board.WaitAppliedAsync(silo.Name, board.State(silo.Next("p"), 0, 0), silo.Name == "a" ? TestNode.Patience : Brief);

    private InterestBoard Board() => new(_membership, TimeProvider.System, NullLogger.Instance);
}
