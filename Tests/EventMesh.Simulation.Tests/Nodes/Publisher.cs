using EventMesh.Core.Events;
using EventMesh.Simulation.Tests.Checking;

namespace EventMesh.Simulation.Tests.Nodes;

/// <summary>The clients of one node: batches of random size on random topics, at random moments, every payload its own.</summary>
internal sealed class Publisher(SimWorld world, SimNode node)
{
    private long _count;
    private bool _isStopped;

    public void Start() => world.Loop.In(TimeSpan.FromMilliseconds(world.Random.Next(200)), PublishAndGoOn);

    public void Stop() => _isStopped = true;

    /// <summary>Publishes one batch now, if the node is up.</summary>
    public void Publish(bool withPoison = false)
    {
        if (node.Life is not { } life)
        {
            return;
        }

        var topic = world.Plan.Topics[world.Random.Next(world.Plan.Topics.Count)];
        var builder = new EventBatchBuilder();
        for (var i = world.Random.Next(1, 7); i > 0; i--)
        {
            builder.Add(Payload(withPoison && i < 3));
        }

        world.Loop.Start(() => life.PublishAsync(topic, builder.Build()));
    }

    private byte[] Payload(bool isPoison)
    {
        // Now and then one larger than a frame, and than the whole credit of a tight link.
        var padding = world.Chance(0.01) ? 5000 : world.Random.Next(0, 300);
        var text = $"{node.Id} {++_count} {new string('.', padding)}";
        return isPoison ? Poison.Payload(text) : System.Text.Encoding.UTF8.GetBytes(text);
    }

    private void PublishAndGoOn()
    {
        if (!_isStopped)
        {
            Publish();
            world.Loop.In(TimeSpan.FromMilliseconds(world.Random.Next(20, 700)), PublishAndGoOn);
        }
    }
}
