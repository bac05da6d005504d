// Two coordinators, the relay between them and an edge, in virtual time, with everything that can go wrong between them: seeded, so that each world can be looked at again.

using System.Threading.Channels;
using FabNet.Coordinator;
using FabNet.Coordinator.Federation;
using FabNet.Coordinator.Sites;
using FabNet.Edge.Queue;
using FabNet.Model;
using FabNet.Model.Jobs;
using FabNet.Model.Machines;
using FabNet.Model.Sites;
using FabNet.Protocol;
using FabNet.Tests.Coordinator;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;
using Wire = FabNet.Protocol.V1;

namespace FabNet.Tests.Federation;

/// <summary>What goes wrong, each second with this probability, and for at most how long.</summary>
internal sealed record Trouble
{
    public double Cut { get; init; }

    public double RestartOfA { get; init; }

    public double RestartOfB { get; init; }

    public double EdgeAway { get; init; }

    public double Person { get; init; }

    public double ClockOfA { get; init; }

    /// <summary>b follows a no longer, and later again; ten times as likely while its guest waits for the answer to a claim.</summary>
    public double Leave { get; init; }

    /// <summary>True where nothing breaks: then no lease may lapse.</summary>
    public bool IsGraceful { get; init; }

    public int MostSecondsAway { get; init; } = 150;

    public int MostDelay { get; init; } = 3;

    public int SlowestStep { get; init; } = 40;

    /// <summary>True: whenever a job is ready to be started, first the other community is cut off, and before its lease ends the edge too.</summary>
    public bool IsAimed { get; init; }
}

/// <summary>
/// b's site <c>north</c> is a guest of a, which has no machine of its own. Coordinators, desks, leases and the edge's rule for a start are the real ones; the wires are queues that delay, break and lose what is on them.
/// </summary>
internal sealed class GuestWorld : IAsyncDisposable
{
    private static readonly SiteId North = SiteId.Parse("north");
    private static readonly TimeSpan Ttl = TimeSpan.FromSeconds(60);
    private static readonly FollowedCommunity CommunityA = new("a", new Uri("http://127.0.0.1:1"));

    private readonly Random _random;
    private readonly Trouble _trouble;
    private readonly string _folder;
    private readonly ManualTimeProvider _timeOfA;
    private readonly ManualTimeProvider _timeOfB = new();
    private readonly MemoryJournal _journalOfA;
    private readonly MemoryJournal _journalOfB;
    private readonly PlayedEdge _edge;
    private readonly Dictionary<(JobId, int), long> _renewedAtA = [];
    private readonly HashSet<JobId> _decided = [];
    private CoordinatorNode _a;
    private CoordinatorNode _b;
    private GuestSession? _guest;
    private SiteSession? _there;
    private Channel<Wire.EdgeUp>? _up;
    private Task<Wire.EdgeUp.Types.Hello>? _hello;
    private readonly Queue<(long At, Wire.EdgeUp Message)> _upward = new();
    private readonly Queue<(long At, Wire.EdgeDown Message)> _downward = new();
    private readonly List<(long At, GuestAsk Ask)> _asks = [];
    private long _helloAt;
    private long _linkBackAt;
    private long _edgeAwayAt = -1;
    private long _followedAgainAt = -1;
    private long _second;
    private bool _isCalm;

    public GuestWorld(int seed, Trouble trouble)
    {
        (_random, _trouble) = (new Random(seed), trouble);
        _folder = Directory.CreateTempSubdirectory("fabnet-guests-").FullName;
        _timeOfA = new ManualTimeProvider(new DateTimeOffset(2026, 3, 2, 9, 0, 0, TimeSpan.Zero).AddDays(_random.Next(-400, 400)));
        (_journalOfA, _journalOfB) = (new MemoryJournal(_timeOfA), new MemoryJournal(_timeOfB));
        _edge = new PlayedEdge(_random, _timeOfB, trouble.SlowestStep, MayStartAsync);
        _a = OpenA();
        _b = OpenB();
    }

    /// <summary>What broke a rule; null if nothing did.</summary>
    public string? Wrong { get; private set; }

