//! One call, as a program in C would make it.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::{AsFd as _, RawFd};

use nix::sys::memfd::{MFdFlags, memfd_create};

use super::protocol::{Done, Order};
use crate::lab::sys::fork::fork_sibling;
use crate::lab::sys::process::caught;
use crate::lab::sys::socket::{self, OptionValue, Timed};
use crate::record::{
    Address, Bytes, Call, Detail, Errno, Family, MsgFlag, OptionShape, Outcome, PollEvent, ShutdownHow, SocketOption,
    SocketOptionName, Target,
};

/// The most bytes of a read that are reported.
const REPORTED: usize = 65_536;

/// The largest buffer of a read, in bytes: more than a receive queue holds (`tcp_rmem`), whatever the author asks for.
const LARGEST_BUFFER: u64 = 64 * 1024 * 1024;

const NANOSECONDS: u64 = 1_000_000_000;

/// The exit code of an actor that could not make the file of a sendfile.
const NO_FILE: i32 = 3;

/// Prepares everything that the call needs, says `begun`, makes it, and tells how it went.
///
/// `exit` is not for here: nothing can be told of it.
pub(super) fn perform(order: &Order, begun: impl FnOnce()) -> Done {
    let (before, _) = caught();
    let (made, detail, pair) = match &order.call {
        Call::Socketpair { .. } => paired(begun, socket::socketpair),
        Call::Pipe { .. } => paired(begun, socket::pipe),
        _ => {
            let (made, detail) = make(order, begun);
            (made, detail, None)
        }
    };
    let (after, sigpipe_ns) = caught();
    let outcome = if made.value == -1 {
        Outcome::Failed { errno: Errno(made.errno) }
    } else {
        Outcome::Returned { value: made.value, detail }
    };
    let accepted_from = match (&order.call, &outcome) {
        (Call::Accept { .. }, Outcome::Returned { detail: Detail::Address(peer), .. }) => Some(*peer),
        _ => None,
    };
    let named = match (&order.call, made.value) {
        (Call::Accept { .. }, value @ 0..) => RawFd::try_from(value).ok(),
        (Call::Bind { .. } | Call::Listen { .. } | Call::Connect { .. }, _) => Some(order.fd),
        _ => None,
    };
    Done {
        begin_ns: made.begin_ns,
        end_ns: made.end_ns,
        outcome,
        sigpipes: after.wrapping_sub(before),
        sigpipe_ns,
        local: named.and_then(socket::local_address),
        peer: accepted_from.or_else(|| named.and_then(socket::peer_address)),
        pair,
    }
}

