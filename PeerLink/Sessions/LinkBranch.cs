namespace EventMesh.PeerLink.Sessions;

/// <summary>The decisions that a session can come to, by the part of it that comes to them.</summary>
/// <remarks>A simulation between nodes of this release drives all but those that need a reference peer, best-effort frames, or a peer that
/// breaks rules;
/// those have tests of their own.</remarks>
public enum LinkBranch
{
    // Beginning.

    /// <summary>The stream is open and this side speaks first.</summary>
    OpenedAsDialer,

    /// <summary>The stream is open and the peer speaks first.</summary>
    OpenedAsListener,

    /// <summary>The peer's handshake names replication.</summary>
    IdentifiedNode,

    /// <summary>The peer's handshake does not: it is a reference peer.</summary>
    IdentifiedReference,

    /// <summary>The peer's handshake breaks a rule (version, own id, another node, no credit).</summary>
    HandshakeRefused,

    /// <summary>The peer said goodbye instead of a handshake.</summary>
    RefusedByPeer,

    /// <summary>The first frame was no handshake.</summary>
    WrongFirstFrame,

    /// <summary>A handshake came after the first.</summary>
    SecondHandshake,

    /// <summary>No handshake or no admission came in time.</summary>
    HandshakeTimedOut,

    /// <summary>An answer or event came when the link was not, or no longer, established.</summary>
    LateInput,

    // Life.

    /// <summary>A heartbeat was sent.</summary>
    HeartbeatSent,

    /// <summary>A heartbeat came.</summary>
    HeartbeatReceived,

    /// <summary>An echo gave a round trip.</summary>
    RoundTripMeasured,

    /// <summary>The peer was silent for too long.</summary>
    PeerSilent,

    /// <summary>Work was there and nothing moved for too long.</summary>
    Stalled,

    /// <summary>A frame of a kind that is not used was ignored.</summary>
    FrameIgnored,

    /// <summary>A frame does not belong to what the handshakes agreed on.</summary>
    FrameNotNegotiated,

    /// <summary>An answer to a request that is void by now.</summary>
    StaleAnswer,

    // Interest of this node.

    /// <summary>This node's interest has changed.</summary>
    LocalInterestNew,

    /// <summary>A change of this node's interest was overtaken by a newer one.</summary>
    LocalInterestOld,

    /// <summary>All interest was sent.</summary>
    InterestSnapshotSent,

    /// <summary>Changes of interest were sent.</summary>
    InterestUpdateSent,

    /// <summary>What had changed was as before when the writer had room.</summary>
    InterestUnchanged,

    /// <summary>The peer has applied this node's interest.</summary>
    InterestConfirmed,

    /// <summary>The peer confirmed a version that says nothing new.</summary>
    InterestConfirmedOld,

    // Interest of the peer.

    /// <summary>The peer sent all its interest.</summary>
    InterestSnapshotReceived,

    /// <summary>The peer began to want a pattern.</summary>
    InterestAdded,

    /// <summary>The peer ceased to want a pattern.</summary>
    InterestRemoved,

    /// <summary>Interest that cannot be read, or is another node's, was skipped.</summary>
    InterestSkipped,

    /// <summary>The peer wants more than the limit.</summary>
    TooMuchInterest,

    /// <summary>All silos have applied the peer's interest.</summary>
    InterestApplied,

    /// <summary>The peer's interest could not be applied and is tried again.</summary>
    InterestApplyFailed,

    /// <summary>A reference peer's interest of an earlier link holds on.</summary>
    ReferenceInterestRecalled,

    /// <summary>Nothing is known of a reference peer's interest yet.</summary>
    ReferenceInterestUnknown,

    /// <summary>A topic that rested is no longer wanted.</summary>
    InterestLost,

    /// <summary>A topic is no longer wanted while a read or frame of it is under way.</summary>
    InterestLostUnderWay,

    // Looking for topics.

    /// <summary>A walk through the topics began.</summary>
    ScanBegun,

    /// <summary>A walk went on with its next page.</summary>
    ScanContinued,

    /// <summary>A walk began again because interest had changed.</summary>
    ScanRestarted,

    /// <summary>A walk was put off because every place was taken.</summary>
    ScanTableFull,

    /// <summary>A walk found something that no wake-up had told.</summary>
    SweepFoundMissed,

    /// <summary>A topic found no place.</summary>
    SenderTableFull,

    /// <summary>A tracked topic has advanced.</summary>
    Advanced,

    /// <summary>A topic has advanced while it was read.</summary>
    AdvancedDuringRead,

    /// <summary>A topic has advanced that the peer does not want.</summary>
    AdvanceUnwanted,

    // Reading and sending.

    /// <summary>A topic is read for the first time with nothing remembered.</summary>
    ReadOpen,

    /// <summary>A topic is read from a time on.</summary>
    ReadTime,

    /// <summary>A topic is read after a position that has to be found.</summary>
    ReadAfterPosition,

    /// <summary>A topic is read on where the last read ended.</summary>
    ReadOn,

    /// <summary>A read failed.</summary>
    ReadFailed,

    /// <summary>The send queue is full: the log keeps the rest.</summary>
    QueueFull,

