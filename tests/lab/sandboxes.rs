//! Networks as scenarios ask for them.

use std::net::{IpAddr, TcpListener, TcpStream};
use std::sync::Barrier;
use std::thread;

use tcpstory::lab::LabError;
use tcpstory::lab::sandbox::{Ground, Sandbox};
use tcpstory::record::{Family, Network};

use super::world::{FAMILIES, World, addresses, ends, network, open};
use super::{On, Test};

pub(crate) const TESTS: &[(On, &str, Test)] = &[
    (On::Namespace, "parallel_sandboxes_use_the_same_port", parallel_sandboxes_use_the_same_port),
    (On::Namespace, "a_sandbox_begins_with_known_sysctls", a_sandbox_begins_with_known_sysctls),
    (On::Namespace, "a_scenarios_sysctls_are_set_and_told", a_scenarios_sysctls_are_set_and_told),
    (On::Namespace, "a_refused_sysctl_is_named", a_refused_sysctl_is_named),
    (
        On::AnyGround,
        "an_unbound_connection_comes_from_the_first_actor",
        an_unbound_connection_comes_from_the_first_actor,
    ),
    (On::Namespace, "other_addresses_can_be_had", other_addresses_can_be_had),
    (On::Namespace, "an_impossible_mtu_is_refused", an_impossible_mtu_is_refused),
    (On::Host, "the_host_stays_as_it_is", the_host_stays_as_it_is),
];

const PORT: u16 = 47_000;

fn parallel_sandboxes_use_the_same_port(ground: Ground) {
    let all_listen = Barrier::new(4);
    thread::scope(|scope| {
        for number in 0..4_u8 {
            let all_listen = &all_listen;
            scope.spawn(move || {
                let family = FAMILIES[usize::from(number % 2)];
                open(ground, &network(family));
                let server = addresses(ground, family)[1];
                let listener = TcpListener::bind((server, PORT)).expect("the port is free in each namespace");
                all_listen.wait();
                TcpStream::connect((server, PORT)).expect("a connection");
                listener.accept().expect("the same connection");
            });
        }
    });
}

fn with_sysctl(ground: Ground, name: &str, value: &str) -> Result<Sandbox, LabError> {
    let network = Network { sysctl: [(name.to_owned(), value.to_owned())].into(), ..Network::default() };
    Sandbox::open(&ground, &network, &addresses(ground, network.family))
}

fn a_sandbox_begins_with_known_sysctls(ground: Ground) {
    let sysctls = open(ground, &Network::default()).sysctls();
    let value = |name: &str| sysctls.get(name).map(String::as_str);
    assert_eq!(value("net.ipv4.tcp_congestion_control"), Some("reno"));
    assert_eq!(value("net.ipv4.tcp_early_retrans"), Some("0"));
    assert_eq!(value("net.ipv4.tcp_rmem"), Some("4096 131072 6291456"));
    assert_eq!(value("net.ipv4.tcp_fin_timeout"), Some("60"));
}

fn a_scenarios_sysctls_are_set_and_told(ground: Ground) {
    let before = open(ground, &Network::default()).sysctls();
    let sandbox = with_sysctl(ground, "net.ipv4.tcp_fin_timeout", "7").expect("a sysctl");
    assert_eq!(sandbox.sysctls().get("net.ipv4.tcp_fin_timeout").map(String::as_str), Some("7"));
    let dotted = with_sysctl(ground, "net.ipv4.conf.lo.rp_filter", "2").expect("a sysctl");
    assert_eq!(dotted.sysctls().get("net.ipv4.conf.lo.rp_filter").map(String::as_str), Some("2"));
    assert_eq!(open(ground, &Network::default()).sysctls(), before, "nothing is left of it");
}

fn a_refused_sysctl_is_named(ground: Ground) {
    let cases = [
        ("net.ipv4.tcp_no_such_thing", "1", "no such sysctl"),
        ("net.ipv4.tcp_fin_timeout", "seven", "not a value"),
        ("net.ipv4.tcp_fin_timeout", "", "net.ipv4.tcp_fin_timeout"),
        ("net.ipv4.tcp_mem", "1 2 3", "net.ipv4.tcp_mem"),
        ("net.core.rmem_max", "1", "net.core.rmem_max"),
        ("net.ipv4.tcp_congestion_control", "no-such", "net.ipv4.tcp_congestion_control"),
        ("kernel.hostname", "x", "kernel.hostname"),
        ("net.ipv4.../../kernel/hostname", "x", "small letters"),
    ];
    for (name, value, part) in cases {
        let error = with_sysctl(ground, name, value).expect_err(name);
        assert!(error.to_string().contains(part), "{part} is not in {error}");
    }
}

fn an_unbound_connection_comes_from_the_first_actor(ground: Ground) {
    for family in FAMILIES {
        for delayed_ack in [false, true] {
            let world = World::new(ground, &Network { delayed_ack, ..network(family) });
            let (client, _) = world.connect();
            assert_eq!(ends(&client).0.ip(), addresses(ground, family)[0]);
        }
    }
}

fn other_addresses_can_be_had(ground: Ground) {
    for (family, wanted) in [(Family::Ipv4, ["192.0.2.7", "192.0.2.8"]), (Family::Ipv6, ["2001:db8::1", "::1"])] {
        let wanted: Vec<IpAddr> = wanted.iter().filter_map(|text| text.parse().ok()).collect();
        Sandbox::open(&ground, &network(family), &wanted).expect("a sandbox");
        let _listener = TcpListener::bind((wanted[1], PORT)).expect("a listener");
        let client = TcpStream::connect((wanted[1], PORT)).expect("a connection");
        assert_eq!(ends(&client).0.ip(), wanted[0]);
    }
}

fn an_impossible_mtu_is_refused(ground: Ground) {
    for (family, mtu) in [(Family::Ipv4, 67), (Family::Ipv6, 1279), (Family::Ipv4, 65_537), (Family::Ipv4, u32::MAX)] {
        let network = Network { mtu, ..network(family) };
        let error = Sandbox::open(&ground, &network, &addresses(ground, family)).expect_err("a refusal");
        assert!(error.to_string().contains(&mtu.to_string()), "{error}");
    }
    for (family, mtu) in [(Family::Ipv4, 68), (Family::Ipv6, 1280)] {
        let world = World::new(ground, &Network { mtu, ..network(family) });
        drop(world.connect());
    }
}

fn the_host_stays_as_it_is(ground: Ground) {
    let error = with_sysctl(ground, "net.ipv4.tcp_fin_timeout", "7").expect_err("a refusal");
    assert!(error.to_string().contains("net.ipv4.tcp_fin_timeout"), "{error}");
    let small = Network { mtu: 1400, ..Network::default() };
    let error = Sandbox::open(&ground, &small, &addresses(ground, Family::Ipv4)).expect_err("a refusal");
    assert!(error.to_string().contains("an MTU of 1400"), "{error}");
}