fn make(order: &Order, begun: impl FnOnce()) -> (Timed, Detail) {
    let fd = order.fd;
    match &order.call {
        Call::Socket => plain(begun, || socket::socket(order.family == Family::Ipv6)),
        Call::Bind { to } => {
            let to = address(*to, order.family);
            plain(begun, || socket::bind(fd, to))
        }
        Call::Listen { backlog } => {
            let backlog = i32::try_from(*backlog).unwrap_or(i32::MAX);
            plain(begun, || socket::listen(fd, backlog))
        }
        Call::Connect { to } => {
            let to = match to {
                Target::Address(to) => *to,
                Target::Actor(_) => address(Address::default(), order.family), // the conductor resolves every actor
            };
            plain(begun, || socket::connect(fd, to))
        }
        Call::Accept { .. } => named(begun, || socket::accept(fd)),
        Call::Read { size } => reading(*size, begun, |buffer| socket::read(fd, buffer)),
        Call::Recv { size, flags } => {
            let flags = message_flags(flags);
            reading(*size, begun, |buffer| socket::recv(fd, buffer, flags))
        }
        Call::Write { data } => {
            let data = data.bytes();
            plain(begun, || socket::write(fd, &data))
        }
        Call::Send { data, flags } => {
            let (data, flags) = (data.bytes(), message_flags(flags));
            plain(begun, || socket::send(fd, &data, flags))
        }
        Call::Shutdown { how } => plain(begun, || socket::shutdown(fd, shutdown_constant(*how))),
        Call::Close => plain(begun, || socket::close(fd)),
        Call::Setsockopt { option } => set(fd, *option, begun),
        Call::Getsockopt { option } => get(fd, *option, begun),
        Call::Poll { events, timeout_ns } => poll(fd, events, *timeout_ns, begun),
        Call::Getsockname => named(begun, || socket::getsockname(fd)),
        Call::Getpeername => named(begun, || socket::getpeername(fd)),
        Call::Sendfile { data } => sendfile(fd, &data.bytes(), begun),
        Call::EpollCreate => plain(begun, socket::epoll_create),
        Call::EpollCtl { add, events, edge } => {
            let operation = if *add { libc::EPOLL_CTL_ADD } else { libc::EPOLL_CTL_MOD };
            let asked = epoll_bits(events, *edge);
            plain(begun, || socket::epoll_ctl(order.epoll, operation, fd, asked))
        }
        Call::EpollWait { timeout_ns, .. } => epoll_wait(order.epoll, *timeout_ns, begun),
        Call::Socketpair { .. } => plain(begun, || socket::socketpair().0),
        Call::Pipe { .. } => plain(begun, || socket::pipe().0),
        Call::Dup { .. } => plain(begun, || socket::dup(fd)),
        // Another descriptor is in the conductor's hands by then, which makes the connection vanish.
        Call::Vanish => plain(begun, || socket::close(fd)),
        Call::Fork { .. } | Call::Clone { .. } => {
            begun();
            (fork_sibling(matches!(order.call, Call::Clone { .. })), Detail::None)
        }
        Call::Exit { code } => {
            begun();
            crate::lab::sys::process::exit(i32::from(*code))
        }
    }
}

fn plain(begun: impl FnOnce(), call: impl FnOnce() -> Timed) -> (Timed, Detail) {
    begun();
    (call(), Detail::None)
}

/// A call that makes two descriptors.
fn paired(begun: impl FnOnce(), call: impl FnOnce() -> (Timed, [RawFd; 2])) -> (Timed, Detail, Option<[RawFd; 2]>) {
    begun();
    let (made, ends) = call();
    (made, Detail::None, (made.value == 0).then_some(ends))
}

fn named(begun: impl FnOnce(), call: impl FnOnce() -> (Timed, Option<SocketAddr>)) -> (Timed, Detail) {
    begun();
    let (made, address) = call();
    (made, address.map_or(Detail::None, Detail::Address))
}

/// The file is made before the call begins and is gone after it. An actor that cannot have one cannot go on.
fn sendfile(fd: RawFd, data: &[u8], begun: impl FnOnce()) -> (Timed, Detail) {
    let Ok(file) = memory_file(data) else { crate::lab::sys::process::exit(NO_FILE) };
    plain(begun, || socket::sendfile(fd, file.as_fd(), data.len()))
}

fn memory_file(data: &[u8]) -> io::Result<File> {
    let mut file = File::from(memfd_create(c"tcpstory", MFdFlags::MFD_CLOEXEC)?);
    file.write_all(data)?;
    Ok(file)
}

fn reading(size: u64, begun: impl FnOnce(), call: impl FnOnce(&mut [u8]) -> Timed) -> (Timed, Detail) {
    let size = usize::try_from(size.min(LARGEST_BUFFER)).unwrap_or(usize::MAX);
    let mut buffer = vec![0; size];
    begun();
    let made = call(&mut buffer);
    let read = usize::try_from(made.value).unwrap_or(0);
    buffer.truncate(read.min(REPORTED));
    (made, Detail::Data(Bytes(buffer)))
}

fn address(to: Address, family: Family) -> SocketAddr {
    let anywhere = match family {
        Family::Ipv4 => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        Family::Ipv6 => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    };
    SocketAddr::new(to.ip.unwrap_or(anywhere), to.port.unwrap_or(0))
}

