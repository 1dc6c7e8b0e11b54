// How long an activation may be idle before it is collected, said at the grain class.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using System.Globalization;

namespace Orleans;

[AttributeUsage(AttributeTargets.Class, AllowMultiple = false)]
public class CollectionAgeLimitAttribute : Attribute
{
    public static readonly TimeSpan MinAgeLimit = TimeSpan.FromMinutes(1);

    private readonly TimeSpan? _given;

    public CollectionAgeLimitAttribute()
    {
    }

    public CollectionAgeLimitAttribute(string inactivityPeriod) =>
        _given = TimeSpan.Parse(inactivityPeriod, CultureInfo.InvariantCulture);

    public double Days { get; set; }

    public double Hours { get; set; }

    public double Minutes { get; set; }

    /// <summary>True: never collected for being idle.</summary>
    public bool AlwaysActive { get; set; }

    /// <summary>The age, at least <see cref="MinAgeLimit"/> unless it was given as text.</summary>
    public TimeSpan AgeLimit => _given ?? Calculate();

    private TimeSpan Calculate()
    {
        TimeSpan sum = AlwaysActive
            ? TimeSpan.FromDays(short.MaxValue)
            : TimeSpan.FromDays(Days) + TimeSpan.FromHours(Hours) + TimeSpan.FromMinutes(Minutes);
        return sum < MinAgeLimit ? MinAgeLimit : sum;
    }
}

[AttributeUsage(AttributeTargets.Class, AllowMultiple = false)]
public class KeepAliveAttribute : Attribute;
