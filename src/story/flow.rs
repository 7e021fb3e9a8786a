//! Connections, relative numbers and retransmissions: what the segments say by themselves.

mod room;

use core::net::SocketAddr;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use self::room::{Room, Unacknowledged};
use super::{Connection, ConnectionId, End, EndpointId, EventId, SegmentTold, Side};
use crate::record::{Call, Flags, Recording, Segment, SocketId, What};

/// What the segments of a recording say.
#[derive(Debug, Default)]
pub(super) struct Flow {
    pub(super) connections: Vec<Connection>,
    /// By the event's place.
    pub(super) segments: BTreeMap<usize, SegmentTold>,
    /// The ends that a program's socket was, in order: after a connect that failed it may connect again.
    pub(super) of_socket: BTreeMap<SocketId, Vec<EndpointId>>,
    /// Every connection of a 4-tuple, seen from its first address, in order.
    of_tuple: BTreeMap<(SocketAddr, SocketAddr), Vec<EndpointId>>,
    tracks: Vec<[Track; 2]>,
    /// The event that began each connection.
    begun: Vec<usize>,
    room: Room,
}

/// One direction of a connection while the segments are walked.
#[derive(Debug, Default)]
struct Track {
    /// What relative numbers count from.
    base: Option<u32>,
    /// The window scale that its SYN offered.
    scale: Option<u8>,
    /// The largest segment that its SYN said this end would take, in bytes of payload.
    mss: Option<u16>,
    /// One past the highest relative number sent.
    top: u32,
    /// How often a segment that starts there was sent.
    times: BTreeMap<u32, u32>,
    /// How many SYN-ACKs were sent: in a simultaneous open the first has the number of the SYN before it.
    syn_acks: u32,
    /// An RST was sent.
    reset: bool,
    /// Its data that the other end has not acknowledged.
    in_flight: Unacknowledged,
}

impl Flow {
    /// Reads the segments of a recording.
    pub(super) fn read(recording: &Recording) -> Self {
        let mut flow = Self::default();
        for (place, event) in recording.events.iter().enumerate() {
            if let Some(segment) = recording.segment(event) {
                let sender = flow.sender(place, segment);
                let told = flow.number(sender, segment);
                flow.finds_room(place, segment, &told);
                flow.segments.insert(place, told);
            }
        }
        flow.name(recording);
        flow.tie_sockets(recording);
        flow
    }

    /// A payload in bytes that surely does not fill a segment of a connection: less than both ends take, and less than 40 bytes of
    /// options leave room for. 0 where the SYNs do not tell.
    pub(super) fn surely_small(&self, connection: ConnectionId) -> usize {
        let sizes = self.tracks[connection.0].each_ref().map(|track| track.mss.unwrap_or(0));
        usize::from(sizes[0].min(sizes[1])).saturating_sub(40)
    }

    /// The latest connection of a 4-tuple that had begun when that event happened.
    pub(super) fn latest(&self, local: SocketAddr, peer: SocketAddr, event: usize) -> Option<EndpointId> {
        let all = self.of_tuple.get(&(local, peer))?;
        all.iter().rev().find(|end| self.begun[end.connection.0] <= event).copied()
    }

    /// The end that an earlier connection of the same 4-tuple had there.
    pub(super) fn before(&self, id: EndpointId) -> Option<EndpointId> {
        let connection = &self.connections[id.connection.0];
        let addresses = (connection.end(id.side).address, connection.end(id.side.other()).address);
        let all = self.of_tuple.get(&addresses)?;
        all.iter().rev().find(|other| other.connection < id.connection).copied()
    }

    /// The end that receives what an end sends.
    pub(super) fn facing(&self, id: EndpointId) -> EndpointId {
        EndpointId { side: self.connections[id.connection.0].facing(id.side), ..id }
    }

    /// Every end with that address.
    pub(super) fn ends_at(&self, address: SocketAddr) -> impl Iterator<Item = EndpointId> {
        let from = self.of_tuple.range((address, SocketAddr::new(core::net::Ipv4Addr::UNSPECIFIED.into(), 0))..);
        from.take_while(move |((local, _), _)| *local == address).flat_map(|(_, ends)| ends.iter().copied())
    }

