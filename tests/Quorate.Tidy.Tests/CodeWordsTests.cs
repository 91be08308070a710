namespace Quorate.Tidy.Tests;

/// <summary>The rules' own eye: what it must see and what it must not.</summary>
public sealed class CodeWordsTests
{
    [Theory]
    [InlineData("a // #region", "a           ")]
    [InlineData("a /* b\nc */ d", "a     \n     d")]
    [InlineData("x = \"partial \\\" class\"; y", "x =                   ; y")]
    [InlineData("'\"' z", "    z")]
    [InlineData("\"\"\"\n\"q\"\n\"\"\" z", "   \n   \n    z")]
    public void Comments_and_literals_are_blank(string source, string expected) => CodeWords.Of(source).ShouldBe(expected);
}
