//! Every frame once, whole, in time, and counted.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{SystemTime, UNIX_EPOCH};

use tcpstory::lab::sandbox::Ground;
use tcpstory::packet::complete_checksum;
use tcpstory::record::{Flags, Network, Segment};

use super::world::{FAMILIES, World, network};
use super::{On, Test};

pub(crate) const TESTS: &[(On, &str, Test)] = &[
    (On::AnyGround, "every_frame_comes_once_and_its_stamp_is_right", every_frame_comes_once_and_its_stamp_is_right),
    (On::Namespace, "a_connection_has_the_same_segments_every_time", a_connection_has_the_same_segments_every_time),
    (On::Namespace, "delayed_acknowledgments_are_fewer", delayed_acknowledgments_are_fewer),
    (On::AnyGround, "large_frames_come_whole", large_frames_come_whole),
    (On::Namespace, "segments_have_the_size_of_the_textbook", segments_have_the_size_of_the_textbook),
    (On::AnyGround, "what_is_lost_is_counted", what_is_lost_is_counted),
    (On::AnyGround, "an_incomplete_checksum_is_known", an_incomplete_checksum_is_known),
    (
        On::AnyGround,
        "nothing_is_lost_at_the_end_of_two_hundred_captures",
        nothing_is_lost_at_the_end_of_two_hundred_captures,
    ),
    (On::AnyGround, "two_captures_do_not_see_each_other", two_captures_do_not_see_each_other),
    (On::AnyGround, "a_dropped_capture_ends", a_dropped_capture_ends),
];

fn now() -> u64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970");
    u64::try_from(elapsed.as_nanos()).expect("a clock before 2554")
}

/// The client writes, the server reads and closes, the client closes.
fn converse(world: &World) {
    let (mut client, mut server) = world.connect();
    client.write_all(b"a").expect("a write");
    server.read_exact(&mut [0]).expect("a read");
    drop(server);
    assert_eq!(client.read(&mut [0]).expect("an end"), 0);
}

fn every_frame_comes_once_and_its_stamp_is_right(ground: Ground) {
    for family in FAMILIES {
        let world = World::new(ground, &network(family));
        let uncertainty = world.uncertainty_ns();
        let before = now();
        converse(&world);
        let after = now();
        let seen = world.stop();
        let stamps: Vec<u64> = seen.frames.iter().map(|frame| frame.unix_ns).collect();
        assert!(stamps.is_sorted(), "{stamps:?}");
        let inside = |stamp: &u64| (before - uncertainty..=after + uncertainty).contains(stamp);
        // The last acknowledgment may come after the client's end was closed.
        assert!(stamps.iter().rev().skip(1).all(inside), "{before} {stamps:?} {after}");
        let key = |segment: &Segment| (segment.src, segment.seq, segment.ack, segment.flags, segment.payload.clone());
        let different: BTreeSet<_> = seen.segments().iter().map(key).collect();
        assert_eq!(different.len(), seen.frames.len(), "{:?}", seen.segments());
        assert_eq!((seen.capture.received, seen.capture.dropped), (seen.frames.len() as u64, 0));
        assert!(uncertainty > 0 && uncertainty < 5_000_000_000, "{uncertainty}");
    }
}

const TEXTBOOK: [&str; 9] = [">SYN", "<SYN,ACK", ">ACK", ">PSH,ACK", "<ACK", "<FIN,ACK", ">ACK", ">FIN,ACK", "<ACK"];

fn a_connection_has_the_same_segments_every_time(ground: Ground) {
    for family in FAMILIES {
        for _ in 0..50 {
            let world = World::new(ground, &network(family));
            let server = world.address();
            converse(&world);
            assert_eq!(world.stop().shape(server), TEXTBOOK);
        }
    }
}

/// How many pure acknowledgments twenty questions and answers need.
fn pure_acks(ground: Ground, network: &Network) -> usize {
    let world = World::new(ground, network);
    let (mut client, mut server) = world.connect();
    for _ in 0..20 {
        client.write_all(b"?").expect("a question");
        server.read_exact(&mut [0]).expect("the question");
        server.write_all(b"!").expect("an answer");
        client.read_exact(&mut [0]).expect("the answer");
    }
    world.stop().segments().iter().filter(|segment| segment.is_pure_ack()).count()
}

fn delayed_acknowledgments_are_fewer(ground: Ground) {
    for family in FAMILIES {
        let quick = pure_acks(ground, &network(family));
        let delayed = pure_acks(ground, &Network { delayed_ack: true, ..network(family) });
        assert_eq!(quick, 41, "one for the handshake and one for each question and answer");
        assert!(delayed < quick, "{delayed} < {quick}");
    }
}

