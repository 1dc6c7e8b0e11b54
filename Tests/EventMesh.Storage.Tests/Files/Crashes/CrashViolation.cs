using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace EventMesh.Storage.Tests.Files.Crashes;

/// <summary>A promise was broken.</summary>
internal sealed class CrashViolation(string message) : Exception(message)
{
    /// <summary>Throws unless <paramref name="holds"/>; the text is made only then.</summary>
    public static void ThrowUnless(
        [DoesNotReturnIf(false)] bool holds, [InterpolatedStringHandlerArgument(nameof(holds))] ref Text text)
    {
        if (!holds)
        {
            throw new CrashViolation(text.ToString());
        }
    }

    /// <summary>Throws unless <paramref name="holds"/>.</summary>
    public static void ThrowUnless([DoesNotReturnIf(false)] bool holds, string text)
    {
        if (!holds)
        {
            throw new CrashViolation(text);
        }
    }

    /// <summary>A text that is not made where nothing is wrong: these are checks on every record.</summary>
    [InterpolatedStringHandler]
    public ref struct Text
    {
        private DefaultInterpolatedStringHandler _text;

        public Text(int literalLength, int formattedCount, bool holds, out bool isWanted)
        {
            isWanted = !holds;
            _text = holds ? default : new DefaultInterpolatedStringHandler(literalLength, formattedCount, System.Globalization.CultureInfo.InvariantCulture);
        }

        public void AppendLiteral(string value) => _text.AppendLiteral(value);

        public void AppendFormatted<T>(T value) => _text.AppendFormatted(value);

        public override string ToString() => _text.ToStringAndClear();
    }
}
