using EventMesh.Core.Errors;
using EventMesh.Storage.Files;

namespace EventMesh.Storage.Tests.Files.Crashes;

/// <summary>One seed's run over all lives of its store. It throws where a promise is broken.</summary>
internal sealed class CrashRun
{
    // Opening a store that power fails at again and again must come to an end; the crashes that a run is given are few.
    private const int MaxOpenings = 100;

    private readonly CrashPlan _plan;
    private readonly CrashRig _rig;
    private readonly Ledger _ledger;
    private readonly CrashWorkload _workload;
    private readonly Random _random;
    private bool _keepsWritten = true;

    /// <summary>Prepares a run.</summary>
    /// <param name="seed">Everything but the crashes.</param>
    /// <param name="crashes">The calls to the device, counted over all lives, that power fails at.</param>
    /// <param name="build">The product, or a wrong one.</param>
    public CrashRun(int seed, IReadOnlyCollection<long> crashes, StoreBuild? build = null)
    {
        _plan = new CrashPlan(seed);
        _random = new Random(~seed);
        _rig = new CrashRig(_plan, seed, crashes, build ?? StoreBuild.Sound);
        _ledger = new Ledger(_plan);
        _workload = new CrashWorkload(_rig, _plan, _ledger, build ?? StoreBuild.Sound, _random);
    }

    /// <summary>Calls to the device so far: each is a boundary that power can fail at.</summary>
    public long Operations => _rig.Operations;

    /// <summary>The calls that the build is weak at.</summary>
    public IReadOnlyList<long> WeakPoints => _rig.WeakPoints;

    public Ledger Ledger => _ledger;

    /// <summary>Where it stands, for who reads of a failure.</summary>
    public override string ToString() => $"life {Lives}, operation {_rig.Operations} ({_rig.LastOperation}){_rig.DamageReport}{(Damage is null ? "" : $", turned: {Damage}")}";

    /// <summary>What was turned and found at rest; null where nothing was.</summary>
    public DamageCheck? Damage { get; private set; }

    /// <summary>How often the store was opened.</summary>
    public int Lives { get; private set; }

    /// <summary>How often power failed.</summary>
    public int Crashes { get; private set; }

    /// <summary>Runs all steps, then closes the store in order and looks at it once more.</summary>
    public void Run()
    {
        using (_ledger.Context.Enter())
        {
            RunSteps();
        }
    }

    /// <summary>Runs all steps, lets the store rest, closed or killed, turns some of its bits and looks what it says.</summary>
    public DamageCheck RunIntoDamage(int flips)
    {
        using (_ledger.Context.Enter())
        {
            RunWorkload();
            var isClosed = _random.Next(2) == 0;
            if (isClosed)
            {
                Close();
            }
            else
            {
                Kill();
            }

            Damage = new DamageCheck(_rig, _ledger, _random, isClosed);
            Damage.Run(flips);
            return Damage;
        }
    }

    private void RunSteps()
    {
        RunWorkload();
        Close();
        GoOn();
        _workload.RepeatEverything();
        RunWhatWaits();
    }

    private void RunWorkload()
    {
        Start();
        for (var step = 0; step < _plan.Steps; step++)
        {
            Step();
            GoOn();
        }

        _rig.Mend();
        RunWhatWaits();
        GoOn();
    }

    private void Step()
    {
        switch (_random.Next(100))
        {
            case < 45:
                _workload.Step();
                break;
            case < 68:
                _rig.Writing.RunOne();
                break;
            case < 82:
                _rig.Background.RunOne();
                break;
            case < 88:
                _rig.Time.Advance(TimeSpan.FromMilliseconds(_random.Next(1, 3000)));
                break;
            case < 91:
                _rig.Log!.Sweep();
                break;
            case < 93:
                RunWhatWaits();
                break;
            case < 95:
                _rig.Time.JumpWallClock(TimeSpan.FromMinutes(_random.Next(-90, 90)));
                break;
            case < 97 when _plan.HasRestarts:
                Restart();
                break;
            default:
                Trouble();
                break;
        }

        _ledger.Settle();
    }

    private void Trouble()
    {
        if (_rig.IsSmall || _random.Next(3) == 0)
        {
            _rig.Mend();
        }
        else if (_plan.HasFullDisk && _random.Next(2) == 0)
        {
            _rig.FillUp();
        }
        else if (_plan.HasDeviceErrors)
        {
            _rig.FailSoon();
        }
    }

    private void Restart()
    {
        if (_random.Next(2) == 0)
        {
            Close();
        }
        else
        {
            Kill();
        }
    }

    private void Kill()
    {
        _ledger.Died();
        _rig.Kill();
        _ledger.Closed();
    }

    private void Close()
    {
        _rig.Close();
        _ledger.Closed();
    }

    /// <summary>After power has failed, or the store has: the next life begins.</summary>
    private void GoOn()
    {
        if (_rig.IsDead)
        {
            Crash();
        }
        else if (_rig.Log is { Health.Status: LogStatus.Failed })
        {
            // Somebody looks at the disk and starts the node again, or pulls the plug.
            if (_random.Next(2) == 0)
            {
                Kill();
            }
            else
            {
                Crash();
            }

            _rig.Mend();
        }

        if (_rig.Log is null)
        {
            Start();
        }
        else
        {
            _ledger.CheckTold();
        }
    }

    private void Crash()
    {
        Crashes++;
        _keepsWritten = false;
        _ledger.Died();
        _rig.Crash();
        _ledger.Closed();
    }

    private void Start()
    {
        for (var i = 0; i < MaxOpenings; i++)
        {
            if (TryOpen())
            {
                return;
            }
        }

        throw new CrashViolation($"The store does not open in {MaxOpenings} attempts.");
    }

    private bool TryOpen()
    {
        FileEventLog log;
        Lives++;
        try
        {
            log = _rig.Open(_ledger);
        }
        catch (EventMeshException e) when (e.Code == MeshErrorCode.LogFailed && !_rig.IsDead)
        {
            // The disk was full, or failed once: it is mended, and the same directory is opened again.
            _rig.Mend();
            return false;
        }
        catch (EventMeshException) when (_rig.IsDead)
        {
            Crash();
            return false;
        }

        if (_rig.IsDead)
        {
            // Work that may wait, as making room ahead, does not say so.
            Crash();
            return false;
        }

        _ledger.Opened(log, _keepsWritten);
        _keepsWritten = true;
        _workload.RepeatEverything();
        _ledger.Settle();
        return true;
    }

    private void RunWhatWaits()
    {
        while (_rig.Writing.RunOne() || _rig.Background.RunOne())
        {
            _ledger.Settle();
        }

        _ledger.Settle();
    }
}
