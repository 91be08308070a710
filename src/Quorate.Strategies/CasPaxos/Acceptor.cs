using System.Buffers;
using Quorate.Replication;

namespace Quorate.Strategies.CasPaxos;

/// <summary>
/// The acceptor: promises, accepts, and says what it has accepted. [CASPaxos §2.2] It changes its registers at once and
/// answers when the journal has them: see <see cref="Outbox"/>.
/// </summary>
internal sealed class Acceptor(CasPaxosReplica replica)
{
    private readonly ArrayBufferWriter<byte> _record = new();

    public RegisterStore Store { get; } = new();

    /// <summary>What happened since it was last handed to the journal, as <see cref="RegisterRecord"/> has it.</summary>
    public ArrayBufferWriter<byte> Unsaved => _record;

    /// <summary>Answers all that a proposer asks; what the bytes say was checked when they were decoded.</summary>
    public void Handle(ReadOnlySpan<byte> items, ArrayBufferWriter<byte> answers)
    {
        var reader = new PackedReader(items);
        while (Item.TryRead(ref reader, out var item))
        {
            var answer = item.Kind switch
            {
                ItemKind.Read => HandleRead(item),
                ItemKind.Prepare => HandlePrepare(item),
                ItemKind.Accept => HandleAccept(item),
                _ => HandleCollect(item),
            };
            answer.Write(answers);
        }
    }

    private Item HandleRead(in Item asked)
    {
        var register = Store.Find(asked.Key);
        return new Item
        {
            Kind = ItemKind.Reported,
            Round = asked.Round,
            Ballot = register?.Accepted ?? default,
            Value = register?.Value ?? [],
            Floor = FloorUnder(register),
        };
    }

    private Item HandlePrepare(in Item asked)
    {
        var register = Store.Find(asked.Key);
        // Of a ballot that was promised the promise is repeated: the answer may have been lost.
        if (asked.Ballot < PromiseOf(register)) return ConflictOf(asked, register);
        if (register is null && asked.Ballot == Store.Floor) return ConflictOf(asked, register);
        register ??= Store.Add(asked.Key);
        register.TouchedTick = replica.Ticks;
        if (asked.Ballot > register.Promise)
        {
            register.Promise = replica.Rules.PromisedAfterPrepare(asked.Ballot, register.Promise);
            RegisterRecord.WritePromised(_record, register);
        }

        return new Item
        {
            Kind = ItemKind.Promised,
            Round = asked.Round,
            Ballot = asked.Ballot,
            Other = register.Accepted,
            Value = register.Value,
            Floor = FloorUnder(register),
        };
    }

    private Item HandleAccept(in Item asked)
    {
        var register = Store.Find(asked.Key);
        if (register is not null && register.Accepted == asked.Ballot) return AcceptedOf(asked, register);
        if (!replica.Rules.MayAccept(asked.Ballot, PromiseOf(register))) return ConflictOf(asked, register);
        if (register is null && asked.Ballot == Store.Floor) return ConflictOf(asked, register);
        register ??= Store.Add(asked.Key);
        register.TouchedTick = replica.Ticks;
        register.Accept(asked.Ballot, asked.Value);
        register.Promise = Ballot.Max(register.Promise, asked.Flag ? asked.Ballot.Next : asked.Ballot);
        RegisterRecord.WriteAccepted(_record, register);
        return AcceptedOf(asked, register);
    }

    /// <summary>Every acceptor has accepted the tombstone at this ballot. One that has promised more since, or accepts something
    /// that was sent before, must not notice: so the floor rises. [CASPaxos §3.1]</summary>
    private Item HandleCollect(in Item asked)
    {
        var register = Store.Find(asked.Key);
        if (register is not null && (register.Accepted != asked.Ballot || !Versioned.IsTombstone(register.Value)))
            return ConflictOf(asked, register);
        if (register is not null) Remove(register);
        return new Item { Kind = ItemKind.Collected, Round = asked.Round, Ballot = asked.Ballot };
    }

    /// <summary>Forgets a register that has promised, and accepted nothing: nothing of it is lost, because the floor
    /// rises.</summary>
    public void Forget(Register register)
    {
        Invariant.Require(register.Accepted.IsNone, "a register with an accepted value is not forgotten");
        Remove(register);
    }

    private void Remove(Register register)
    {
        Store.Remove(register);
        RegisterRecord.WriteRemoved(_record, register);
    }

    private static Item AcceptedOf(in Item asked, Register register) => new()
    {
        Kind = ItemKind.Accepted,
        Round = asked.Round,
        Ballot = asked.Ballot,
        Flag = asked.Flag && register.Promise == asked.Ballot.Next,
    };

    private Item ConflictOf(in Item asked, Register? register) => new()
    {
        Kind = ItemKind.Conflict,
        Round = asked.Round,
        Ballot = asked.Ballot,
        Other = PromiseOf(register),
        Floor = register is null ? Store.Floor : default,
    };

    private Ballot PromiseOf(Register? register) => register?.Promise ?? Store.Floor;

    private Ballot FloorUnder(Register? register) => register is null || register.Accepted.IsNone ? Store.Floor : default;
}