fn message_flags(flags: &[MsgFlag]) -> i32 {
    flags.iter().fold(0, |bits, flag| {
        bits | match flag {
            MsgFlag::NoSignal => libc::MSG_NOSIGNAL,
            MsgFlag::Peek => libc::MSG_PEEK,
            MsgFlag::DontWait => libc::MSG_DONTWAIT,
            MsgFlag::WaitAll => libc::MSG_WAITALL,
            MsgFlag::Oob => libc::MSG_OOB,
            MsgFlag::More => libc::MSG_MORE,
        }
    })
}

fn shutdown_constant(how: ShutdownHow) -> i32 {
    match how {
        ShutdownHow::Read => libc::SHUT_RD,
        ShutdownHow::Write => libc::SHUT_WR,
        ShutdownHow::Both => libc::SHUT_RDWR,
    }
}

fn set(fd: RawFd, option: SocketOption, begun: impl FnOnce()) -> (Timed, Detail) {
    let (level, name) = constant(option.name());
    match option {
        SocketOption::SoLinger(seconds) => {
            let linger = libc::linger { l_onoff: i32::from(seconds.is_some()), l_linger: number(seconds.unwrap_or(0)) };
            plain(begun, || socket::setsockopt(fd, level, name, linger))
        }
        SocketOption::SoRcvtimeo(ns) | SocketOption::SoSndtimeo(ns) => {
            let time = timeval(ns);
            plain(begun, || socket::setsockopt(fd, level, name, time))
        }
        SocketOption::SoSndbuf(count) | SocketOption::SoRcvbuf(count) | SocketOption::TcpKeepcnt(count) => {
            plain(begun, || socket::setsockopt(fd, level, name, number(count)))
        }
        SocketOption::TcpNodelay(on)
        | SocketOption::SoReuseaddr(on)
        | SocketOption::SoKeepalive(on)
        | SocketOption::TcpCork(on)
        | SocketOption::TcpQuickack(on)
        | SocketOption::SoOobinline(on) => plain(begun, || socket::setsockopt(fd, level, name, i32::from(on))),
        SocketOption::TcpKeepidle(ns)
        | SocketOption::TcpKeepintvl(ns)
        | SocketOption::TcpUserTimeout(ns)
        | SocketOption::TcpDeferAccept(ns)
        | SocketOption::TcpLinger2(Some(ns)) => {
            let time = units(ns, unit_ns(option.name()));
            plain(begun, || socket::setsockopt(fd, level, name, time))
        }
        SocketOption::TcpLinger2(None) => plain(begun, || socket::setsockopt(fd, level, name, -1)),
        SocketOption::ONonblock(on) => {
            let flags = i32::try_from(socket::flags(fd).value).unwrap_or(0);
            let flags = if on { flags | libc::O_NONBLOCK } else { flags & !libc::O_NONBLOCK };
            plain(begun, || socket::set_flags(fd, flags))
        }
    }
}

fn get(fd: RawFd, option: SocketOptionName, begun: impl FnOnce()) -> (Timed, Detail) {
    begun();
    if option == SocketOptionName::ONonblock {
        let made = socket::flags(fd);
        let on = made.value & i64::from(libc::O_NONBLOCK) != 0;
        return (made, Detail::Option(i64::from(on)));
    }
    match option.shape() {
        OptionShape::Linger => ask(fd, option, |linger: libc::linger| {
            Detail::Option(if linger.l_onoff == 0 { -1 } else { i64::from(linger.l_linger) })
        }),
        OptionShape::Time { unit_ns: 1, .. } => {
            ask(fd, option, |time: libc::timeval| Detail::Option(nanoseconds(time)))
        }
        OptionShape::Time { unit_ns, .. } => {
            ask(fd, option, |time: libc::c_int| Detail::Option(i64::from(time).saturating_mul(unit_ns.cast_signed())))
        }
        OptionShape::TimeOrOff => ask(fd, option, |time: libc::c_int| {
            Detail::Option(if time < 0 { -1 } else { i64::from(time).saturating_mul(NANOSECONDS.cast_signed()) })
        }),
        OptionShape::Error => {
            ask(fd, option, |error: libc::c_int| Detail::PendingError((error != 0).then_some(Errno(error))))
        }
        OptionShape::Switch => ask(fd, option, |on: libc::c_int| Detail::Option(i64::from(on != 0))),
        OptionShape::Bytes | OptionShape::Count(_) => {
            ask(fd, option, |number: libc::c_int| Detail::Option(i64::from(number)))
        }
    }
}

