namespace Quorate.Data.Store;

/// <summary>Walks over the keys as they were when it began, while they go on being changed. Dispose it to be told no
/// more.</summary>
public interface IKeyWalk : IDisposable
{
    /// <summary>Gives the sink the next few keys that it has not got. False: it has got all.</summary>
    bool Advance();
}

/// <summary>Gets every key of a walk once, as it was when the walk began, in no order.</summary>
public interface IKeySink
{
    /// <param name="database">number of the database when the walk began</param>
    /// <param name="store">what to ask about the key</param>
    /// <param name="row">where it is, during the call</param>
    void Save(int database, IKeyStore store, int row);
}
