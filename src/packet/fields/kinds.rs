//! The table of header fields: Wireshark's filter and name for each, and what it is for.
//!
//! The filters and names are those of `tshark -G fields`, the meanings those of RFC 791, RFC 8200, RFC 9293 and the documents that
//! they name.

use super::Layer::{self, Ethernet, Ipv4, Ipv6, Payload, Tcp, TcpOptions, Unread};
use super::{Kind, show};

const fn kind(
    layer: Layer,
    filter: &'static str,
    name: &'static str,
    show: fn(&[u8]) -> String,
    explanation: &'static str,
) -> Kind {
    Kind { filter, name, layer, explanation, show }
}

/// Declares the kinds and the list of them all.
macro_rules! kinds {
    ($($id:ident: $layer:ident $filter:literal $name:literal $show:ident $explanation:literal;)*) => {
        $(
            #[doc = concat!("`", $filter, "`: ", $name)]
            pub static $id: Kind = kind($layer, $filter, $name, show::$show, $explanation);
        )*

        /// Every kind of field.
        pub static ALL: &[&Kind] = &[$(&$id),*];
    };
}

kinds! {
    ETH_DST: Ethernet "eth.dst" "Destination" mac
        "The hardware address of the receiver. The loopback interface has none: all zeros.";
    ETH_SRC: Ethernet "eth.src" "Source" mac
        "The hardware address of the sender. The loopback interface has none: all zeros.";
    ETH_TYPE: Ethernet "eth.type" "Type" ethertype
        "Which protocol follows: 0x0800 is IPv4, 0x86dd is IPv6.";
    ETH_TRAILER: Ethernet "eth.trailer" "Trailer" octets
        "Bytes behind the IP packet: padding up to Ethernet's shortest frame. They are not payload.";

    IP_VERSION: Ipv4 "ip.version" "Version" decimal
        "Always 4.";
    IP_HDR_LEN: Ipv4 "ip.hdr_len" "Header Length" words
        "The length of this header in words of 4 bytes: 5 without options.";
    IP_DSCP: Ipv4 "ip.dsfield.dscp" "Differentiated Services Codepoint" decimal
        "Which treatment routers are asked to give the packet; 0 is the default.";
    IP_ECN: Ipv4 "ip.dsfield.ecn" "Explicit Congestion Notification" ecn
        "Whether routers may mark the packet instead of dropping it, and whether one did.";
    IP_LEN: Ipv4 "ip.len" "Total Length" decimal
        "Header and payload together, in bytes. It says where the packet ends, so padding behind it is not taken for payload.";
    IP_ID: Ipv4 "ip.id" "Identification" hex
        "A number that fragments of the same packet share.";
    IP_FLAG_RESERVED: Ipv4 "ip.flags.rb" "Reserved bit" flag
        "Must be zero.";
    IP_DONT_FRAGMENT: Ipv4 "ip.flags.df" "Don't fragment" flag
        "Routers must not cut the packet into fragments; Linux sets it to find out the largest packet that the path takes.";
    IP_MORE_FRAGMENTS: Ipv4 "ip.flags.mf" "More fragments" flag
        "The packet is a fragment and not the last one.";
    IP_FRAGMENT_OFFSET: Ipv4 "ip.frag_offset" "Fragment Offset" eights
        "Where in the original packet this fragment belongs, in bytes; the field counts units of 8.";
    IP_TTL: Ipv4 "ip.ttl" "Time to Live" decimal
        "How many routers may still forward the packet; each takes one away. Linux starts at 64.";
    IP_PROTO: Ipv4 "ip.proto" "Protocol" protocol
        "Which protocol follows: 6 is TCP.";
    IP_CHECKSUM: Ipv4 "ip.checksum" "Header Checksum" hex
        "A checksum over this header alone, not over what it carries.";
    IP_SRC: Ipv4 "ip.src" "Source Address" ipv4
        "Who sent the packet. With both ports and the destination it names the connection.";
    IP_DST: Ipv4 "ip.dst" "Destination Address" ipv4
        "Who is to get the packet.";
    IP_OPTION_TYPE: Ipv4 "ip.opt.type" "Type" ip_option_kind
        "Which IPv4 option begins here; they are rare.";
    IP_OPTION_LEN: Ipv4 "ip.opt.len" "Length" decimal
        "The option's length in bytes, with its type and this byte.";
    IP_OPTION_VALUE: Ipv4 "ip" "Option Data" octets
        "What the option says.";
    IP_OPTION_PADDING: Ipv4 "ip.opt.padding" "Padding" octets
        "Fills the header up to a multiple of 4 bytes.";

    IPV6_VERSION: Ipv6 "ipv6.version" "Version" decimal
        "Always 6.";
    IPV6_DSCP: Ipv6 "ipv6.tclass.dscp" "Differentiated Services Codepoint" decimal
        "Which treatment routers are asked to give the packet; 0 is the default.";
    IPV6_ECN: Ipv6 "ipv6.tclass.ecn" "Explicit Congestion Notification" ecn
        "Whether routers may mark the packet instead of dropping it, and whether one did.";
    IPV6_FLOW: Ipv6 "ipv6.flow" "Flow Label" flow
        "A number that packets of one connection share, so that routers can keep them on one path.";
    IPV6_PLEN: Ipv6 "ipv6.plen" "Payload Length" decimal
        "What follows this header, in bytes, with extension headers.";
    IPV6_NXT: Ipv6 "ipv6.nxt" "Next Header" protocol
        "Which header follows: 6 is TCP.";
    IPV6_HLIM: Ipv6 "ipv6.hlim" "Hop Limit" decimal
        "How many routers may still forward the packet; each takes one away. Linux starts at 64.";
    IPV6_SRC: Ipv6 "ipv6.src" "Source Address" ipv6
        "Who sent the packet. With both ports and the destination it names the connection.";
    IPV6_DST: Ipv6 "ipv6.dst" "Destination Address" ipv6
        "Who is to get the packet.";
    HOPOPTS_NXT: Ipv6 "ipv6.hopopts.nxt" "Next Header" protocol
        "Which header follows the hop-by-hop options.";
    HOPOPTS_LEN: Ipv6 "ipv6.hopopts.len" "Length" extension_len
        "The length of the hop-by-hop options in units of 8 bytes, without the first unit.";
    DSTOPTS_NXT: Ipv6 "ipv6.dstopts.nxt" "Next Header" protocol
        "Which header follows the destination options.";
    DSTOPTS_LEN: Ipv6 "ipv6.dstopts.len" "Length" extension_len
        "The length of the destination options in units of 8 bytes, without the first unit.";
    ROUTING_NXT: Ipv6 "ipv6.routing.nxt" "Next Header" protocol
        "Which header follows the routing header.";
    ROUTING_LEN: Ipv6 "ipv6.routing.len" "Length" extension_len
        "The length of the routing header in units of 8 bytes, without the first unit.";
    FRAGMENT_NXT: Ipv6 "ipv6.fraghdr.nxt" "Next header" protocol
        "Which header follows the fragment header.";
    FRAGMENT_RESERVED: Ipv6 "ipv6.fraghdr.reserved_octet" "Reserved octet" hex
        "Must be zero.";
    AH_NXT: Ipv6 "ah.next_header" "Next header" protocol
        "Which header follows the authentication header.";
    AH_LEN: Ipv6 "ah.length" "Length" authentication_len
        "The length of the authentication header in units of 4 bytes, without the first two units.";
    IPV6_EXTENSION_DATA: Ipv6 "ipv6" "Extension Header Data" octets
        "What the extension header says.";

    TCP_SRCPORT: Tcp "tcp.srcport" "Source Port" decimal
        "The sender's port. A client's is usually chosen by its kernel.";
    TCP_DSTPORT: Tcp "tcp.dstport" "Destination Port" decimal
        "The receiver's port: with the addresses and the other port it decides which socket gets the segment.";
    TCP_SEQ: Tcp "tcp.seq_raw" "Sequence Number (raw)" decimal
        "The number of the segment's first byte; a SYN and a FIN count as one byte each. It starts at random; Wireshark's tcp.seq counts from the SYN instead.";
    TCP_ACK: Tcp "tcp.ack_raw" "Acknowledgment number (raw)" decimal
        "The next byte that the sender of this segment expects: everything before it has reached its kernel, not its program. It counts only with the ACK flag.";
    TCP_HDR_LEN: Tcp "tcp.hdr_len" "Header Length" words
        "The length of this header with its options in words of 4 bytes: where the payload begins.";
    TCP_FLAG_RESERVED: Tcp "tcp.flags.res" "Reserved" flag
        "Must be zero.";
    TCP_FLAG_AE: Tcp "tcp.flags.ae" "Accurate ECN" flag
        "Part of the more exact feedback about congestion.";
    TCP_FLAG_CWR: Tcp "tcp.flags.cwr" "Congestion Window Reduced" flag
        "The sender has heard of the congestion and slowed down; in a SYN it asks for ECN.";
    TCP_FLAG_ECE: Tcp "tcp.flags.ece" "ECN-Echo" flag
        "A router has marked a packet on its way here; in a SYN it asks for ECN.";
    TCP_FLAG_URG: Tcp "tcp.flags.urg" "Urgent" flag
        "The urgent pointer counts.";
    TCP_FLAG_ACK: Tcp "tcp.flags.ack" "Acknowledgment" flag
        "The acknowledgment number counts: set in every segment but the first SYN and some RSTs.";
    TCP_FLAG_PUSH: Tcp "tcp.flags.push" "Push" flag
        "The sender had nothing more to send behind these bytes; not the border of a message.";
    TCP_FLAG_RESET: Tcp "tcp.flags.reset" "Reset" flag
        "The connection is gone, at once and for both directions. Nothing acknowledges it.";
    TCP_FLAG_SYN: Tcp "tcp.flags.syn" "Syn" flag
        "Opens the connection: the sequence number is the one to count from.";
    TCP_FLAG_FIN: Tcp "tcp.flags.fin" "Fin" flag
        "The sender sends no more data. It may still receive: half a goodbye.";
    TCP_WINDOW: Tcp "tcp.window_size_value" "Window" decimal
        "How many more bytes the sender of this segment has room for, before the window scale.";
    TCP_CHECKSUM: Tcp "tcp.checksum" "Checksum" hex
        "A checksum over the addresses, this header and the payload. On loopback the kernel leaves it unfinished; tcpstory completes it before saving.";
    TCP_URGENT: Tcp "tcp.urgent_pointer" "Urgent Pointer" decimal
        "Where urgent data ends, counted from the sequence number; it counts only with the URG flag.";

    TCP_OPTION_KIND: TcpOptions "tcp.option_kind" "Kind" option_kind
        "Which option begins here. No-operation fills up to a multiple of 4 bytes.";
    TCP_OPTION_LEN: TcpOptions "tcp.option_len" "Length" decimal
        "The option's length in bytes, with its kind and this byte.";
    TCP_MSS: TcpOptions "tcp.options.mss_val" "MSS Value" decimal
        "The largest payload that its sender wants to receive in one segment, in bytes. Only in a SYN.";
    TCP_WSCALE: TcpOptions "tcp.options.wscale.shift" "Shift count" shift
        "By how many bits its sender's later windows are to be shifted, for windows beyond 65,535 bytes. Only in a SYN.";
    TCP_TSVAL: TcpOptions "tcp.options.timestamp.tsval" "Timestamp value" decimal
        "The sender's clock, in ticks of its own choice.";
    TCP_TSECR: TcpOptions "tcp.options.timestamp.tsecr" "Timestamp echo reply" decimal
        "The latest timestamp that came from the peer, sent back: so the peer can measure the round trip.";
    TCP_SACK_LE: TcpOptions "tcp.options.sack_le" "TCP SACK Left Edge" decimal
        "The first byte of a block that has arrived beyond a gap.";
    TCP_SACK_RE: TcpOptions "tcp.options.sack_re" "TCP SACK Right Edge" decimal
        "The byte behind the last of that block.";
    TCP_TFO_COOKIE: TcpOptions "tcp.options.tfo.cookie" "Fast Open Cookie" octets
        "A secret that the server gave out before, so that a SYN may carry data.";
    TCP_OPTION_VALUE: TcpOptions "tcp.options.unknown.payload" "Payload" octets
        "What the option says.";
    TCP_OPTION_PADDING: TcpOptions "tcp.options.eol" "Padding" octets
        "Fills the header up to where the payload begins.";
    TCP_OPTION_UNREADABLE: TcpOptions "tcp.options" "Options" octets
        "Options that cannot be read, because a length is impossible; Linux ignores them too.";
    TCP_PAYLOAD: Payload "tcp.payload" "TCP payload" text
        "The bytes that programs wrote. TCP keeps their order, not the borders between writes.";

    DATA: Unread "data.data" "Data" octets
        "Bytes that belong to no header that tcpstory reads.";
}
