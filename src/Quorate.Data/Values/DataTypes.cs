using System.Text;
using Quorate.Data.Commands;
using Quorate.Data.Strings;
using Quorate.Replication;

namespace Quorate.Data.Values;

/// <summary>The types of values that a keyspace knows. Immutable; any thread.</summary>
public sealed class DataTypes
{
    private readonly DataType?[] _types = new DataType?[ValueForm.Kinds];
    private readonly byte[][] _names = new byte[ValueForm.Kinds][];

    /// <exception cref="InvariantViolation">two types have one number</exception>
    public DataTypes(params ReadOnlySpan<DataType> types)
    {
        foreach (var type in types)
        {
            var number = (int)type.Kind;
            Invariant.Require(number < ValueForm.Kinds && _types[number] is null, "each type of values has a number of its own");
            _types[number] = type;
            _names[number] = Encoding.ASCII.GetBytes(type.Name);
        }
    }

    /// <summary>Those of every ordered keyspace. A type is added here.</summary>
    public static DataTypes Shipped { get; } = new(StringType.Entry);

    /// <summary>In the order of their numbers.</summary>
    public IEnumerable<DataType> All => _types.OfType<DataType>();

    /// <summary>Of all types.</summary>
    public IEnumerable<CommandSpec> Commands => All.SelectMany(type => type.Commands);

    /// <exception cref="InvariantViolation">there is no such type</exception>
    public DataType Of(ValueKind kind) =>
        _types[(int)kind] ?? throw new InvariantViolation($"values of kind {(int)kind} are known");

    /// <summary>As TYPE has it.</summary>
    /// <param name="kind">of a type that there is</param>
    public ReadOnlySpan<byte> NameOf(ValueKind kind) => _names[(int)kind];

    /// <summary>False: no type has such values; the form may be anybody's byte.</summary>
    public bool Has(ValueForm form) => _types[(int)form.Kind] is { } type && type.HasVariant(form.Variant);

    public bool IsPacked(ValueForm form) => Of(form.Kind).IsPacked(form.Variant);
}
