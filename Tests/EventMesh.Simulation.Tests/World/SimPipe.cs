using EventMesh.Core.Errors;
using EventMesh.PeerLink.Frames;

namespace EventMesh.Simulation.Tests.World;

/// <summary>One direction of a stream: frames arrive in order, after a delay, as far as the receiver reads; it holds a bounded number.</summary>
internal sealed class SimPipe(SimLoop loop, SimRoute route)
{
    private const int Capacity = 16;

    private readonly Queue<(LinkFrame Frame, TimeSpan Due)> _frames = new();
    private Action? _onRoom;
    private Func<LinkFrame, bool>? _onFrame;
    private Action<MeshErrorCode>? _onEnd;
    private MeshErrorCode? _end;
    private TimeSpan _lastDue;
    private bool _isArmed;
    private bool _isDelivering;
    private bool _isOver;

    public bool HasRoom => !_isOver && _end is null && _frames.Count < Capacity;

    /// <summary>Names the receiver; <paramref name="onFrame"/> returns false while it does not read.</summary>
    public void Connect(Func<LinkFrame, bool> onFrame, Action<MeshErrorCode> onEnd) => (_onFrame, _onEnd) = (onFrame, onEnd);

    /// <summary>Names whom to call when there is room again.</summary>
    public void OnRoom(Action onRoom) => _onRoom = onRoom;

    public void Send(LinkFrame frame)
    {
        _lastDue = Max(_lastDue, loop.Now + route.Delay());
        _frames.Enqueue((frame, _lastDue));
        Deliver();
    }

    /// <summary>The sender ends the stream in an orderly way: what is under way arrives first.</summary>
    public void End()
    {
        _end ??= MeshErrorCode.None;
        Deliver();
    }

    /// <summary>The stream breaks: what is under way is lost. The receiver hears of it unless the route is silent or nobody tells it.</summary>
    public void Break(bool tellReceiver)
    {
        _frames.Clear();
        _end = MeshErrorCode.LinkClosed;
        _isOver |= !tellReceiver;
        Deliver();
    }

    /// <summary>Gives the receiver what is due: called when a frame is due, when the route heals and when the receiver reads again.</summary>
    public void Deliver()
    {
        if (_isDelivering)
        {
            return;
        }

        _isDelivering = true;
        DeliverAll();
        _isDelivering = false;
    }

    private void DeliverAll()
    {
        while (!_isOver && !route.IsSilent)
        {
            if (!_frames.TryPeek(out var head))
            {
                EndIfDue();
                return;
            }

            if (head.Due > loop.Now)
            {
                Arm(head.Due);
                return;
            }

            if (_onFrame is null || !_onFrame(head.Frame))
            {
                return;
            }

            // The receiver may have ended or broken the stream meanwhile.
            if (_frames.TryPeek(out var same) && ReferenceEquals(same.Frame, head.Frame))
            {
                _frames.Dequeue();
                loop.In(TimeSpan.Zero, () => _onRoom?.Invoke());
            }
        }
    }

    private void EndIfDue()
    {
        if (_end is { } code && _onEnd is not null)
        {
            _isOver = true;
            loop.In(route.Delay(), () => _onEnd(code));
        }
    }

    private void Arm(TimeSpan due)
    {
        if (!_isArmed)
        {
            _isArmed = true;
            loop.At(due, () =>
            {
                _isArmed = false;
                Deliver();
            });
        }
    }

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;
}
