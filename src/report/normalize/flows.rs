//! Ports and numbers that the kernel chooses.

use core::net::SocketAddr;
use std::collections::{BTreeMap, BTreeSet};

use crate::packet::{self, Rewrite};
use crate::record::{Address, Call, DEFAULT_PORT, Detail, Flags, Outcome, Recording, Segment, Syscall, What};

/// The first port for a socket that lets the kernel choose.
const FIRST_PORT: u16 = 50_001;
/// The sysctl from which the kernel chooses.
const PORT_RANGE: &str = "net.ipv4.ip_local_port_range";
/// The value and the echo of every timestamps option: equal ones say nothing.
const TIMESTAMP: u32 = 1_000;
/// The distance between the initial sequence numbers.
const ISN_STEP: u32 = 1_000_000;

/// Rewrites every address and every frame of a recording whose frames are dissected.
pub(super) fn rewrite(recording: &mut Recording) {
    let ports = ports(recording);
    let place =
        |address: SocketAddr| SocketAddr::new(address.ip(), ports.get(&address).copied().unwrap_or(address.port()));
    let mut flows = Flows::default();
    for frame in &mut recording.frames {
        if let Some(segment) = &frame.segment {
            let changes = flows.changes(segment, place(segment.src).port(), place(segment.dst).port());
            packet::rewrite(&mut frame.bytes.0, &changes);
        }
    }
    for socket in &mut recording.sockets {
        socket.local = socket.local.map(place);
        socket.peer = socket.peer.map(place);
    }
    for event in &mut recording.events {
        match &mut event.what {
            What::State(sample) => {
                (sample.local, sample.peer) = (place(sample.local), place(sample.peer));
            }
            What::Syscall(Syscall { outcome: Outcome::Returned { detail: Detail::Address(address), .. }, .. }) => {
                *address = place(*address);
            }
            What::Syscall(call) if call.implied => {
                if let Call::Bind { to: Address { ip: Some(ip), port: Some(port) } } = &mut call.call {
                    *port = place(SocketAddr::new(*ip, *port)).port();
                }
            }
            _ => {}
        }
    }
}

/// The new port of every address whose port the author did not choose.
fn ports(recording: &Recording) -> BTreeMap<SocketAddr, u16> {
    let chosen = chosen_by_the_author(recording);
    let listening = listening(recording);
    let mut ports = BTreeMap::new();
    let mut next = first_port(recording);
    let mut listeners: BTreeMap<usize, u16> = BTreeMap::new();
    for socket in &recording.sockets {
        let Some(local) = socket.local else { continue };
        if chosen.contains(&local) || ports.contains_key(&local) {
            continue;
        }
        let port = if listening.contains(&local) {
            let port = recording.script.actors.get(socket.actor.0).and_then(|spec| spec.port).unwrap_or(DEFAULT_PORT);
            let earlier = listeners.entry(socket.actor.0).or_insert(0);
            *earlier += 1;
            port.saturating_add(*earlier - 1)
        } else {
            next = next.saturating_add(1);
            next - 1
        };
        ports.insert(local, port);
    }
    // A socket that connects again after a refusal gets another port: its earlier ones stand in its SYNs alone.
    for segment in recording.frames.iter().filter_map(|frame| frame.segment.as_ref()) {
        let opens = segment.flags.has(Flags::SYN) && !segment.flags.has(Flags::ACK);
        if opens && !chosen.contains(&segment.src) && !ports.contains_key(&segment.src) {
            ports.insert(segment.src, next);
            next = next.saturating_add(1);
        }
    }
    ports
}

/// The first port for a socket that lets the kernel choose: of the range that the author chose, if any, because it matters when
/// that is used up.
fn first_port(recording: &Recording) -> u16 {
    let range = recording.script.network.sysctl.get(PORT_RANGE);
    range.and_then(|range| range.split_ascii_whitespace().next()?.parse().ok()).unwrap_or(FIRST_PORT)
}

fn listening(recording: &Recording) -> BTreeSet<SocketAddr> {
    let listens = recording.events.iter().filter_map(|event| match &event.what {
        What::Syscall(call) if matches!(call.call, Call::Listen { .. }) => Some(call.socket),
        _ => None,
    });
    listens.filter_map(|socket| recording.sockets.get(socket.0)?.local).collect()
}

/// Addresses whose port a bind that the author wrote asked for.
fn chosen_by_the_author(recording: &Recording) -> BTreeSet<SocketAddr> {
    let bound = recording.events.iter().filter_map(|event| match &event.what {
        What::Syscall(call) if !call.implied && matches!(call.outcome, Outcome::Returned { .. }) => match call.call {
            Call::Bind { to: Address { port: Some(port), .. } } if port != 0 => Some((call.socket, port)),
            _ => None,
        },
        _ => None,
    });
    bound
        .filter_map(|(socket, port)| recording.sockets.get(socket.0)?.local.filter(|local| local.port() == port))
        .collect()
}

/// What was replaced so far, by direction.
#[derive(Debug, Default)]
struct Flows {
    shifts: BTreeMap<(SocketAddr, SocketAddr), u32>,
    next_isn: u32,
    ids: BTreeMap<SocketAddr, u16>,
}

impl Flows {
    fn changes(&mut self, segment: &Segment, src_port: u16, dst_port: u16) -> Rewrite {
        self.meet(segment);
        let shift = |from, to| self.shifts.get(&(from, to)).copied().unwrap_or(0);
        let (value, echo) = segment.options.timestamps.unwrap_or_default();
        let stable = |stamp: u32| if stamp == 0 { 0 } else { TIMESTAMP };
        let changes = Rewrite {
            src_port,
            dst_port,
            seq_shift: shift(segment.src, segment.dst),
            ack_shift: shift(segment.dst, segment.src),
            timestamps: (stable(value), stable(echo)),
            ip_id: 0,
            flow_label: 0,
        };
        let id = self.ids.entry(segment.src).or_insert(0);
        *id = id.wrapping_add(1);
        Rewrite { ip_id: *id, ..changes }
    }

    /// A SYN, or where none was seen the first segment that is not an RST, sets its direction's shift.
    ///
    /// A repeated SYN has the same number and changes nothing; a new one on the same addresses begins a new connection.
    fn meet(&mut self, segment: &Segment) {
        let way = (segment.src, segment.dst);
        let begins = segment.flags.has(Flags::SYN);
        let known = self.shifts.get(&way);
        let same = |shift: &u32| segment.seq.wrapping_add(*shift).is_multiple_of(ISN_STEP);
        if segment.flags.has(Flags::RST) || known.is_some_and(|shift| !begins || same(shift)) {
            return;
        }
        self.next_isn = self.next_isn.wrapping_add(ISN_STEP);
        self.shifts.insert(way, self.next_isn.wrapping_sub(segment.seq));
    }
}
