using Orleans;

namespace EventMesh.StandIns.Orleans.Tests.Grains;

[GenerateSerializer]
public sealed class Basket
{
    [Id(0)]
    public List<string> Items { get; set; } = [];

    [Id(1)]
    public Basket? Inner { get; set; }

    [Id(2)]
    public int[] Numbers { get; set; } = [];
}

[GenerateSerializer, Immutable]
public sealed record Ticket([property: Id(0)] string Name, [property: Id(1)] byte[] Seal);

/// <summary>Positional members are carried without ids.</summary>
[GenerateSerializer]
public sealed record Label(string Text, List<int> Marks);

/// <summary>Only what has an id is carried.</summary>
#pragma warning disable ORLEANS0004 // The missing id is what is tested.
[GenerateSerializer]
public sealed class Forgetful
{
    [Id(0)]
    public string Kept { get; set; } = string.Empty;

    public string Lost { get; set; } = "as constructed";
}
#pragma warning restore ORLEANS0004

[GenerateSerializer]
public class Shape
{
    [Id(0)]
    public string Name { get; set; } = string.Empty;
}

[GenerateSerializer]
public sealed class Circle : Shape
{
    [Id(0)]
    public double Radius { get; set; }
}

/// <summary>Has no serializer, on purpose.</summary>
public sealed class Opaque
{
    public int Value { get; set; }
}

/// <summary>Crosses by its converter, as types of a library would that does not know Orleans.</summary>
public sealed record Foreign(string Text, int Number);

[GenerateSerializer]
public struct ForeignSurrogate
{
    [Id(0)]
    public string Text { get; set; }

    [Id(1)]
    public int Number { get; set; }
}

[RegisterConverter]
public sealed class ForeignConverter : IConverter<Foreign, ForeignSurrogate>
{
    public Foreign ConvertFromSurrogate(in ForeignSurrogate surrogate) => new(surrogate.Text, surrogate.Number);

    public ForeignSurrogate ConvertToSurrogate(in Foreign value) => new() { Text = value.Text, Number = value.Number };
}

[GenerateSerializer]
public sealed class KnownException : Exception
{
    public KnownException(string message, int code, Exception inner)
        : base(message, inner) => Code = code;

    [Id(0)]
    public int Code { get; }
}

/// <summary>Has no serializer, on purpose.</summary>
public sealed class UnknownException(string message) : Exception(message);

[GenerateSerializer]
public struct Box
{
    [Id(0)]
    public List<int> Items { get; set; }
}

[GenerateSerializer]
public sealed class Parcel
{
    [Id(0)]
    public Box? Content { get; set; }

    [Id(1)]
    public Box? Empty { get; set; }
}
