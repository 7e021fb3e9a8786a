use pnet::packet::tcp::{TcpOptionNumber, TcpOptionNumbers as Number};

use super::cutter::Cutter;
use super::{Kind, kinds as k};
use crate::packet::locate::TCP_LEN;

/// The Fast Open cookie (RFC 7413, section 4.1.1).
const FAST_OPEN: TcpOptionNumber = TcpOptionNumber(34);

/// A TCP segment: header, options and payload. One that is shorter than its header says is read as far as it goes.
pub(super) fn segment(cutter: &mut Cutter<'_>) {
    if cutter.left() < TCP_LEN {
        return;
    }
    let [offset] = cutter.peek::<1>(12);
    let header_len = (usize::from(offset >> 4) * 4).max(TCP_LEN);
    cutter.within(header_len, &k::TCP_OPTION_UNREADABLE, |header| {
        fixed(header);
        while header.left() > 0 {
            if option(header).is_none() {
                break;
            }
        }
    });
    cutter.whole(&k::TCP_PAYLOAD, cutter.left());
}

fn fixed(header: &mut Cutter<'_>) {
    header.whole(&k::TCP_SRCPORT, 2);
    header.whole(&k::TCP_DSTPORT, 2);
    header.whole(&k::TCP_SEQ, 4);
    header.whole(&k::TCP_ACK, 4);
    header.bits::<2>(&[
        (&k::TCP_HDR_LEN, 0xf000),
        (&k::TCP_FLAG_RESERVED, 0x0e00),
        (&k::TCP_FLAG_AE, 0x0100),
        (&k::TCP_FLAG_CWR, 0x0080),
        (&k::TCP_FLAG_ECE, 0x0040),
        (&k::TCP_FLAG_URG, 0x0020),
        (&k::TCP_FLAG_ACK, 0x0010),
        (&k::TCP_FLAG_PUSH, 0x0008),
        (&k::TCP_FLAG_RESET, 0x0004),
        (&k::TCP_FLAG_SYN, 0x0002),
        (&k::TCP_FLAG_FIN, 0x0001),
    ]);
    header.whole(&k::TCP_WINDOW, 2);
    header.whole(&k::TCP_CHECKSUM, 2);
    header.whole(&k::TCP_URGENT, 2);
}

/// One option. None where nothing behind it can be read: at the end of options, or where a length is impossible.
fn option(header: &mut Cutter<'_>) -> Option<()> {
    let [kind, len] = header.peek::<2>(0);
    let (kind, len) = (TcpOptionNumber(kind), usize::from(len));
    match kind {
        Number::EOL => {
            header.whole(&k::TCP_OPTION_KIND, 1);
            header.whole(&k::TCP_OPTION_PADDING, header.left());
            return None;
        }
        Number::NOP => header.whole(&k::TCP_OPTION_KIND, 1),
        _ if (2..=header.left()).contains(&len) => {
            header.whole(&k::TCP_OPTION_KIND, 1);
            header.whole(&k::TCP_OPTION_LEN, 1);
            header.within(len - 2, &k::TCP_OPTION_VALUE, |value| {
                for (kind, len) in parts(kind, len - 2) {
                    value.whole(kind, len);
                }
            });
        }
        _ => return None,
    }
    Some(())
}

/// What the value of an option of that length consists of, where it is known.
fn parts(kind: TcpOptionNumber, len: usize) -> Vec<(&'static Kind, usize)> {
    match (kind, len) {
        (Number::MSS, 2) => vec![(&k::TCP_MSS, 2)],
        (Number::WSCALE, 1) => vec![(&k::TCP_WSCALE, 1)],
        (Number::TIMESTAMPS, 8) => vec![(&k::TCP_TSVAL, 4), (&k::TCP_TSECR, 4)],
        (FAST_OPEN, 4..=16) => vec![(&k::TCP_TFO_COOKIE, len)],
        (Number::SACK, _) if len.is_multiple_of(8) => [(&k::TCP_SACK_LE, 4), (&k::TCP_SACK_RE, 4)].repeat(len / 8),
        _ => Vec::new(),
    }
}