    public int Starts => _edge.Starts.Count;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Lives for some minutes with trouble, then in calm until all is done.</summary>
    public async Task LiveAsync(int orders, int seconds)
    {
        await AskA(() => _a.Register(CoordinatorHarness.Announced("idle") with { Machines = [] }));
        for (var i = 0; i < orders; i++)
        {
            await AskA(() => _a.Orders.Place(new() { Quantity = 1, Material = "PLA", Customer = "test" }, CoordinatorHarness.Design));
        }

        for (; _second < seconds && Wrong is null; _second++)
        {
            await SecondAsync();
        }

        _isCalm = true;
        await AskB(() => _b.Following.Follow(CommunityA.Name, CommunityA.Address.ToString()));
        _linkBackAt = 0;
        _edge.BackAt = 0;
        for (; _second < seconds + 3600 && Wrong is null && !await AskA(() => _a.State.Live.Count == 0 && _b.State.Live.Count == 0); _second++)
        {
            await SecondAsync();
        }

        Wrong ??= await AskA(Unfinished) ?? await AskA(Disagreement);
    }

    public async ValueTask DisposeAsync()
    {
        await _a.DisposeAsync();
        await _b.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private CoordinatorNode OpenA() => new(
        new CoordinatorOptions { DataFolder = Path.Combine(_folder, "a"), Community = "a", LeaseTtl = Ttl, PlanDebounce = TimeSpan.Zero, DeclineBackOff = TimeSpan.FromSeconds(20) }, _timeOfA, NullLogger.Instance, _journalOfA);

    private CoordinatorNode OpenB() => new(
        new CoordinatorOptions
        {
            DataFolder = Path.Combine(_folder, "b"), Community = "b", LeaseTtl = Ttl, PlanDebounce = TimeSpan.Zero,
            Follows = [CommunityA],
        },
        _timeOfB, NullLogger.Instance, _journalOfB);

    private Task<T> AskA<T>(Func<T> command) => _a.AskAsync(command, Cancel);

    private Task<bool> AskA(Action command) => AskA(() =>
    {
        command();
        return true;
    });

    private Task<T> AskB<T>(Func<T> command) => _b.AskAsync(command, Cancel);

    private async Task SecondAsync()
    {
        _timeOfA.Advance(TimeSpan.FromSeconds(1));
        _timeOfB.Advance(TimeSpan.FromSeconds(1));
        await AskA(() => true);
        await AskB(() => true);
        if (!_isCalm)
        {
            await TroubleAsync();
        }

        await RelayAsync();
        await _edge.SecondAsync(_b, _second);
    }

    private bool Happens(double probability) => _random.NextDouble() < probability;

    private async Task TroubleAsync()
    {
        if (_trouble.IsAimed && _second >= _linkBackAt && _edge.IsReady)
        {
            await BreakAsync();
            (_linkBackAt, _edgeAwayAt) = (_second + 150, _second + _random.Next(15, 55));
        }

        if (_second == _edgeAwayAt)
        {
            await _edge.LeaveAsync(_b);
            _edge.BackAt = _second + 110;
        }

        if (Happens(_trouble.Cut))
        {
            await BreakAsync();
            _linkBackAt = _second + _random.Next(1, _trouble.MostSecondsAway);
        }

        if (Happens(_trouble.RestartOfA))
        {
            await BreakAsync();
            await _a.DisposeAsync();
            _a = OpenA();
        }

        if (Happens(_trouble.RestartOfB))
        {
            await BreakAsync();
            _edge.Disconnected();
            await _b.DisposeAsync();
            (_b, _guest) = (OpenB(), null);
        }

        if (Happens(_trouble.EdgeAway))
        {
            await _edge.LeaveAsync(_b);
            _edge.BackAt = _second + _random.Next(1, _trouble.MostSecondsAway);
        }

        if (Happens(_trouble.ClockOfA))
        {
            _timeOfA.JumpWallClock(TimeSpan.FromHours(_random.Next(-72, 72)));
        }

        if (Happens(_trouble.Person))
        {
            await PersonAsync();
        }

        var isClaiming = await AskB(() => _guest is { Claims.Count: > 0 });
        if (_second >= _followedAgainAt && Happens(isClaiming ? 10 * _trouble.Leave : _trouble.Leave))
        {
            await AskB(() => LeaveA());
            _followedAgainAt = _second + _random.Next(1, _trouble.MostSecondsAway);
        }
        else if (_second == _followedAgainAt)
        {
            await AskB(() => _b.Following.Follow(CommunityA.Name, CommunityA.Address.ToString()));
        }
    }

    private bool LeaveA()
    {
        if (_b.Following.IsFollowed(CommunityA.Name))
        {
            _b.Following.Unfollow(CommunityA.Name);
        }

        return true;
    }

    private async Task PersonAsync()
    {
        var kind = _random.Next(4);
        await AskA(() =>
        {
            var live = _a.State.Live.ToList();
            if (live.Count > 0 && live[_random.Next(live.Count)] is var entry)
            {
                switch (kind)
                {
                    case 0:
                        _decided.Add(entry.Id);
                        _a.Orders.Cancel(entry, "no longer needed");
                        break;
                    case 1 when entry.Job.State is JobState.Lost && entry.Job.ReplacedBy is null:
                        _decided.Add(entry.Id);
                        _a.Orders.ReplaceLost(entry, "a person looked");
                        break;
                    default: break;
                }
            }
        });
        if (kind is 2)
        {
            await AskB(() =>
            {
                if (_b.State.Live.FirstOrDefault() is { } entry)
                {
                    _decided.Add(entry.Order.Origin!.Job);
                    _b.Orders.Cancel(entry, "we need the machine");
                }

                return true;
            });
        }
    }

    private async Task BreakAsync()
    {
        if (_there is { } there)
        {
            await _a.PostAsync(() => _a.Leave(there, "the link was cut"));
        }

        if (_guest is { } guest)
        {
            await _b.PostAsync(() => _b.Guests.Down(guest, "the link was cut"));
        }

        (_there, _up, _hello) = (null, null, null);
        _upward.Clear();
        _downward.Clear();
        _asks.Clear();
    }

    private async Task RelayAsync()
    {
        if (_second < _linkBackAt)
        {
            return;
        }

        if (!await AskB(() => _b.Guests.GuestsOf(CommunityA).Contains(North)))
        {
            await EndAsync();
            return;
        }

        if (_there is null)
        {
            await ConnectAsync();
            return;
        }

        while (_up is not null && _up.Reader.TryRead(out var message))
        {
            _upward.Enqueue((_second + _random.Next(_trouble.MostDelay), message));
        }

        while (_upward.TryPeek(out var up) && up.At <= _second)
        {
            _upward.Dequeue();
            await new EdgeLinkService(_a).TakeAsync(_there, up.Message, Cancel);
        }

        while (_there.Down.TryRead(out var message))
        {
            Note(message);
            _downward.Enqueue((_second + _random.Next(_trouble.MostDelay), message));
        }

        while (_downward.TryPeek(out var down) && down.At <= _second)
        {
            _downward.Dequeue();
            await HearAsync(down.Message);
            if (_there is null)
            {
                return;
            }
        }

        foreach (var (at, ask) in _asks.Where(a => a.At <= _second).ToList())
        {
            _asks.Remove((at, ask));
            await AskB(() =>
            {
                _b.Guests.Answer(_guest!, ask, CoordinatorHarness.Design, null);
                return true;
            });
        }
    }

    // The edge has not been here yet, or a is followed no longer and knows all.
    private async Task EndAsync()
    {
        await BreakAsync();
        if (_guest is { } guest)
        {
            await _b.PostAsync(() => _b.Guests.End(guest));
            _guest = null;
        }
    }

    private async Task ConnectAsync()
    {
        _guest ??= await AskB(() => _b.Guests.Begin(CommunityA, North));
        if (_hello is null)
        {
            _hello = AskB(() => _b.Guests.Hello(_guest));
            (_helloAt, _linkBackAt) = (_timeOfB.GetTimestamp(), _second + _random.Next(_trouble.MostDelay));
            return;
        }

        _there = await new EdgeLinkService(_a).JoinAsync(await _hello, Cancel);
        (_hello, _up) = (null, Channel.CreateUnbounded<Wire.EdgeUp>());
    }

    private async Task HearAsync(Wire.EdgeDown message)
    {
        var guest = _guest!;
        string? enough;
        if (message.Welcome is { } welcome)
        {
            var (why, asks) = await AskB(() => _b.Guests.Welcomed(guest, welcome, _up!.Writer, _helloAt));
            enough = why;
            _asks.AddRange(asks.Select(a => (_second + _random.Next(_trouble.MostDelay), a)));
        }
        else
        {
            var (why, ask) = await AskB(() => _b.Guests.Heard(guest, message));
            enough = why;
            if (ask is not null)
            {
                _asks.Add((_second + _random.Next(_trouble.MostDelay), ask));
            }
        }

        if (enough is not null)
        {
            Wrong ??= $"the relay broke off: {enough}";
            await BreakAsync();
        }
    }

    // When a coordinator last said that a lease lives.
    private void Note(Wire.EdgeDown message)
    {
        IEnumerable<(string Job, int Epoch)> renewed = message switch
        {
            { LeaseGranted: { } g } => [(g.Job.Id, g.Job.Epoch)],
            { LeaseRenewed: { } r } => [(r.JobId, r.Epoch)],
            { Welcome: { } w } => w.Leases.Select(static l => (l.Job.Id, l.Job.Epoch)),
            _ => [],
        };
        foreach (var (job, epoch) in renewed)
        {
            _renewedAtA[(JobId.Parse(job), epoch)] = _timeOfA.GetTimestamp();
        }
    }

    // The moment before the machine moves: the lease elsewhere must live, and nobody else may have the piece in hand.
    private async Task MayStartAsync(JobId here)
    {
        var origin = await AskB(() => _b.State.Jobs[here].Order.Origin!);
        var there = await AskA(() => _a.State.Jobs[origin.Job].Job);
        if (!_renewedAtA.TryGetValue((origin.Job, origin.Epoch), out var at) || _timeOfA.GetElapsedTime(at) > Ttl)
        {
            Wrong ??= $"at {_second} s {origin.Job} was started {(_timeOfA.GetElapsedTime(at) - Ttl).TotalSeconds:0} s after its lease had ended";
        }

        if ((there.Epoch != origin.Epoch || !there.IsHeldBySite) && !_decided.Contains(origin.Job))
        {
            Wrong ??= $"at {_second} s {origin.Job} was started under epoch {origin.Epoch}, and it is {there.State} under {there.Epoch}";
        }

        if (_edge.Starts.Any(s => s.Job == here))
        {
            Wrong ??= $"at {_second} s {here} was started twice";
        }
    }

    private string? Unfinished() => _a.State.Live.FirstOrDefault() is { } there ? $"{there.Id} never ended: it is {there.Job.State} ({there.Job.Reason})"
        : _b.State.Live.FirstOrDefault() is { } here ? $"{here.Id} never ended here: it is {here.Job.State} ({here.Job.Reason})" : null;

    // Each run is known on both sides, once, and made pieces are made.
    private string? Disagreement()
    {
        foreach (var (guest, job) in _b.State.Jobs.Values.Select(e => (e.Order.Origin!, e.Job)))
        {
            var events = _a.State.Jobs[guest.Job].Events.Where(e => e.Epoch == guest.Epoch).ToList();
            if (events.OfType<JobStarted>().Count() is var starts && starts > 1)
            {
                return $"{guest.Job} was told to be started {starts} times";
            }

            if (job.State is JobState.Completed && !events.OfType<JobCompleted>().Any() && !_decided.Contains(guest.Job))
            {
                return $"{job.Id} made {guest.Job}, and that is {_a.State.Jobs[guest.Job].Job.State}";
            }
        }

        if (_trouble.IsGraceful && _a.State.Jobs.Values.FirstOrDefault(static e => e.Events.OfType<JobLost>().Any()) is { } lost)
        {
            return $"{lost.Id} was lost, and nothing had broken";
        }

        var works = _a.State.Jobs.Values.Where(e => e.Job.Replaces is null).ToList();
        return works.Find(w => !_decided.Contains(w.Id) && _a.State.Jobs.Values.Count(e => e.Job.State is JobState.Completed && RootOf(e.Job) == w.Id) > 1 && !_a.State.Jobs.Values.Any(e => _decided.Contains(e.Id))) is { } twice
            ? $"{twice.Id} is made twice, and no person said so" : null;

        JobId RootOf(Job job) => job.Replaces is { } before ? RootOf(_a.State.Jobs[before].Job) : job.Id;
    }
}
