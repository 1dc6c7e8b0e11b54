namespace EventMesh.Benchmarks.Measuring;

/// <summary>Something worth measuring: cases that share a set-up. Disposed when all of them are done.</summary>
internal interface IBenchmark : IAsyncDisposable
{
    /// <summary>What it is called on the command line.</summary>
    string Name { get; }

    /// <summary>What it measures, in one line.</summary>
    string Summary { get; }

    /// <summary>Starts what the cases need, and names them: controls before what is held against them.</summary>
    ValueTask<IReadOnlyList<Case>> StartAsync(CancellationToken cancellationToken);
}
