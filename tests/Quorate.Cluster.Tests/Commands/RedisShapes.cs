namespace Quorate.Cluster.Tests.Commands;

/// <summary>
/// What redis-server 7.0.15 answers to COMMAND INFO: name, arity, first key, last key, step, flags. Where a later version
/// differs the later one counts: COMMAND GETKEYS takes commands of one word since 7.2.
/// </summary>
internal static class RedisShapes
{
    public const string Text =
        """
        ping -1 0,0,0 fast
        echo 2 0,0,0 loading,stale,fast
        hello -1 0,0,0 noscript,loading,stale,fast,no_auth,allow_busy
        auth -2 0,0,0 noscript,loading,stale,fast,no_auth,allow_busy
        select 2 0,0,0 loading,stale,fast
        quit -1 0,0,0 noscript,loading,stale,fast,no_auth,allow_busy
        reset 1 0,0,0 noscript,loading,stale,fast,no_auth,allow_busy
        time 1 0,0,0 loading,stale,fast
        lolwut -1 0,0,0 readonly,fast
        role 1 0,0,0 noscript,loading,stale,fast
        wait 3 0,0,0 noscript
        info -1 0,0,0 loading,stale
        readonly 1 0,0,0 loading,stale,fast
        readwrite 1 0,0,0 loading,stale,fast
        asking 1 0,0,0 fast
        debug -2 0,0,0 admin,noscript,loading,stale
        shutdown -1 0,0,0 admin,noscript,loading,stale,no_multi,allow_busy
        replicaof 3 0,0,0 admin,noscript,stale,no_async_loading
        slaveof 3 0,0,0 admin,noscript,stale,no_async_loading
        failover -1 0,0,0 admin,noscript,stale
        subscribe -2 0,0,0 pubsub,noscript,loading,stale
        unsubscribe -1 0,0,0 pubsub,noscript,loading,stale
        psubscribe -2 0,0,0 pubsub,noscript,loading,stale
        punsubscribe -1 0,0,0 pubsub,noscript,loading,stale
        publish 3 0,0,0 pubsub,loading,stale,fast
        multi 1 0,0,0 noscript,loading,stale,fast,allow_busy
        exec 1 0,0,0 noscript,loading,stale,skip_slowlog
        discard 1 0,0,0 noscript,loading,stale,fast,allow_busy
        watch -2 1,-1,1 noscript,loading,stale,fast,allow_busy
        unwatch 1 0,0,0 noscript,loading,stale,fast,allow_busy
        eval -3 0,0,0 noscript,stale,skip_monitor,movablekeys
        evalsha -3 0,0,0 noscript,stale,skip_monitor,movablekeys
        eval_ro -3 0,0,0 readonly,noscript,stale,skip_monitor,movablekeys
        evalsha_ro -3 0,0,0 readonly,noscript,stale,skip_monitor,movablekeys
        fcall -3 0,0,0 noscript,stale,skip_monitor,movablekeys
        fcall_ro -3 0,0,0 readonly,noscript,stale,skip_monitor,movablekeys
        save 1 0,0,0 admin,noscript,no_async_loading,no_multi
        bgsave -1 0,0,0 admin,noscript,no_async_loading
        bgrewriteaof 1 0,0,0 admin,noscript,no_async_loading
        psync -3 0,0,0 admin,noscript,no_async_loading,no_multi
        sync 1 0,0,0 admin,noscript,no_async_loading,no_multi
        replconf -1 0,0,0 admin,noscript,loading,stale,allow_busy
        monitor 1 0,0,0 admin,noscript,loading,stale
        client -2 0,0,0
        client|info 2 0,0,0 noscript,loading,stale
        client|help 2 0,0,0 loading,stale
        client|unpause 2 0,0,0 admin,noscript,loading,stale
        client|tracking -3 0,0,0 noscript,loading,stale
        client|id 2 0,0,0 noscript,loading,stale
        client|reply 3 0,0,0 noscript,loading,stale
        client|getname 2 0,0,0 noscript,loading,stale
        client|trackinginfo 2 0,0,0 noscript,loading,stale
        client|caching 3 0,0,0 noscript,loading,stale
        client|pause -3 0,0,0 admin,noscript,loading,stale
        client|setname 3 0,0,0 noscript,loading,stale
        client|list -2 0,0,0 admin,noscript,loading,stale
        client|getredir 2 0,0,0 noscript,loading,stale
        client|no-evict 3 0,0,0 admin,noscript,loading,stale
        client|kill -3 0,0,0 admin,noscript,loading,stale
        client|unblock -3 0,0,0 admin,noscript,loading,stale
        command -1 0,0,0 loading,stale
        command|docs -2 0,0,0 loading,stale
        command|info -2 0,0,0 loading,stale
        command|help 2 0,0,0 loading,stale
        command|list -2 0,0,0 loading,stale
        command|count 2 0,0,0 loading,stale
        command|getkeys -3 0,0,0 loading,stale
        command|getkeysandflags -3 0,0,0 loading,stale
        config -2 0,0,0
        config|help 2 0,0,0 loading,stale
        config|get -3 0,0,0 admin,noscript,loading,stale
        config|rewrite 2 0,0,0 admin,noscript,loading,stale
        config|resetstat 2 0,0,0 admin,noscript,loading,stale
        config|set -4 0,0,0 admin,noscript,loading,stale
        module -2 0,0,0
        module|help 2 0,0,0 loading,stale
        module|load -3 0,0,0 admin,noscript,no_async_loading
        module|list 2 0,0,0 admin,noscript
        module|loadex -3 0,0,0 admin,noscript,no_async_loading
        module|unload 3 0,0,0 admin,noscript,no_async_loading
        latency -2 0,0,0
        latency|graph 3 0,0,0 admin,noscript,loading,stale
        latency|doctor 2 0,0,0 admin,noscript,loading,stale
        latency|histogram -2 0,0,0 admin,noscript,loading,stale
        latency|help 2 0,0,0 loading,stale
        latency|history 3 0,0,0 admin,noscript,loading,stale
        latency|latest 2 0,0,0 admin,noscript,loading,stale
        latency|reset -2 0,0,0 admin,noscript,loading,stale
        slowlog -2 0,0,0
        slowlog|len 2 0,0,0 admin,loading,stale
        slowlog|help 2 0,0,0 loading,stale
        slowlog|get -2 0,0,0 admin,loading,stale
        slowlog|reset 2 0,0,0 admin,loading,stale
        cluster -2 0,0,0
        cluster|delslots -3 0,0,0 admin,stale,no_async_loading
        cluster|replicate 3 0,0,0 admin,stale,no_async_loading
        cluster|help 2 0,0,0 loading,stale
        cluster|slaves 3 0,0,0 admin,stale
        cluster|slots 2 0,0,0 stale
        cluster|countkeysinslot 3 0,0,0 stale
        cluster|addslotsrange -4 0,0,0 admin,stale,no_async_loading
        cluster|failover -2 0,0,0 admin,stale,no_async_loading
        cluster|getkeysinslot 4 0,0,0 stale
        cluster|set-config-epoch 3 0,0,0 admin,stale,no_async_loading
        cluster|count-failure-reports 3 0,0,0 admin,stale
        cluster|links 2 0,0,0 stale
        cluster|saveconfig 2 0,0,0 admin,stale,no_async_loading
        cluster|delslotsrange -4 0,0,0 admin,stale,no_async_loading
        cluster|info 2 0,0,0 stale
        cluster|keyslot 3 0,0,0 stale
        cluster|bumpepoch 2 0,0,0 admin,stale,no_async_loading
        cluster|myid 2 0,0,0 stale
        cluster|addslots -3 0,0,0 admin,stale,no_async_loading
        cluster|flushslots 2 0,0,0 admin,stale,no_async_loading
        cluster|setslot -4 0,0,0 admin,stale,no_async_loading
        cluster|nodes 2 0,0,0 stale
        cluster|shards 2 0,0,0 stale
        cluster|replicas 3 0,0,0 admin,stale
        cluster|meet -4 0,0,0 admin,stale,no_async_loading
        cluster|forget 3 0,0,0 admin,stale,no_async_loading
        cluster|reset -2 0,0,0 admin,noscript,stale
        pubsub -2 0,0,0
        pubsub|numpat 2 0,0,0 pubsub,loading,stale
        pubsub|help 2 0,0,0 loading,stale
        pubsub|numsub -2 0,0,0 pubsub,loading,stale
        pubsub|shardchannels -2 0,0,0 pubsub,loading,stale
        pubsub|channels -2 0,0,0 pubsub,loading,stale
        pubsub|shardnumsub -2 0,0,0 pubsub,loading,stale
        acl -2 0,0,0
        acl|getuser 3 0,0,0 admin,noscript,loading,stale
        acl|genpass -2 0,0,0 noscript,loading,stale
        acl|help 2 0,0,0 loading,stale
        acl|deluser -3 0,0,0 admin,noscript,loading,stale
        acl|cat -2 0,0,0 noscript,loading,stale
        acl|load 2 0,0,0 admin,noscript,loading,stale
        acl|save 2 0,0,0 admin,noscript,loading,stale
        acl|log -2 0,0,0 admin,noscript,loading,stale
        acl|whoami 2 0,0,0 noscript,loading,stale
        acl|list 2 0,0,0 admin,noscript,loading,stale
        acl|setuser -3 0,0,0 admin,noscript,loading,stale
        acl|users 2 0,0,0 admin,noscript,loading,stale
        acl|dryrun -4 0,0,0 admin,noscript,loading,stale
        """;
}
