//! The socket calls of an actor, raw: one system call each, with the time directly before and after it.
//!
//! Nothing is retried, nothing is hidden: EINTR comes back like every other error. Descriptors are plain numbers,
//! because a scenario may call on one that is closed.

use core::net::SocketAddr;
use std::mem::{MaybeUninit, size_of};
use std::os::fd::{AsRawFd as _, BorrowedFd, RawFd};

use nix::errno::Errno;
use nix::sys::socket::{SockaddrLike, SockaddrStorage};

use super::process::now_ns;

/// A call that was made.
#[derive(Clone, Copy, Debug)]
pub(in crate::lab) struct Timed {
    /// `CLOCK_REALTIME` before the call, in nanoseconds since 1970.
    pub(in crate::lab) begin_ns: u64,
    /// `CLOCK_REALTIME` after it.
    pub(in crate::lab) end_ns: u64,
    /// What C sees.
    pub(in crate::lab) value: i64,
    /// The error number where the value is −1, else 0.
    pub(in crate::lab) errno: i32,
}

pub(super) fn timed(call: impl FnOnce() -> i64) -> Timed {
    let begin_ns = now_ns();
    let value = call();
    let errno = if value == -1 { Errno::last_raw() } else { 0 };
    let end_ns = now_ns();
    Timed { begin_ns, end_ns, value, errno }
}

/// A length as the kernel takes it; no buffer here comes near the limit.
fn socklen(size: usize) -> libc::socklen_t {
    libc::socklen_t::try_from(size).unwrap_or(libc::socklen_t::MAX)
}

/// socket(2): a TCP stream socket, for IPv4 or IPv6.
pub(in crate::lab) fn socket(ipv6: bool) -> Timed {
    let domain = if ipv6 { libc::AF_INET6 } else { libc::AF_INET };
    // SAFETY: takes numbers only.
    timed(|| i64::from(unsafe { libc::socket(domain, libc::SOCK_STREAM | libc::SOCK_CLOEXEC, libc::IPPROTO_TCP) }))
}

/// bind(2).
pub(in crate::lab) fn bind(fd: RawFd, to: SocketAddr) -> Timed {
    let address = SockaddrStorage::from(to);
    // SAFETY: the pointer and the length are those of `address`, which outlives the call.
    timed(|| i64::from(unsafe { libc::bind(fd, address.as_ptr(), address.len()) }))
}

/// connect(2).
pub(in crate::lab) fn connect(fd: RawFd, to: SocketAddr) -> Timed {
    let address = SockaddrStorage::from(to);
    // SAFETY: the pointer and the length are those of `address`, which outlives the call.
    timed(|| i64::from(unsafe { libc::connect(fd, address.as_ptr(), address.len()) }))
}

/// listen(2).
pub(in crate::lab) fn listen(fd: RawFd, backlog: i32) -> Timed {
    // SAFETY: takes numbers only.
    timed(|| i64::from(unsafe { libc::listen(fd, backlog) }))
}

/// accept(2), with the peer's address as it tells it: getpeername(2) knows none where the connection is over by then.
pub(in crate::lab) fn accept(fd: RawFd) -> (Timed, Option<SocketAddr>) {
    // SAFETY: accept has the signature of an address query and keeps its promise (see `asked_address`).
    asked_address(|storage, size| unsafe { libc::accept(fd, storage, size) })
}

/// read(2).
pub(in crate::lab) fn read(fd: RawFd, buffer: &mut [u8]) -> Timed {
    // SAFETY: the pointer and the length are those of `buffer`, which is borrowed for the call.
    timed(|| unsafe { libc::read(fd, buffer.as_mut_ptr().cast(), buffer.len()) } as i64)
}

/// write(2).
pub(in crate::lab) fn write(fd: RawFd, data: &[u8]) -> Timed {
    // SAFETY: the pointer and the length are those of `data`, which is only read.
    timed(|| unsafe { libc::write(fd, data.as_ptr().cast(), data.len()) } as i64)
}

/// recv(2) with `MSG_` flags.
pub(in crate::lab) fn recv(fd: RawFd, buffer: &mut [u8], flags: i32) -> Timed {
    // SAFETY: the pointer and the length are those of `buffer`, which is borrowed for the call.
    timed(|| unsafe { libc::recv(fd, buffer.as_mut_ptr().cast(), buffer.len(), flags) } as i64)
}

/// send(2) with `MSG_` flags.
pub(in crate::lab) fn send(fd: RawFd, data: &[u8], flags: i32) -> Timed {
    // SAFETY: the pointer and the length are those of `data`, which is only read.
    timed(|| unsafe { libc::send(fd, data.as_ptr().cast(), data.len(), flags) } as i64)
}

/// shutdown(2) with a `SHUT_` constant.
pub(in crate::lab) fn shutdown(fd: RawFd, how: i32) -> Timed {
    // SAFETY: takes numbers only.
    timed(|| i64::from(unsafe { libc::shutdown(fd, how) }))
}

