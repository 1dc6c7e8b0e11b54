using EventMesh.Benchmarks.Rpc.Protocol;
using EventMesh.Benchmarks.Support;
using Google.Protobuf;
using Grpc.Core;

namespace EventMesh.Benchmarks.Rpc;

/// <summary>The other end of the gRPC benchmark.</summary>
internal sealed class CourierService : Courier.CourierBase
{
    public static Parcel Pack(int items)
    {
        var parcel = new Parcel();
        var item = UnsafeByteOperations.UnsafeWrap(Payloads.Standard);
        parcel.Items.Add(Enumerable.Repeat(item, items));
        return parcel;
    }

    public override Task<Parcel> Return(Parcel request, ServerCallContext context) => Task.FromResult(request);

    public override async Task<Tally> Collect(IAsyncStreamReader<Parcel> requestStream, ServerCallContext context)
    {
        var tally = new Tally();
        while (await requestStream.MoveNext(context.CancellationToken))
        {
            tally.Items += requestStream.Current.Items.Count;
        }

        return tally;
    }

    public override async Task Deliver(Order request, IServerStreamWriter<Parcel> responseStream, ServerCallContext context)
    {
        var parcel = Pack(request.ItemsPerParcel);
        for (var i = 0; i < request.Parcels; i++)
        {
            await responseStream.WriteAsync(parcel);
        }
    }
}
