namespace Quorate.Cluster.Control;

/// <summary>What the control leader thinks of one node: suspicion that it is dead, and whether its disk is slow.</summary>
internal sealed class NodeHealth
{
    private const int Samples = 64;
    private const int MostRelapses = 6;

    private readonly ControlOptions _options;
    private readonly double[] _intervals = new double[Samples];
    private int _count;
    private double _sum, _squares;
    private long _lastBeat;
    private long _goodSince;
    private long _calmSince;
    private long _lastStall;
    private int _stallsInARow;
    private int _relapses;
    private (bool IsSuspected, bool IsSlow, bool WasHeard) _told;

    public NodeHealth(ControlOptions options, long now)
    {
        _options = options;
        (_lastBeat, _calmSince, _goodSince) = (now, now, now);
        _lastStall = long.MinValue / 2;
        // Two made-up intervals, so that the first real ones are measured against something.
        Learn(options.HeartbeatMilliseconds * 0.75);
        Learn(options.HeartbeatMilliseconds * 1.25);
    }

    public bool IsSuspected { get; private set; }

    /// <summary>Nanoseconds since when it is suspected.</summary>
    public long SuspectedSince { get; private set; }

    public bool IsSlow { get; private set; }

    public bool WasHeard { get; private set; }

    /// <summary>How many regular heartbeats in a row a suspected node must still show, in nanoseconds of them.</summary>
    public long RecoveryNanoseconds =>
        _options.Nanoseconds(_options.RecoveryMilliseconds) << Math.Max(0, Math.Min(_relapses, MostRelapses) - 1);

    public void OnHeartbeat(int stallMilliseconds, long now)
    {
        var milliseconds = (now - _lastBeat) / 1e6;
        var wasLate = Phi(now) >= _options.SuspicionThreshold;
        if (!WasHeard)
        {
            // Suspected or not, it was only not there yet: a node that joins is in the map before it is started.
            (WasHeard, IsSuspected, _relapses) = (true, false, 0);
            (_lastBeat, _goodSince, _calmSince) = (now, now, now);
            OnStall(stallMilliseconds, now);
            return;
        }

        // An outage is no sample of the rhythm: it would hide the next one.
        if (wasLate) _goodSince = now;
        else Learn(milliseconds);
        _lastBeat = now;
        if (IsSuspected && now - _goodSince >= RecoveryNanoseconds)
        {
            IsSuspected = false;
            _calmSince = now;
        }

        OnStall(stallMilliseconds, now);
    }

    public void OnTick(long now)
    {
        if (!IsSuspected && Phi(now) >= _options.SuspicionThreshold)
        {
            IsSuspected = true;
            SuspectedSince = now;
            _goodSince = now;
            _relapses = Math.Min(_relapses + 1, MostRelapses);
        }
        else if (!IsSuspected && _relapses > 0 && now - _calmSince >= _options.Nanoseconds(_options.RelapseMemoryMilliseconds))
        {
            _relapses--;
            _calmSince = now;
        }
    }

    /// <summary>Whether any of the judgements has changed since the last call.</summary>
    public bool TakeNews()
    {
        var before = _told;
        _told = (IsSuspected, IsSlow, WasHeard);
        return _told != before;
    }

    /// <summary>The watcher itself was stopped for so long: no node is to blame.</summary>
    public void Forgive(long nanoseconds, long now) => _lastBeat = Math.Min(now, _lastBeat + nanoseconds);

    /// <summary>−log10 of the chance that a heartbeat comes even later than now, if intervals are normally distributed as
    /// those seen lately. [Hayashibara §5.3] The distribution's tail by a logistic approximation: suspicion needs the
    /// order of magnitude only.</summary>
    public double Phi(long now)
    {
        var milliseconds = (now - _lastBeat) / 1e6;
        var mean = (_sum / Math.Min(_count, Samples)) + _options.AcceptablePauseMilliseconds;
        var n = Math.Min(_count, Samples);
        var variance = Math.Max(0, (_squares / n) - (_sum / n * (_sum / n)));
        var deviation = Math.Max(Math.Sqrt(variance), _options.HeartbeatMilliseconds / 4.0);
        var y = (milliseconds - mean) / deviation;
        if (y > 30) return double.PositiveInfinity;
        var e = Math.Exp(-y * (1.5976 + (0.070566 * y * y)));
        return milliseconds > mean ? -Math.Log10(e / (1 + e)) : -Math.Log10(1 - (1 / (1 + e)));
    }

    private void OnStall(int milliseconds, long now)
    {
        if (milliseconds >= _options.SlowDiskMilliseconds)
        {
            _lastStall = now;
            // One long fdatasync is bad luck; two reports of it in a row, or a very long one, are a slow disk.
            if (++_stallsInARow >= 2 || milliseconds >= 2 * _options.SlowDiskMilliseconds) IsSlow = true;
            return;
        }

        _stallsInARow = 0;
        if (IsSlow && now - _lastStall >= _options.Nanoseconds(_options.SlowMemoryMilliseconds)) IsSlow = false;
    }

    private void Learn(double milliseconds)
    {
        var at = _count % Samples;
        if (_count >= Samples)
        {
            _sum -= _intervals[at];
            _squares -= _intervals[at] * _intervals[at];
        }

        _intervals[at] = milliseconds;
        _sum += milliseconds;
        _squares += milliseconds * milliseconds;
        _count++;
        if (_count == int.MaxValue) _count = Samples;
    }
}
