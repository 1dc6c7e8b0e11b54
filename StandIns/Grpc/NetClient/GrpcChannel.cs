// Mirrors Grpc.Net.Client 2.85.0. Delete when: every package feed in use offers Grpc.Net.Client.
using System.Collections.Concurrent;
using Grpc.Core;
using Grpc.Net.Client.Internal;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Grpc.Net.Client;

/// <summary>A way to one server over HTTP/2. Thread safe; meant to be shared by many calls. Disposing cancels the calls under way.</summary>
public sealed class GrpcChannel : ChannelBase, IDisposable
{
    private readonly Lock _gate = new();

    // Guarded by _gate.
    private readonly HashSet<IDisposable> _calls = [];
    private readonly ConcurrentDictionary<string, Uri> _uris = new();
    private readonly bool _ownsInvoker;
    private bool _isDisposed;

    private GrpcChannel(Uri address, GrpcChannelOptions options)
        : base(address.Authority)
    {
        CheckCredentials(address, options.Credentials);
        Address = address;
        MaxSendMessageSize = options.MaxSendMessageSize;
        MaxReceiveMessageSize = options.MaxReceiveMessageSize;
        _ownsInvoker = options.DisposeHttpClient || (options.HttpClient is null && options.HttpHandler is null);
        Invoker = options.HttpClient ?? new HttpMessageInvoker(
            options.HttpHandler ?? new SocketsHttpHandler { EnableMultipleHttp2Connections = true });
        Logger = (options.LoggerFactory ?? NullLoggerFactory.Instance).CreateLogger("Grpc.Net.Client.Internal.GrpcCall");
    }

    internal Uri Address { get; }

    internal HttpMessageInvoker Invoker { get; }

    internal int? MaxSendMessageSize { get; }

    internal int? MaxReceiveMessageSize { get; }

    internal ILogger Logger { get; }

    public static GrpcChannel ForAddress(string address) => ForAddress(address, new GrpcChannelOptions());

    public static GrpcChannel ForAddress(string address, GrpcChannelOptions channelOptions) =>
        ForAddress(new Uri(address), channelOptions);

    public static GrpcChannel ForAddress(Uri address) => ForAddress(address, new GrpcChannelOptions());

    public static GrpcChannel ForAddress(Uri address, GrpcChannelOptions channelOptions)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(channelOptions);
        if (channelOptions is { HttpClient: not null, HttpHandler: not null })
        {
            throw new ArgumentException("HttpClient and HttpHandler have been configured. Only one HTTP caller can be specified.");
        }

        return new GrpcChannel(address, channelOptions);
    }

    public override CallInvoker CreateCallInvoker()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return new HttpCallInvoker(this);
    }

    public void Dispose()
    {
        IDisposable[] calls;
        lock (_gate)
        {
            if (_isDisposed)
            {
                return;
            }

            _isDisposed = true;
            calls = [.. _calls];
        }

        // Outside the gate: a call that ends takes it to remove itself.
        foreach (var call in calls)
        {
            call.Dispose();
        }

        if (_ownsInvoker)
        {
            Invoker.Dispose();
        }
    }

    /// <summary>One entry per method of the generated clients, so the table is bounded by the code.</summary>
    internal Uri UriOf(IMethod method) =>
        _uris.GetOrAdd(method.FullName, static (path, address) => new Uri(address, path), Address);

    internal void Add(IDisposable call)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            _calls.Add(call);
        }
    }

    internal void Remove(IDisposable call)
    {
        lock (_gate)
        {
            _calls.Remove(call);
        }
    }

    private static void CheckCredentials(Uri address, ChannelCredentials? credentials)
    {
        var isHttps = address.Scheme == Uri.UriSchemeHttps;
        if (!isHttps && address.Scheme != Uri.UriSchemeHttp)
        {
            throw new NotSupportedException($"Addresses of scheme '{address.Scheme}' need DependencySet=packages.");
        }

        if (credentials is not null && credentials.IsSecure != isHttps)
        {
            throw new InvalidOperationException(
                $"Channel is configured with {(credentials.IsSecure ? "secure" : "insecure")} channel credentials " +
                $"and can't use an address with a '{address.Scheme}' scheme.");
        }
    }
}
