using Quorate.Replication.Ordered;

namespace Quorate.Replication;

/// <summary>A node of the cluster. 0 is no node; real ids are 1 and up.</summary>
public readonly record struct NodeId(int Value) : IComparable<NodeId>
{
    public static readonly NodeId None;

    public bool IsNone => Value == 0;

    public int CompareTo(NodeId other) => Value.CompareTo(other.Value);

    public override string ToString() => Value == 0 ? "none" : $"n{Value}";
}

/// <summary>A replication group: the nodes that hold the same share of a keyspace. Ids are 1 and up.</summary>
public readonly record struct GroupId(int Value) : IComparable<GroupId>
{
    public int CompareTo(GroupId other) => Value.CompareTo(other.Value);

    public override string ToString() => $"g{Value}";
}

/// <summary>A Raft term: a logical clock, 0 before the first election. [Raft §5.1]</summary>
public readonly record struct Term(long Value) : IComparable<Term>, IStamp<Term>
{
    public Term Next => new(Value + 1);

    static Term IStamp<Term>.Of(long value) => new(value);

    public int CompareTo(Term other) => Value.CompareTo(other.Value);

    public static bool operator <(Term a, Term b) => a.Value < b.Value;
    public static bool operator >(Term a, Term b) => a.Value > b.Value;
    public static bool operator <=(Term a, Term b) => a.Value <= b.Value;
    public static bool operator >=(Term a, Term b) => a.Value >= b.Value;

    public override string ToString() => $"t{Value}";
}

/// <summary>A configuration of a group that the control plane has decided, counted up by it: whoever knows a newer one
/// refuses what is said in an older one (fencing). 0 is before the first.</summary>
public readonly record struct Epoch(long Value) : IComparable<Epoch>, IStamp<Epoch>
{
    public Epoch Next => new(Value + 1);

    static Epoch IStamp<Epoch>.Of(long value) => new(value);

    public int CompareTo(Epoch other) => Value.CompareTo(other.Value);

    public static bool operator <(Epoch a, Epoch b) => a.Value < b.Value;
    public static bool operator >(Epoch a, Epoch b) => a.Value > b.Value;
    public static bool operator <=(Epoch a, Epoch b) => a.Value <= b.Value;
    public static bool operator >=(Epoch a, Epoch b) => a.Value >= b.Value;

    public override string ToString() => $"e{Value}";
}

/// <summary>Position of an entry in a log; the first entry is 1, 0 is "before the first".</summary>
public readonly record struct LogIndex(long Value) : IComparable<LogIndex>
{
    public LogIndex Next => new(Value + 1);

    public LogIndex Previous => new(Value - 1);

    public int CompareTo(LogIndex other) => Value.CompareTo(other.Value);

    public static bool operator <(LogIndex a, LogIndex b) => a.Value < b.Value;
    public static bool operator >(LogIndex a, LogIndex b) => a.Value > b.Value;
    public static bool operator <=(LogIndex a, LogIndex b) => a.Value <= b.Value;
    public static bool operator >=(LogIndex a, LogIndex b) => a.Value >= b.Value;
    public static LogIndex operator +(LogIndex a, long n) => new(a.Value + n);
    public static long operator -(LogIndex a, LogIndex b) => a.Value - b.Value;

    public static LogIndex Min(LogIndex a, LogIndex b) => a <= b ? a : b;

    public static LogIndex Max(LogIndex a, LogIndex b) => a >= b ? a : b;

    public override string ToString() => $"i{Value}";
}

/// <summary>
/// A position in the node's journal. Records up to and including it are durable once the shell says so
/// (<see cref="IReplica.OnPersisted"/>). The default value needs nothing to be durable.
/// </summary>
public readonly record struct PersistPoint(long Value) : IComparable<PersistPoint>
{
    public int CompareTo(PersistPoint other) => Value.CompareTo(other.Value);

    public static bool operator <(PersistPoint a, PersistPoint b) => a.Value < b.Value;
    public static bool operator >(PersistPoint a, PersistPoint b) => a.Value > b.Value;
    public static bool operator <=(PersistPoint a, PersistPoint b) => a.Value <= b.Value;
    public static bool operator >=(PersistPoint a, PersistPoint b) => a.Value >= b.Value;

    public override string ToString() => $"p{Value}";
}

/// <summary>A request that waits for an outcome on this node; 0 is nobody. Chosen by the node, meaningless elsewhere.</summary>
public readonly record struct RequestId(long Value)
{
    public bool IsNone => Value == 0;

    public override string ToString() => Value == 0 ? "-" : $"r{Value}";
}

/// <summary>
/// The time at which a step happens. <paramref name="Nanoseconds"/>: monotonic, includes suspend, differs from
/// node to node by an arbitrary offset; only differences mean anything. <paramref name="UnixMilliseconds"/>: the
/// wall clock, which may jump; it is used for nothing but stamping entries (time to live).
/// </summary>
public readonly record struct StepTime(long Nanoseconds, long UnixMilliseconds)
{
    public const long NanosecondsPerMillisecond = 1_000_000;
}