    /// <summary>The peer must be asked where it stands.</summary>
    TopicOffered,

    /// <summary>A gap was queued.</summary>
    GapSent,

    /// <summary>Events left within the credit.</summary>
    EventsSent,

    /// <summary>A frame larger than the credit window left alone.</summary>
    LargeFrameSentAlone,

    /// <summary>Events wait for credit.</summary>
    CreditExhausted,

    /// <summary>A queued frame was dropped because its topic goes on elsewhere.</summary>
    VoidFrameDropped,

    /// <summary>The peer holds what this node does not.</summary>
    PeerAhead,

    /// <summary>The peer asks for more answers than it reads.</summary>
    ControlLaneOverrun,

    /// <summary>A best-effort frame waits for room.</summary>
    BestEffortWaits,

    /// <summary>The oldest best-effort frames gave way.</summary>
    BestEffortDroppedOldest,

    /// <summary>The newest best-effort frame gave way.</summary>
    BestEffortDroppedNewest,

    // What the receiver answers.

    /// <summary>The peer resumes at a position.</summary>
    ResumeAtPosition,

    /// <summary>The peer starts live.</summary>
    ResumeLive,

    /// <summary>The peer starts at the oldest event.</summary>
    ResumeEarliest,

    /// <summary>The peer starts at a time.</summary>
    ResumeTime,

    /// <summary>The peer resumes a topic that it no longer wants.</summary>
    ResumeUnwanted,

    /// <summary>The peer resumes a topic that is not tracked any more.</summary>
    ResumeUntracked,

    /// <summary>The peer pauses a topic.</summary>
    PauseObeyed,

    /// <summary>The peer pauses a topic that is not sent any more.</summary>
    PauseUnwanted,

    /// <summary>A pause has ended.</summary>
    ParkEnded,

    /// <summary>An acknowledgement moved a topic.</summary>
    AckTaken,

    /// <summary>An acknowledgement said nothing new, or more than this node has.</summary>
    AckWithoutNews,

    /// <summary>An acknowledgement of a topic that is not tracked any more.</summary>
    AckUntracked,

    // Receiving.

    /// <summary>A frame of events was handed to the log at once.</summary>
    StoredAtOnce,

    /// <summary>A frame of events waits for the call under way.</summary>
    GatheredForNextCall,

    /// <summary>A gap came.</summary>
    GapReceived,

    /// <summary>An offer came.</summary>
    OfferReceived,

    /// <summary>The log took events, and they are acknowledged.</summary>
    TakenAcked,

    /// <summary>The log held the events already; they are acknowledged.</summary>
    DuplicateAcked,

    /// <summary>The peer began again behind what this node holds.</summary>
    OriginRewound,

    /// <summary>A Resume was sent with a position.</summary>
    ResumeSentAtPosition,

    /// <summary>A Resume was sent for a live start.</summary>
    ResumeSentLive,

    /// <summary>A Resume was sent for the earliest start.</summary>
    ResumeSentEarliest,

    /// <summary>Another item behind the same hole: one Resume is enough.</summary>
    ResumeAlreadySent,

    /// <summary>A frame was ignored because it was sent before the peer obeyed.</summary>
    StaleFrameIgnored,

    /// <summary>The peer has obeyed the last Resume or Pause.</summary>
    NumberEchoed,

    /// <summary>The oldest awaited number was forgotten for a newer one.</summary>
    AwaitForgotten,

    /// <summary>A topic that cannot be stored now was paused.</summary>
    PauseSent,

    /// <summary>Events that break a limit were replaced by gaps as they came.</summary>
    EventsRefusedOnArrival,

    /// <summary>The host refused a batch: it is tried event by event.</summary>
    RefusedBatchSplit,

    /// <summary>The host refused an event: a gap takes its place.</summary>
    EventsRefused,

    /// <summary>The host refused even a gap: the topic is passed over.</summary>
    GapRefused,

    /// <summary>Events of a system topic were passed over.</summary>
    TopicRefused,

    /// <summary>Events of a third node came.</summary>
    ForeignOrigin,

    /// <summary>More came than the credit allows.</summary>
    CreditViolated,

    /// <summary>A reference peer's event was taken.</summary>
    EventIngested,

    /// <summary>A reference peer's events could not be stored and are tried again.</summary>
    IngestRetried,

    /// <summary>A reference peer's event was dropped.</summary>
    EventDropped,

    // End.

    /// <summary>A graceful close began.</summary>
    CloseDraining,

    /// <summary>A close began that waits for nothing but the goodbye.</summary>
    CloseAtOnce,

    /// <summary>All that was under way has left.</summary>
    Drained,

    /// <summary>Something was still under way when the time to drain was over.</summary>
    DrainTimedOut,

    /// <summary>The goodbye has left.</summary>
    GoodbyeSent,

    /// <summary>The transport did not take the goodbye in time.</summary>
    GoodbyeTimedOut,

    /// <summary>The peer knows no goodbye.</summary>
    ClosedWithoutGoodbye,

    /// <summary>The peer said goodbye.</summary>
    GoodbyeReceived,

    /// <summary>The peer ended the stream in an orderly way.</summary>
    StreamEnded,

    /// <summary>The stream broke.</summary>
    StreamBroken,
}