fn ask<T: OptionValue>(fd: RawFd, option: SocketOptionName, read: impl FnOnce(T) -> Detail) -> (Timed, Detail) {
    let (level, name) = constant(option);
    let (made, value) = socket::getsockopt(fd, level, name);
    (made, value.map_or(Detail::None, read))
}

/// Level and name; `O_NONBLOCK`, which is fcntl's, has none.
fn constant(option: SocketOptionName) -> (i32, i32) {
    match option {
        SocketOptionName::SoLinger => (libc::SOL_SOCKET, libc::SO_LINGER),
        SocketOptionName::SoError => (libc::SOL_SOCKET, libc::SO_ERROR),
        SocketOptionName::TcpNodelay => (libc::IPPROTO_TCP, libc::TCP_NODELAY),
        SocketOptionName::SoRcvtimeo => (libc::SOL_SOCKET, libc::SO_RCVTIMEO),
        SocketOptionName::SoSndtimeo => (libc::SOL_SOCKET, libc::SO_SNDTIMEO),
        SocketOptionName::SoSndbuf => (libc::SOL_SOCKET, libc::SO_SNDBUF),
        SocketOptionName::SoRcvbuf => (libc::SOL_SOCKET, libc::SO_RCVBUF),
        SocketOptionName::SoReuseaddr => (libc::SOL_SOCKET, libc::SO_REUSEADDR),
        SocketOptionName::SoKeepalive => (libc::SOL_SOCKET, libc::SO_KEEPALIVE),
        SocketOptionName::TcpKeepidle => (libc::IPPROTO_TCP, libc::TCP_KEEPIDLE),
        SocketOptionName::TcpKeepintvl => (libc::IPPROTO_TCP, libc::TCP_KEEPINTVL),
        SocketOptionName::TcpKeepcnt => (libc::IPPROTO_TCP, libc::TCP_KEEPCNT),
        SocketOptionName::TcpUserTimeout => (libc::IPPROTO_TCP, libc::TCP_USER_TIMEOUT),
        SocketOptionName::TcpCork => (libc::IPPROTO_TCP, libc::TCP_CORK),
        SocketOptionName::TcpQuickack => (libc::IPPROTO_TCP, libc::TCP_QUICKACK),
        SocketOptionName::TcpDeferAccept => (libc::IPPROTO_TCP, libc::TCP_DEFER_ACCEPT),
        SocketOptionName::TcpLinger2 => (libc::IPPROTO_TCP, libc::TCP_LINGER2),
        SocketOptionName::SoOobinline => (libc::SOL_SOCKET, libc::SO_OOBINLINE),
        SocketOptionName::ONonblock => (0, 0),
    }
}

fn number(value: u32) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}

/// The unit in which the kernel takes an option's time, in nanoseconds.
fn unit_ns(option: SocketOptionName) -> u64 {
    match option.shape() {
        OptionShape::Time { unit_ns, .. } => unit_ns,
        _ => NANOSECONDS,
    }
}

/// Rounded up, as a time of less than a unit is not none.
fn units(ns: u64, unit_ns: u64) -> i32 {
    i32::try_from(ns.div_ceil(unit_ns)).unwrap_or(i32::MAX)
}

/// Rounded up to the microsecond, so that a short time never becomes 0, which means for ever.
fn timeval(ns: u64) -> libc::timeval {
    let microseconds = ns.div_ceil(1000);
    libc::timeval {
        tv_sec: libc::time_t::try_from(microseconds / 1_000_000).unwrap_or(libc::time_t::MAX),
        tv_usec: libc::suseconds_t::try_from(microseconds % 1_000_000).unwrap_or(0),
    }
}

fn nanoseconds(time: libc::timeval) -> i64 {
    let seconds = time.tv_sec.saturating_mul(NANOSECONDS.cast_signed());
    seconds.saturating_add(time.tv_usec.saturating_mul(1000))
}