/// close(2).
pub(in crate::lab) fn close(fd: RawFd) -> Timed {
    // SAFETY: takes a number only. No Rust value of an actor owns a descriptor above 2.
    timed(|| i64::from(unsafe { libc::close(fd) }))
}

/// socketpair(2) of `AF_UNIX` stream sockets; the descriptors are valid where the call succeeded.
pub(in crate::lab) fn socketpair() -> (Timed, [RawFd; 2]) {
    let mut ends = [-1; 2];
    let pointer = ends.as_mut_ptr();
    // SAFETY: the pointer is to two numbers, which outlive the call.
    let made = timed(|| i64::from(unsafe { libc::socketpair(libc::AF_UNIX, libc::SOCK_STREAM, 0, pointer) }));
    (made, ends)
}

/// pipe(2): the read end and the write end; they are valid where the call succeeded.
pub(in crate::lab) fn pipe() -> (Timed, [RawFd; 2]) {
    let mut ends = [-1; 2];
    let pointer = ends.as_mut_ptr();
    // SAFETY: the pointer is to two numbers, which outlive the call.
    let made = timed(|| i64::from(unsafe { libc::pipe(pointer) }));
    (made, ends)
}

/// dup(2).
pub(in crate::lab) fn dup(fd: RawFd) -> Timed {
    // SAFETY: takes a number only. No Rust value of an actor owns a descriptor above 2.
    timed(|| i64::from(unsafe { libc::dup(fd) }))
}

/// connect(2) to no address (`AF_UNSPEC`), which ends a connection at once (connect(2)).
pub(in crate::lab) fn disconnect(socket: BorrowedFd<'_>) -> Result<(), Errno> {
    let family = libc::sa_family_t::try_from(libc::AF_UNSPEC).unwrap_or_default();
    let nowhere = libc::sockaddr { sa_family: family, sa_data: [0; 14] };
    let pointer = &raw const nowhere;
    // SAFETY: the pointer and the length are those of `nowhere`, which outlives the call.
    let made =
        timed(|| i64::from(unsafe { libc::connect(socket.as_raw_fd(), pointer, socklen(size_of_val(&nowhere))) }));
    if made.value == 0 { Ok(()) } else { Err(Errno::from_raw(made.errno)) }
}

/// Puts a socket into repair mode, in which its connection can be forgotten without a segment (`TCP_REPAIR`; needs
/// `CAP_NET_ADMIN`).
pub(in crate::lab) fn set_repair(socket: BorrowedFd<'_>) -> Result<(), Errno> {
    let made = setsockopt::<libc::c_int>(socket.as_raw_fd(), libc::IPPROTO_TCP, libc::TCP_REPAIR, 1);
    if made.value == 0 { Ok(()) } else { Err(Errno::from_raw(made.errno)) }
}

/// A value that a socket option takes: plain C data of fixed size.
pub(in crate::lab) trait OptionValue: Copy {}

impl OptionValue for libc::c_int {}
impl OptionValue for libc::linger {}
impl OptionValue for libc::timeval {}

/// setsockopt(2).
pub(in crate::lab) fn setsockopt<T: OptionValue>(fd: RawFd, level: i32, name: i32, value: T) -> Timed {
    let pointer: *const T = &raw const value;
    // SAFETY: the pointer and the size are those of `value`, which lives until the end of this function.
    timed(|| i64::from(unsafe { libc::setsockopt(fd, level, name, pointer.cast(), socklen(size_of::<T>())) }))
}

/// getsockopt(2); the value is present where the call succeeded.
pub(in crate::lab) fn getsockopt<T: OptionValue>(fd: RawFd, level: i32, name: i32) -> (Timed, Option<T>) {
    let mut value = MaybeUninit::<T>::zeroed();
    let mut size = socklen(size_of::<T>());
    let made = timed(|| {
        // SAFETY: the kernel writes at most `size` bytes, which is the size of `value`.
        i64::from(unsafe { libc::getsockopt(fd, level, name, value.as_mut_ptr().cast(), &raw mut size) })
    });
    // SAFETY: it was zeroed, and for the C structures of `OptionValue` every pattern of bits is a value.
    let value = unsafe { value.assume_init() };
    (made, (made.value == 0).then_some(value))
}

/// fcntl(2) with `F_GETFL`.
pub(in crate::lab) fn flags(fd: RawFd) -> Timed {
    // SAFETY: takes numbers only.
    timed(|| i64::from(unsafe { libc::fcntl(fd, libc::F_GETFL) }))
}

/// fcntl(2) with `F_SETFL`.
pub(in crate::lab) fn set_flags(fd: RawFd, flags: i32) -> Timed {
    // SAFETY: takes numbers only.
    timed(|| i64::from(unsafe { libc::fcntl(fd, libc::F_SETFL, flags) }))
}

