// Limits of grain calls.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using System.Diagnostics;

namespace Orleans.Configuration;

public abstract class MessagingOptions
{
    private TimeSpan _responseTimeout = TimeSpan.FromSeconds(30);

    /// <summary>How long a caller waits for an answer before it gets a <see cref="TimeoutException"/>. Default: 30 s.</summary>
    public TimeSpan ResponseTimeout
    {
        get => Debugger.IsAttached ? ResponseTimeoutWithDebugger : _responseTimeout;
        set => _responseTimeout = value;
    }

    /// <summary>The same while a debugger is attached. Default: 30 min.</summary>
    public TimeSpan ResponseTimeoutWithDebugger { get; set; } = TimeSpan.FromMinutes(30);

    /// <summary>Whether the callee's token is cancelled when the caller gives up waiting. Default: false.</summary>
    public bool CancelRequestOnTimeout { get; set; }

    /// <summary>Whether a caller that cancels waits until the callee has answered. Default: false.</summary>
    public bool WaitForCancellationAcknowledgement { get; set; }
}

public class SiloMessagingOptions : MessagingOptions;

public class ClientMessagingOptions : MessagingOptions;