const POLL_EVENTS: [(PollEvent, i16); 7] = [
    (PollEvent::In, libc::POLLIN),
    (PollEvent::Pri, libc::POLLPRI),
    (PollEvent::Out, libc::POLLOUT),
    (PollEvent::Err, libc::POLLERR),
    (PollEvent::Hup, libc::POLLHUP),
    (PollEvent::RdHup, libc::POLLRDHUP),
    (PollEvent::Nval, libc::POLLNVAL),
];

/// The constants of epoll have the values of those of poll (`include/uapi/linux/eventpoll.h`).
fn epoll_bits(events: &[PollEvent], edge: bool) -> u32 {
    let asked = POLL_EVENTS.iter().filter(|(event, _)| events.contains(event));
    let bits = asked.fold(0, |bits, (_, bit)| bits | u32::from(bit.unsigned_abs()));
    if edge { bits | libc::EPOLLET.cast_unsigned() } else { bits }
}

fn epoll_wait(epoll: RawFd, timeout_ns: Option<u64>, begun: impl FnOnce()) -> (Timed, Detail) {
    begun();
    let (made, returned) = socket::epoll_wait(epoll, milliseconds(timeout_ns));
    let is_ready = |bit: i16| returned & u32::from(bit.unsigned_abs()) != 0;
    let ready = POLL_EVENTS.iter().filter(|(_, bit)| is_ready(*bit)).map(|(event, _)| *event).collect();
    (made, Detail::Ready(ready))
}

/// A timeout as poll takes it: rounded up, and negative for ever.
fn milliseconds(timeout_ns: Option<u64>) -> i32 {
    timeout_ns.map_or(-1, |ns| i32::try_from(ns.div_ceil(1_000_000)).unwrap_or(i32::MAX))
}

fn poll(fd: RawFd, events: &[PollEvent], timeout_ns: Option<u64>, begun: impl FnOnce()) -> (Timed, Detail) {
    let asked = POLL_EVENTS.iter().filter(|(event, _)| events.contains(event)).fold(0, |bits, (_, bit)| bits | bit);
    begun();
    let (made, returned) = socket::poll(fd, asked, milliseconds(timeout_ns));
    let ready = POLL_EVENTS.iter().filter(|(_, bit)| returned & bit != 0).map(|(event, _)| *event).collect();
    (made, Detail::Ready(ready))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_round_up_and_come_back() {
        for (ns, back) in [(0, 0), (1, 1000), (999, 1000), (1000, 1000), (2_500_000_000, 2_500_000_000)] {
            assert_eq!(nanoseconds(timeval(ns)), back);
        }
        assert!(nanoseconds(timeval(u64::MAX)) > 0);
    }

    #[test]
    fn a_call_on_a_descriptor_that_is_not_open_is_made() {
        for call in [Call::Close, Call::Read { size: 1 }, Call::Getsockopt { option: SocketOptionName::ONonblock }] {
            let order = Order { fd: i32::MAX, epoll: i32::MAX, family: Family::Ipv4, name: None, call };
            let mut begun = false;
            let done = perform(&order, || begun = true);
            assert_eq!(done.outcome, Outcome::Failed { errno: Errno(libc::EBADF) });
            assert!(begun && done.begin_ns <= done.end_ns);
        }
    }

    #[test]
    fn poll_tells_the_exact_events() {
        let call = Call::Poll { events: vec![PollEvent::In], timeout_ns: None };
        let done = perform(&Order { fd: i32::MAX, epoll: i32::MAX, family: Family::Ipv4, name: None, call }, || {});
        let ready = Detail::Ready(vec![PollEvent::Nval]);
        assert_eq!(done.outcome, Outcome::Returned { value: 1, detail: ready });
    }

    #[test]
    fn a_huge_buffer_is_cut() {
        let call = Call::Recv { size: u64::MAX, flags: vec![MsgFlag::DontWait] };
        let done = perform(&Order { fd: i32::MAX, epoll: i32::MAX, family: Family::Ipv4, name: None, call }, || {});
        assert_eq!(done.outcome, Outcome::Failed { errno: Errno(libc::EBADF) });
    }
}
