//! Frames as `tcpdump -i lo` captured them on Linux 6.18, with the checksum that tcpdump computed for each.

/// A captured frame.
pub(super) struct Sample {
    /// The bytes, in hexadecimal.
    hex: &'static str,
    /// The right TCP checksum, by tcpdump.
    pub(super) checksum: u16,
}

impl Sample {
    pub(super) fn bytes(&self) -> Vec<u8> {
        let digit = |byte: u8| u8::try_from(char::from(byte).to_digit(16).unwrap()).unwrap();
        let digits: Vec<u8> = self.hex.bytes().filter(u8::is_ascii_hexdigit).map(digit).collect();
        digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect()
    }
}

/// `127.0.0.1:37489` to `127.0.0.2:47000`, SYN.
pub(super) const V4_SYN: Sample = Sample {
    hex: "00000000000000000000000008004500003c9ac940004006a1ef7f0000017f0000029271b798c7041f0f00000000a002 \
          faf0fe310000020405b40402080a28140544000000000103030a",
    checksum: 0xf192,
};

/// `127.0.0.1:37489` to `127.0.0.2:47000`, PSH,ACK with 5 bytes.
pub(super) const V4_HELLO: Sample = Sample {
    hex: "0000000000000000000000000800450000399acb40004006a1f07f0000017f0000029271b798c7041f10e2edbe2c8018 \
          003ffe2e00000101080a2814054469737f1e68656c6c6f",
    checksum: 0x4d78,
};

/// `127.0.0.2:47000` to `127.0.0.1:37489`, RST; its checksum was complete.
pub(super) const V4_RST: Sample = Sample {
    hex: "0000000000000000000000000800450000280000400040063ccd7f0000027f000001b7989271e2edbe2d000000005004 \
          0000c6b70000",
    checksum: 0xc6b7,
};

/// `[::1]:47562` to `[::1]:47000`, SYN.
pub(super) const V6_SYN: Sample = Sample {
    hex: "00000000000000000000000086dd600334bc002806400000000000000000000000000000000100000000000000000000 \
          000000000001b9cab7983ae5fab400000000a002fd2000300000020405a00402080a6b76c9b9000000000103030a",
    checksum: 0x6ec1,
};

/// `[::1]:47562` to `[::1]:47000`, PSH,ACK with 5 bytes.
pub(super) const V6_HELLO: Sample = Sample {
    hex: "00000000000000000000000086dd600334bc002506400000000000000000000000000000000100000000000000000000 \
          000000000001b9cab7983ae5fab5a5eb156980180040002d00000101080a6b76c9b96997f94768656c6c6f",
    checksum: 0x383a,
};

/// `[::1]:47000` to `[::1]:47562`, RST.
pub(super) const V6_RST: Sample = Sample {
    hex: "00000000000000000000000086dd6002d88f001406400000000000000000000000000000000100000000000000000000 \
          000000000001b798b9caa5eb156a0000000050040000001c0000",
    checksum: 0x8326,
};

pub(super) const ALL: [Sample; 6] = [V4_SYN, V4_HELLO, V4_RST, V6_SYN, V6_HELLO, V6_RST];