/// poll(2) on one descriptor: with the call, the events that it returned. A negative timeout waits for ever.
pub(in crate::lab) fn poll(fd: RawFd, events: i16, timeout_ms: i32) -> (Timed, i16) {
    let mut asked = libc::pollfd { fd, events, revents: 0 };
    let pointer = &raw mut asked;
    // SAFETY: the pointer is to one `pollfd`, which outlives the call.
    let made = timed(|| i64::from(unsafe { libc::poll(pointer, 1, timeout_ms) }));
    (made, asked.revents)
}

/// getsockname(2) as a call of its own, with what it returned.
pub(in crate::lab) fn getsockname(fd: RawFd) -> (Timed, Option<SocketAddr>) {
    // SAFETY: getsockname has the signature of an address query and keeps its promise (see `asked_address`).
    asked_address(|storage, size| unsafe { libc::getsockname(fd, storage, size) })
}

/// getpeername(2) as a call of its own, with what it returned.
pub(in crate::lab) fn getpeername(fd: RawFd) -> (Timed, Option<SocketAddr>) {
    // SAFETY: getpeername has the signature of an address query and keeps its promise (see `asked_address`).
    asked_address(|storage, size| unsafe { libc::getpeername(fd, storage, size) })
}

/// sendfile(2) from the beginning of a file.
pub(in crate::lab) fn sendfile(fd: RawFd, from: BorrowedFd<'_>, count: usize) -> Timed {
    let mut offset: libc::off_t = 0;
    let pointer = &raw mut offset;
    // SAFETY: the pointer is to an offset that outlives the call.
    timed(|| unsafe { libc::sendfile(fd, from.as_raw_fd(), pointer, count) } as i64)
}

/// `epoll_create1(2)`.
pub(in crate::lab) fn epoll_create() -> Timed {
    // SAFETY: takes numbers only.
    timed(|| i64::from(unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) }))
}

/// `epoll_ctl(2)` with `EPOLL_CTL_ADD` or `EPOLL_CTL_MOD`.
pub(in crate::lab) fn epoll_ctl(epoll: RawFd, operation: i32, fd: RawFd, events: u32) -> Timed {
    let mut asked = libc::epoll_event { events, u64: 0 };
    let pointer = &raw mut asked;
    // SAFETY: the pointer is to one `epoll_event`, which outlives the call.
    timed(|| i64::from(unsafe { libc::epoll_ctl(epoll, operation, fd, pointer) }))
}

/// `epoll_wait(2)` for one event: with the call, what it returned. A negative timeout waits for ever.
pub(in crate::lab) fn epoll_wait(epoll: RawFd, timeout_ms: i32) -> (Timed, u32) {
    let mut told = libc::epoll_event { events: 0, u64: 0 };
    let pointer = &raw mut told;
    // SAFETY: the pointer is to one `epoll_event`, which outlives the call, and one is the most that is asked for.
    let made = timed(|| i64::from(unsafe { libc::epoll_wait(epoll, pointer, 1, timeout_ms) }));
    (made, told.events)
}

/// getsockname(2): the socket's own address, where it has a family that we know.
pub(in crate::lab) fn local_address(fd: RawFd) -> Option<SocketAddr> {
    // SAFETY: getsockname has the signature of an address query and keeps its promise (see `address`).
    address(|storage, size| unsafe { libc::getsockname(fd, storage, size) })
}

/// getpeername(2): the peer's address, where there is a peer.
pub(in crate::lab) fn peer_address(fd: RawFd) -> Option<SocketAddr> {
    // SAFETY: getpeername has the signature of an address query and keeps its promise (see `address`).
    address(|storage, size| unsafe { libc::getpeername(fd, storage, size) })
}

fn address(query: impl FnOnce(*mut libc::sockaddr, *mut libc::socklen_t) -> i32) -> Option<SocketAddr> {
    asked_address(query).1
}

fn asked_address(query: impl FnOnce(*mut libc::sockaddr, *mut libc::socklen_t) -> i32) -> (Timed, Option<SocketAddr>) {
    let mut storage = MaybeUninit::<libc::sockaddr_storage>::zeroed();
    let mut size = socklen(size_of::<libc::sockaddr_storage>());
    let made = timed(|| i64::from(query(storage.as_mut_ptr().cast(), &raw mut size)));
    if made.value < 0 {
        return (made, None);
    }
    // SAFETY: the kernel wrote an address of `size` bytes into storage that is large enough for every family.
    let found = unsafe { SockaddrStorage::from_raw(storage.as_ptr().cast(), Some(size)) };
    let of_four = |found: &SockaddrStorage| found.as_sockaddr_in().map(|v4| SocketAddr::from((v4.ip(), v4.port())));
    let of_six = |found: &SockaddrStorage| found.as_sockaddr_in6().map(|v6| SocketAddr::from((v6.ip(), v6.port())));
    (made, found.and_then(|found| of_four(&found).or_else(|| of_six(&found))))
}
