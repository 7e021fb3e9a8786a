//! The classic BPF filter of the packet socket (`Documentation/networking/filter.rst`): what it refuses costs no space in
//! the queue.

use libc::sock_filter;

const LOAD_BYTE: u16 = 0x30; // BPF_LD | BPF_B | BPF_ABS
const LOAD_HALF: u16 = 0x28; // BPF_LD | BPF_H | BPF_ABS
const LOAD_HALF_AFTER_X: u16 = 0x48; // BPF_LD | BPF_H | BPF_IND
const X_IPV4_HEADER: u16 = 0xb1; // BPF_LDX | BPF_B | BPF_MSH
const X_IS: u16 = 0x01; // BPF_LDX | BPF_IMM
const JUMP: u16 = 0x05; // BPF_JMP | BPF_JA
const JUMP_IF: u16 = 0x15; // BPF_JMP | BPF_JEQ | BPF_K
const RETURN: u16 = 0x06; // BPF_RET | BPF_K

const ETHERNET: u32 = 14;
const TCP: u32 = 6;
const UDP: u32 = 17;

/// Accepts TCP over IPv4 and IPv6, of all ports or of those, and UDP to the probe's port.
pub(super) fn program(ports: Option<&[u16]>, probe: Option<u16>) -> Vec<sock_filter> {
    let of_udp: Vec<_> =
        probe.into_iter().flat_map(|port| [load_port(2), skip_unless(port), accept()].concat()).collect();
    let of_tcp = ports.map_or_else(accept, |ports| [one_of(0, ports), one_of(2, ports)].concat());
    let udp_ends = u8::try_from(of_udp.len() + 1).unwrap_or(u8::MAX);
    [
        vec![
            op(LOAD_HALF, 12), // the EtherType
            jump_if(0x0800, 0, 3),
            op(X_IPV4_HEADER, ETHERNET),
            op(LOAD_BYTE, ETHERNET + 9), // protocol
            op(JUMP, 4),
            jump_if(0x86dd, 1, 0),
            op(RETURN, 0),
            op(X_IS, 40),
            op(LOAD_BYTE, ETHERNET + 6), // next header
            jump_if(TCP, udp_ends + 1, 0),
            jump_if(UDP, 0, udp_ends - 1),
        ],
        of_udp,
        vec![op(RETURN, 0)],
        of_tcp,
        vec![op(RETURN, 0)],
    ]
    .concat()
}

/// Accepts when the port at that place of the transport header is one of those.
fn one_of(place: u32, ports: &[u16]) -> Vec<sock_filter> {
    let tests = ports.iter().flat_map(|port| [skip_unless(*port), accept()].concat());
    load_port(place).into_iter().chain(tests).collect()
}

fn load_port(place: u32) -> Vec<sock_filter> {
    vec![op(LOAD_HALF_AFTER_X, ETHERNET + place)]
}

fn skip_unless(port: u16) -> Vec<sock_filter> {
    vec![jump_if(u32::from(port), 0, 1)]
}

fn accept() -> Vec<sock_filter> {
    vec![op(RETURN, u32::MAX)]
}

fn op(code: u16, k: u32) -> sock_filter {
    sock_filter { code, jt: 0, jf: 0, k }
}

fn jump_if(k: u32, jt: u8, jf: u8) -> sock_filter {
    sock_filter { code: JUMP_IF, jt, jf, k }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The kernel's machine, as far as the program uses it: whether it accepts the frame.
    fn accepts(program: &[sock_filter], frame: &[u8]) -> bool {
        let half = |at: usize| frame.get(at..at + 2).map(|bytes| u32::from(u16::from_be_bytes([bytes[0], bytes[1]])));
        let (mut at, mut a, mut x) = (0, 0, 0);
        loop {
            let sock_filter { code, jt, jf, k } = program[at];
            at += 1;
            let loaded = match code {
                X_IPV4_HEADER if frame.len() <= k as usize => None,
                LOAD_BYTE => frame.get(k as usize).map(|byte| u32::from(*byte)),
                LOAD_HALF => half(k as usize),
                LOAD_HALF_AFTER_X => half((x + k) as usize),
                _ => Some(a),
            };
            let Some(loaded) = loaded else { return false };
            a = loaded;
            match code {
                X_IPV4_HEADER => x = 4 * u32::from(frame[k as usize] & 0xf),
                X_IS => x = k,
                JUMP => at += k as usize,
                JUMP_IF => at += usize::from(if a == k { jt } else { jf }),
                RETURN => return k != 0,
                _ => {}
            }
        }
    }

    fn frame(is_ipv4: bool, options: usize, protocol: u8, ports: [u16; 2]) -> Vec<u8> {
        let mut frame = vec![0; 12];
        if is_ipv4 {
            frame.extend_from_slice(&[0x08, 0x00]);
            let mut header = vec![0; 20 + 4 * options];
            header[0] = 0x45 + u8::try_from(options).unwrap();
            header[9] = protocol;
            frame.append(&mut header);
        } else {
            frame.extend_from_slice(&[0x86, 0xdd]);
            let mut header = vec![0; 40];
            header[6] = protocol;
            frame.append(&mut header);
        }
        frame.extend(ports.iter().flat_map(|port| port.to_be_bytes()));
        frame.resize(frame.len() + 16, 0);
        frame
    }

    #[test]
    fn tcp_passes_and_udp_only_to_the_probe() {
        let (program, later) = (program(None, Some(5000)), program(None, None));
        for is_ipv4 in [true, false] {
            for options in [0, 10] {
                let passes = |protocol, ports| accepts(&program, &frame(is_ipv4, options, protocol, ports));
                assert!(passes(6, [1, 2]));
                assert!(passes(17, [1, 5000]));
                assert!(!passes(17, [5000, 1]));
                assert!(!passes(1, [1, 5000]));
                assert!(accepts(&later, &frame(is_ipv4, options, 6, [1, 2])));
                assert!(!accepts(&later, &frame(is_ipv4, options, 17, [1, 5000])));
            }
        }
    }

    #[test]
    fn on_the_host_only_the_given_ports_pass_in_both_directions() {
        let many: Vec<u16> = (1..=300).collect();
        let program = program(Some(&many), Some(5000));
        for is_ipv4 in [true, false] {
            let passes = |protocol, ports| accepts(&program, &frame(is_ipv4, 3, protocol, ports));
            assert!(passes(6, [300, 40_000]) && passes(6, [40_000, 1]) && passes(17, [1, 5000]));
            assert!(!passes(6, [301, 40_000]) && !passes(6, [40_000, 0]) && !passes(17, [1, 2]));
        }
        let nothing = super::program(Some(&[]), None);
        assert!(!accepts(&nothing, &frame(true, 0, 6, [1, 1])));
    }

    #[test]
    fn other_and_short_frames_do_not_pass() {
        let program = program(None, Some(5000));
        assert!(!accepts(&program, &[0; 60]));
        for length in 0..24 {
            assert!(!accepts(&program, &frame(true, 0, 17, [1, 5000])[..length]), "{length}");
        }
    }
}
