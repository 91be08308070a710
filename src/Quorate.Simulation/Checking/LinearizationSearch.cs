using Quorate.Replication;

namespace Quorate.Simulation.Checking;

/// <summary>
/// Depth-first search for a linearization of one key's operations [Wing-Gong 1993], remembering every configuration (set of
/// operations done, state reached) it has been in [Lowe 2017]. Reductions keep it short, none of which loses an answer: an
/// operation whose answer says that it changed nothing is taken as soon as it fits; of equal operations of unknown outcome only
/// the earliest is tried; those that would change nothing are not tried at all; a write of unknown outcome whose value no read
/// saw can help only by making an absent key exist, so one such is as good as another; where a key is only appended to, every
/// state begins what the longest read shows.
/// </summary>
internal sealed class LinearizationSearch
{
    private readonly Operation[] _definite;
    private readonly Operation[] _unknown;
    private readonly (ulong High, ulong Low)[] _names;
    private readonly bool[] _done;
    private readonly Dictionary<string, int> _stateIds = new(StringComparer.Ordinal);
    private readonly HashSet<(ulong, ulong, int)> _seen = [];
    private readonly List<int> _candidates = [];
    private readonly List<Level> _levels = [];
    private readonly HashSet<(OperationKind, string?)> _tried = [];
    private readonly HashSet<string> _observed = new(StringComparer.Ordinal);
    private readonly bool _hasAppends;
    private readonly string? _longestRead;

    private string? _state;
    private (ulong High, ulong Low) _set;
    private int _firstOpen;
    private int _definiteLeft;
    private int _bestLeft = int.MaxValue;

    public LinearizationSearch(IEnumerable<Operation> operations)
    {
        var all = operations.OrderBy(o => o.Invoked).ToArray();
        _definite = [.. all.Where(o => o.Outcome == OperationOutcome.Ok)];
        _unknown = [.. all.Where(o => o.Outcome == OperationOutcome.Unknown)];
        _done = new bool[all.Length];
        _names = new (ulong, ulong)[all.Length];
        var prng = new Prng(0x0DD5);
        for (var i = 0; i < _names.Length; i++) _names[i] = (prng.NextUInt64(), prng.NextUInt64());
        _definiteLeft = _definite.Length;
        _hasAppends = all.Any(o => o.Kind == OperationKind.Append);
        foreach (var operation in _definite)
        {
            if (operation.Kind is not (OperationKind.Get or OperationKind.GetSet or OperationKind.GetDelete)
                || operation.Result is not { } seen)
                continue;
            _observed.Add(seen);
            if (seen.Length > (_longestRead?.Length ?? 0)) _longestRead = seen;
        }

        if (all.Any(o => o.Kind is not (OperationKind.Append or OperationKind.Get))) _longestRead = null;
    }

    private readonly record struct Level(int Operation, string? StateBefore, int FirstCandidate, int Next);

    /// <summary>The longest order found, and the state after it: what an explanation shows.</summary>
    public IReadOnlyList<Operation> BestOrder { get; private set; } = [];

    public string? BestState { get; private set; }

    /// <summary>After an invalid verdict: the definite operations that had to come next.</summary>
    public IEnumerable<Operation> Stuck()
    {
        var ordered = BestOrder.ToHashSet();
        var open = _definite.Where(o => !ordered.Contains(o)).ToArray();
        var bound = open.Length == 0 ? long.MaxValue : open.Min(o => o.Returned);
        return open.Where(o => o.Invoked < bound);
    }

    public VerdictKind Run(long maxSteps)
    {
        Push(-1, null);
        for (long steps = 0; _definiteLeft > 0; steps++)
        {
            if (steps > maxSteps) return VerdictKind.Unknown;
            var top = _levels[^1];
            if (top.Next == _candidates.Count)
            {
                if (_levels.Count == 1) return VerdictKind.Invalid;
                Pop(top);
                continue;
            }

            _levels[^1] = top with { Next = top.Next + 1 };
            TryTake(_candidates[top.Next]);
        }

        return VerdictKind.Valid;
    }

    private Operation At(int i) => i < _definite.Length ? _definite[i] : _unknown[i - _definite.Length];

