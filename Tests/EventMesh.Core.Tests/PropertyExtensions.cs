using FsCheck;
using FsCheck.Fluent;

namespace EventMesh.Core.Tests;

internal static class PropertyExtensions
{
    /// <summary>Checks <paramref name="property"/> with random inputs; a failure prints the smallest counterexample and the seed.</summary>
    public static void Holds(this Property property, int runs = 500) => Check.One(Config.QuickThrowOnFailure.WithMaxTest(runs), property);
}