    /// A segment as its receiver takes it: data that finds no room is dropped, and a FIN behind it.
    pub(super) fn as_taken<'s>(&self, place: usize, segment: &'s Segment) -> Cow<'s, Segment> {
        if !self.room.lacked_for(place) {
            return Cow::Borrowed(segment);
        }
        let mut rest = segment.clone();
        rest.payload.clear();
        rest.flags = rest.flags.without(Flags::FIN);
        Cow::Owned(rest)
    }

    /// Whether an acknowledgment says that the data of a segment was dropped for want of room.
    pub(super) fn lacks_room(&self, event: EventId) -> bool {
        self.room.lacked_for(event.0)
    }

    /// The segments that an acknowledgment says were dropped for want of room.
    pub(super) fn dropped_according_to(&self, event: EventId) -> &[EventId] {
        self.room.said_by(event.0)
    }

    /// Without the SYNs the window's scale is not known.
    pub(super) fn knows_windows(&self, connection: ConnectionId) -> bool {
        let connection = &self.connections[connection.0];
        !connection.is_to_itself() && connection.ends.iter().all(|end| end.isn.is_some())
    }

    fn finds_room(&mut self, place: usize, segment: &Segment, told: &SegmentTold) {
        let id = told.sender;
        if !self.knows_windows(id.connection) {
            return;
        }
        let tracks = &mut self.tracks[id.connection.0];
        Room::sends(&mut tracks[id.side.index()].in_flight, place, segment, told);
        self.room.acknowledges(&mut tracks[id.side.other().index()].in_flight, place, segment, told);
    }

    fn sender(&mut self, place: usize, segment: &Segment) -> EndpointId {
        match self.latest(segment.src, segment.dst, place) {
            Some(end) if !self.begins_anew(end, segment) => end,
            _ => self.open(place, segment),
        }
    }

    /// Whether a SYN opens another connection on a known 4-tuple. Who has sent an RST after its SYN has met an older connection, and
    /// sends that SYN again (`tcp_rcv_synsent_state_process`).
    fn begins_anew(&self, end: EndpointId, segment: &Segment) -> bool {
        let tracks = &self.tracks[end.connection.0];
        let (own, other) = (&tracks[end.side.index()], &tracks[end.side.other().index()]);
        let opens = segment.flags.has(Flags::SYN) && !segment.flags.has(Flags::ACK);
        let other_number = own.base.is_some_and(|base| base != segment.seq);
        opens && (other_number || other.reset)
    }

    fn open(&mut self, place: usize, segment: &Segment) -> EndpointId {
        self.begun.push(place);
        let end = |address, isn| End { actor: None, socket: None, address, isn, window_scale: 0 };
        let connection = ConnectionId(self.connections.len());
        self.connections
            .push(Connection { label: String::new(), ends: [end(segment.src, None), end(segment.dst, None)] });
        self.tracks.push(<[Track; 2]>::default());
        let initiator = EndpointId { connection, side: Side::Initiator };
        let responder = EndpointId { connection, side: Side::Responder };
        self.of_tuple.entry((segment.src, segment.dst)).or_default().push(initiator);
        if segment.src != segment.dst {
            self.of_tuple.entry((segment.dst, segment.src)).or_default().push(responder);
        }
        initiator
    }

    fn number(&mut self, sender: EndpointId, segment: &Segment) -> SegmentTold {
        let place = sender.connection.0;
        let (mine, theirs) = (sender.side.index(), self.connections[place].facing(sender.side).index());
        let syn = segment.flags.has(Flags::SYN);
        if syn {
            self.connections[place].ends[mine].isn.get_or_insert(segment.seq);
            self.tracks[place][mine].scale = segment.options.window_scale;
            self.tracks[place][mine].mss = segment.options.mss;
            let scales = [self.tracks[place][0].scale, self.tracks[place][1].scale];
            if let [Some(first), Some(second)] = scales {
                self.connections[place].ends[0].window_scale = first.min(14);
                self.connections[place].ends[1].window_scale = second.min(14);
            }
        }
        // Without a captured SYN, count as Wireshark does: the first number seen is 1.
        let unseen = if syn { segment.seq } else { segment.seq.wrapping_sub(1) };
        let scale = if syn { 0 } else { self.connections[place].ends[mine].window_scale };
        let ack_rel = segment.flags.has(Flags::ACK).then(|| {
            let base = self.tracks[place][theirs].base.unwrap_or(segment.ack.wrapping_sub(1));
            segment.ack.wrapping_sub(base)
        });
        let track = &mut self.tracks[place][mine];
        let seq_rel = segment.seq.wrapping_sub(*track.base.get_or_insert(unseen));
        track.reset |= segment.flags.has(Flags::RST);
        SegmentTold {
            sender,
            seq_rel,
            ack_rel,
            transmission: if syn && segment.flags.has(Flags::ACK) {
                track.syn_acks += 1;
                track.syn_acks
            } else {
                track.count(seq_rel, segment.seq_len())
            },
            window_bytes: u64::from(segment.window) << scale,
        }
    }

    fn name(&mut self, recording: &Recording) {
        let mut seen: BTreeMap<String, u32> = BTreeMap::new();
        for connection in &mut self.connections {
            for end in &mut connection.ends {
                end.actor = recording.actor_at(end.address);
            }
            let names = connection.ends.each_ref().map(|end| {
                let actor = end.actor.and_then(|actor| recording.actors.get(actor.0));
                actor.map_or_else(|| end.address.to_string(), |actor| actor.name.clone())
            });
            let label = names.join(">");
            let times = seen.entry(label.clone()).or_insert(0);
            *times += 1;
            connection.label = if *times == 1 { label } else { format!("{label}/{times}") };
        }
    }

    /// Ties sockets to ends: by 4-tuple, the nth socket to the nth connection of the same 4-tuple; and a connect that left
    /// its socket without an address by the SYN that was sent from its actor's address while it ran.
    fn tie_sockets(&mut self, recording: &Recording) {
        let mut taken = BTreeSet::new();
        let connects = connects(recording);
        for (place, socket) in recording.sockets.iter().enumerate() {
            let (Some(local), Some(peer)) = (socket.local, socket.peer) else { continue };
            let ends = self.of_tuple.get(&(local, peer)).map_or(&[][..], Vec::as_slice);
            let mut free = ends.iter().filter(|end| !taken.contains(*end)).copied();
            // From a port that was chosen several attempts, of several sockets, may come.
            let own = connects.get(&SocketId(place)).map_or(&[][..], Vec::as_slice);
            let made: Vec<_> = free.clone().filter(|end| self.began_in(recording, *end, own)).collect();
            let found = if made.is_empty() { free.next().into_iter().collect() } else { made };
            taken.extend(found.iter().copied());
            for end in found {
                self.tie(recording, SocketId(place), end);
            }
        }
        for (place, event) in recording.events.iter().enumerate() {
            let What::Syscall(call) = &event.what else { continue };
            if matches!(call.call, Call::Connect { .. })
                && let Some(end) = self.opened_during(recording, place, call.actor, call.end_ns, &taken)
            {
                taken.insert(end);
                self.tie(recording, call.socket, end);
            }
        }
    }

    /// Whether a connection began in one of these calls: begin and end of each.
    fn began_in(&self, recording: &Recording, end: EndpointId, calls: &[(usize, Option<i64>)]) -> bool {
        let begun = self.begun[end.connection.0];
        let t_ns = recording.events[begun].t_ns;
        let fits = |(begin, end_ns): &(usize, Option<i64>)| *begin < begun && end_ns.is_none_or(|end| t_ns <= end);
        end.side == Side::Initiator && calls.iter().any(fits)
    }

    fn opened_during(
        &self,
        recording: &Recording,
        begin: usize,
        actor: crate::record::ActorId,
        end_ns: Option<i64>,
        taken: &BTreeSet<EndpointId>,
    ) -> Option<EndpointId> {
        // A forked process has its parent's address.
        let address = recording.actors.get(actor.0)?.address;
        let later = recording.events.iter().enumerate().skip(begin);
        later
            .take_while(|(_, event)| end_ns.is_none_or(|end| event.t_ns <= end))
            .filter_map(|(place, _)| self.segments.get(&place).map(|told| told.sender))
            .find(|sender| {
                sender.side == Side::Initiator
                    && !taken.contains(sender)
                    && self.connections[sender.connection.0].end(Side::Initiator).address.ip() == address
            })
    }

    fn tie(&mut self, recording: &Recording, socket: SocketId, end: EndpointId) {
        let ends = self.of_socket.entry(socket).or_default();
        ends.push(end);
        ends.sort_unstable();
        let known = &mut self.connections[end.connection.0].ends[end.side.index()];
        known.socket = Some(socket);
        known.actor = recording.sockets.get(socket.0).map(|socket| socket.actor).or(known.actor);
    }
}

/// The connects of each socket: the place of each, and when it returned.
fn connects(recording: &Recording) -> BTreeMap<SocketId, Vec<(usize, Option<i64>)>> {
    let mut found: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (place, event) in recording.events.iter().enumerate() {
        if let What::Syscall(call) = &event.what
            && matches!(call.call, Call::Connect { .. })
        {
            found.entry(call.socket).or_default().push((place, call.end_ns));
        }
    }
    found
}

impl Track {
    /// Which transmission of these numbers it is; a segment that occupies none is always a first one.
    fn count(&mut self, seq: u32, length: u32) -> u32 {
        if length == 0 {
            return 1;
        }
        let before = self.times.get(&seq).copied().unwrap_or_default();
        let seen = if before == 0 && seq < self.top { 1 } else { before };
        self.times.insert(seq, seen + 1);
        self.top = self.top.max(seq.wrapping_add(length));
        seen + 1
    }
}
