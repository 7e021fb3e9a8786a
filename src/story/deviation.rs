/// A way in which a TCP could differ from Linux.
///
/// The model can be told to deviate, to see that the difference would be noticed: the differential test finds every one of
/// these within a few hundred random scenarios. Those that BSD is known for are marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Deviation {
    /// A read reports the pending error before the end of file (BSD).
    ReadTellsErrorBeforeEnd,
    /// An RST in `CLOSE_WAIT` sets ECONNRESET (BSD, and RFC 9293 as it is usually read).
    ResetInCloseWaitIsEconnreset,
    /// The pending error stays after it was reported.
    ErrorStays,
    /// SIGPIPE comes with ECONNRESET as well.
    SigpipeWithEveryError,
    /// An RST throws away what was not read (RFC 9293, section 3.10.7.4).
    ResetFlushesTheQueue,
    /// A close with unread data sends a FIN.
    CloseWithUnreadSendsFin,
    /// A write after the peer's FIN fails at once.
    WriteAfterFinFails,
    /// `SO_ERROR` leaves the pending error.
    SoErrorKeepsTheError,
    /// Poll tells POLLHUP after the peer's FIN alone.
    PollHangsUpAfterFin,
    /// `MSG_PEEK` takes the bytes away.
    PeekTakes,
    /// `shutdown(SHUT_RD)` throws away what is queued.
    ShutdownReadFlushes,
    /// Lingering for 0 seconds sends a FIN all the same.
    LingerZeroSendsFin,
    /// A close sends nothing: the peer has to find out by itself.
    CloseSendsNothing,
    /// `shutdown(SHUT_RD)` ends both directions, and so sends a FIN.
    ShutdownReadSendsFin,
    /// Data for a closed socket is dropped without a word.
    ClosedSocketIsSilent,
    /// A FIN that waits behind data is forgotten: the state stays as it was.
    WaitingFinLeavesTheState,
}

impl Deviation {
    /// Every one.
    pub const ALL: [Self; 16] = [
        Self::ReadTellsErrorBeforeEnd,
        Self::ResetInCloseWaitIsEconnreset,
        Self::ErrorStays,
        Self::SigpipeWithEveryError,
        Self::ResetFlushesTheQueue,
        Self::CloseWithUnreadSendsFin,
        Self::WriteAfterFinFails,
        Self::SoErrorKeepsTheError,
        Self::PollHangsUpAfterFin,
        Self::PeekTakes,
        Self::ShutdownReadFlushes,
        Self::LingerZeroSendsFin,
        Self::CloseSendsNothing,
        Self::ShutdownReadSendsFin,
        Self::ClosedSocketIsSilent,
        Self::WaitingFinLeavesTheState,
    ];
}
