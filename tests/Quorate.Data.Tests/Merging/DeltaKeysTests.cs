using System.Buffers;
using System.Text;
using Quorate.Data.Merging;
using Quorate.Replication;
using Quorate.Resp;

namespace Quorate.Data.Tests.Merging;

public class DeltaKeysTests
{
    /// <summary>Else a keyspace with <c>ship state</c> would ship deltas all the same.</summary>
    [Fact]
    public void The_contents_of_a_keyspace_say_which_keys_a_delta_is_about()
    {
        var machine = new MergingMachine(new MergingStoreOptions(), new NodeId(1), 1, null!);
        var entry = new byte[64];
        var words = "SETkeyvalue"u8;
        var length = EntryCodec.WriteCommand(ref entry, 0, 0, 2, new CommandArgs(words, [new(0, 3), new(3, 3), new(6, 5)]));
        var (reply, delta) = (new ArrayBufferWriter<byte>(), new ArrayBufferWriter<byte>());
        machine.Execute(entry.AsSpan(0, length), new StepTime(0, 1_000_000), reply, delta).ShouldBeTrue();
        var keys = new List<byte[]>();
        ((IDeltaKeys)machine).TryKeysOf(delta.WrittenSpan, keys).ShouldBeTrue();
        keys.ConvertAll(Encoding.UTF8.GetString).ShouldBe(["key"]);
    }
}
