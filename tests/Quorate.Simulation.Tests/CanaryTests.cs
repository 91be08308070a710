using System.Globalization;

namespace Quorate.Simulation.Tests;

public class CanaryTests
{
    [Fact]
    public void Every_canary_is_caught()
    {
        var output = new StringWriter(CultureInfo.InvariantCulture);
        var code = Canaries.Run(output);
        TestContext.Current.TestOutputHelper?.WriteLine(output.ToString());
        code.ShouldBe(0, output.ToString());
    }
}
