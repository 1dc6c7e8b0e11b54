namespace EventMesh.Storage.Files.Tools;

/// <summary>How much a <see cref="StoreFinding"/> matters.</summary>
public enum StoreFindingKind
{
    /// <summary>Nothing is wrong: something that whoever reads the rest should know.</summary>
    Note,

    /// <summary>Damage that the node has found and dealt with already: <c>damage.log</c> has it.</summary>
    Known,

    /// <summary>Something that is not as it must be.</summary>
    Damage,
}

/// <summary>What a tool has found in a store's files.</summary>
/// <param name="Kind">How much it matters.</param>
/// <param name="File">The file's name.</param>
/// <param name="Position">The byte in it where it begins.</param>
/// <param name="What">What is found there: a whole sentence.</param>
/// <param name="WhatToDo">What to do about it; empty where there is nothing to do.</param>
public sealed record StoreFinding(StoreFindingKind Kind, string File, long Position, string What, string WhatToDo = "");
