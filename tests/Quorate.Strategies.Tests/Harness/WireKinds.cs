using System.Reflection;
using Quorate.Replication;

namespace Quorate.Strategies.Tests.Harness;

/// <summary>The kinds of all messages of one strategy: of the namespace of one of its types.</summary>
internal static class WireKinds
{
    public static IReadOnlyList<ushort> Beside(Type one) =>
    [
        .. one.Assembly.GetTypes()
            .Where(t => !t.IsAbstract && t.IsSubclassOf(typeof(Message)) && t.Namespace == one.Namespace)
            .Select(t => (ushort)t.GetField("WireKind", BindingFlags.Static | BindingFlags.Public)!.GetRawConstantValue()!)
            .Order(),
    ];
}
