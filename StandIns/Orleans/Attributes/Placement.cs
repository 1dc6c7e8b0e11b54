// Where the activation of a grain class is placed.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using Orleans.Runtime;

namespace Orleans.Runtime
{
    public abstract class PlacementStrategy;

    /// <summary>A silo chosen at random among those that host the grain class.</summary>
    public sealed class RandomPlacement : PlacementStrategy;

    /// <summary>The caller's silo where it hosts the grain class, else as <see cref="RandomPlacement"/>.</summary>
    public sealed class PreferLocalPlacement : PlacementStrategy;
}

namespace Orleans.Placement
{
    [AttributeUsage(AttributeTargets.Class, AllowMultiple = false)]
    public abstract class PlacementAttribute : Attribute
    {
        protected PlacementAttribute(PlacementStrategy placement)
        {
            ArgumentNullException.ThrowIfNull(placement);
            PlacementStrategy = placement;
        }

        public PlacementStrategy PlacementStrategy { get; }
    }

    [AttributeUsage(AttributeTargets.Class, AllowMultiple = false)]
    public sealed class RandomPlacementAttribute() : PlacementAttribute(new RandomPlacement());

    [AttributeUsage(AttributeTargets.Class, AllowMultiple = false)]
    public sealed class PreferLocalPlacementAttribute() : PlacementAttribute(new PreferLocalPlacement());
}