    private void TryTake(int i)
    {
        var operation = At(i);
        var (next, result) = KeyModel.Step(_state, operation);
        if (operation.Outcome == OperationOutcome.Ok && result != operation.Result) return;
        var set = (_set.High ^ _names[i].High, _set.Low ^ _names[i].Low);
        if (!_seen.Add((set.Item1, set.Item2, IdOf(next)))) return;

        var before = _state;
        _state = next;
        _set = set;
        _done[i] = true;
        if (i < _definite.Length) _definiteLeft--;
        Push(i, before);
    }

    private void Push(int operation, string? stateBefore)
    {
        var first = _candidates.Count;
        AddCandidates();
        _levels.Add(new Level(operation, stateBefore, first, first));
    }

    private void Pop(Level top)
    {
        if (_definiteLeft < _bestLeft)
        {
            _bestLeft = _definiteLeft;
            BestState = _state;
            BestOrder = [.. _levels.Skip(1).Select(l => At(l.Operation))];
        }

        _candidates.RemoveRange(top.FirstCandidate, _candidates.Count - top.FirstCandidate);
        _levels.RemoveAt(_levels.Count - 1);
        _state = top.StateBefore;
        _set = (_set.High ^ _names[top.Operation].High, _set.Low ^ _names[top.Operation].Low);
        _done[top.Operation] = false;
        if (top.Operation >= _definite.Length) return;
        _definiteLeft++;
        if (top.Operation < _firstOpen) _firstOpen = top.Operation;
    }

    /// <summary>What may come next: invoked before every operation that is still to be ordered has returned.</summary>
    private void AddCandidates()
    {
        while (_firstOpen < _definite.Length && _done[_firstOpen]) _firstOpen++;
        var first = _candidates.Count;
        var bound = long.MaxValue;
        for (var i = _firstOpen; i < _definite.Length && _definite[i].Invoked < bound; i++)
        {
            if (_done[i]) continue;
            var operation = _definite[i];
            bound = Math.Min(bound, operation.Returned);
            var (next, result) = KeyModel.Step(_state, operation);
            if (result != operation.Result || !IsOnTheWay(next)) continue;
            if (HadNoEffect(operation))
            {
                _candidates.RemoveRange(first, _candidates.Count - first);
                _candidates.Add(i);
                return;
            }

            _candidates.Add(i);
        }

        _tried.Clear();
        for (var u = 0; u < _unknown.Length && _unknown[u].Invoked < bound; u++)
        {
            var i = _definite.Length + u;
            var operation = _unknown[u];
            if (_done[i]) continue;
            if (IsUnseen(operation))
            {
                if (_state is null && _tried.Add((OperationKind.Set, null))) _candidates.Add(i);
                continue;
            }

            // Unseen, it would have to replace what is there by a value that no read sees.
            if (operation.Kind == OperationKind.SetIfPresent && !_hasAppends && !_observed.Contains(operation.Argument!))
                continue;
            if (!_tried.Add((operation.Kind, operation.Argument))) continue;
            var next = KeyModel.Step(_state, operation).Next;
            if (next != _state && IsOnTheWay(next)) _candidates.Add(i);
        }
    }

    private bool IsUnseen(Operation operation) =>
        operation.Kind is OperationKind.Set or OperationKind.SetIfAbsent or OperationKind.GetSet
        && !_hasAppends && !_observed.Contains(operation.Argument!);

    /// <summary>False: the state contradicts the longest read of a key that is only appended to.</summary>
    private bool IsOnTheWay(string? state) =>
        _longestRead is null || state is null || state.Length > _longestRead.Length
        || _longestRead.StartsWith(state, StringComparison.Ordinal);

    private static bool HadNoEffect(Operation operation) => operation.Kind switch
    {
        OperationKind.Get => true,
        OperationKind.SetIfAbsent or OperationKind.SetIfPresent or OperationKind.GetDelete => operation.Result is null,
        OperationKind.Delete => operation.Result == "0",
        _ => false,
    };

    private int IdOf(string? state)
    {
        if (state is null) return -1;
        if (!_stateIds.TryGetValue(state, out var id)) _stateIds.Add(state, id = _stateIds.Count);
        return id;
    }
}