fn large_frames_come_whole(ground: Ground) {
    const BLOCK: usize = 60_000;
    for family in FAMILIES {
        let world = World::new(ground, &Network { mtu: 65_536, ..network(family) });
        let server_address = world.address();
        let (mut client, mut server) = world.connect();
        let sent: Vec<u8> = (0..2 * BLOCK).map(|place| u8::try_from(place % 251).expect("less than 251")).collect();
        for block in sent.chunks(BLOCK) {
            client.write_all(block).expect("a block");
            server.read_exact(&mut vec![0; block.len()]).expect("the block");
        }
        let seen = world.stop();
        assert_eq!(seen.capture.dropped, 0);
        let data = seen.segments().into_iter().filter(|segment| segment.dst == server_address);
        let payloads: Vec<Vec<u8>> = data.map(|segment| segment.payload).collect();
        assert!(payloads.iter().any(|payload| payload.len() > 32_768), "{:?}", payloads.iter().map(Vec::len));
        assert!(payloads.concat() == sent, "the bytes differ");
    }
}

fn segments_have_the_size_of_the_textbook(ground: Ground) {
    for (family, size) in FAMILIES.into_iter().zip([1448, 1428]) {
        let world = World::new(ground, &network(family));
        let (mut client, mut server) = world.connect();
        client.write_all(&[7; 10_000]).expect("a write");
        server.read_exact(&mut [0; 10_000]).expect("all of it");
        let seen = world.stop();
        let longest = seen.segments().iter().map(|segment| segment.payload.len()).max();
        assert_eq!(longest, Some(size));
    }
}

fn what_is_lost_is_counted(ground: Ground) {
    const BYTES: usize = 4 << 20;
    let world = World::with_queue(ground, &Network::default(), 1);
    let (mut client, mut server) = world.connect();
    let writer = std::thread::spawn(move || client.write_all(&vec![1; BYTES]));
    server.read_exact(&mut vec![0; BYTES]).expect("all of it");
    writer.join().expect("a writer").expect("a write");
    let seen = world.stop();
    assert!(seen.capture.dropped > 0, "{:?}", seen.capture);
    assert_eq!(seen.capture.received, seen.frames.len() as u64 + seen.capture.dropped);
}

fn an_incomplete_checksum_is_known(ground: Ground) {
    for family in FAMILIES {
        let world = World::new(ground, &network(family));
        let (mut client, server) = world.connect();
        drop(server);
        client.write_all(b"b").expect("a write that a reset answers");
        let seen = world.stop();
        let resets = seen.segments().iter().filter(|segment| segment.flags.has(Flags::RST)).count();
        assert_eq!(resets, 1);
        for frame in &seen.frames {
            let mut complete = frame.bytes.clone();
            assert!(complete_checksum(&mut complete));
            assert_eq!(complete != frame.bytes, frame.checksum_incomplete);
        }
        assert!(seen.frames.iter().any(|frame| frame.checksum_incomplete));
    }
}

fn nothing_is_lost_at_the_end_of_two_hundred_captures(ground: Ground) {
    for _ in 0..200 {
        let world = World::new(ground, &Network::default());
        let server = world.address();
        let ends = world.connect();
        // The handshake's last segment is the very last thing before the end of the capture.
        assert_eq!(world.stop().shape(server), TEXTBOOK[..3]);
        drop(ends);
    }
}

fn two_captures_do_not_see_each_other(ground: Ground) {
    let (ready, go) = (std::sync::Barrier::new(2), std::sync::Barrier::new(2));
    std::thread::scope(|scope| {
        let run = |rounds: usize| {
            let (ready, go) = (&ready, &go);
            scope.spawn(move || {
                let world = World::new(ground, &Network::default());
                let server = world.address();
                ready.wait();
                (0..rounds).for_each(|_| drop(world.connect()));
                go.wait();
                let seen = world.stop();
                assert!(seen.segments().iter().all(|segment| [segment.src, segment.dst].contains(&server)));
                seen.segments().iter().filter(|segment| segment.flags == Flags::SYN).count()
            })
        };
        let counts = [run(5), run(7)].map(|thread| thread.join().expect("a run"));
        assert_eq!(counts, [5, 7]);
    });
}

fn a_dropped_capture_ends(ground: Ground) {
    // More than there may be packet sockets: were one not given back, this would never end.
    for _ in 0..100 {
        let world = World::new(ground, &Network::default());
        let stream = TcpStream::connect(world.address()).expect("a connection");
        stream.shutdown(Shutdown::Both).expect("an end");
    }
}
