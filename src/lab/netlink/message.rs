//! The framing of netlink messages and attributes (`include/uapi/linux/netlink.h`). Reading is total: what does not
//! fit its announced length is not there.

use nix::errno::Errno;

const HEADER: usize = 16;
const ATTRIBUTE_HEADER: usize = 4;
const ALIGN: usize = 4;

/// Requests that are sent as one datagram; the kernel answers them in order.
#[derive(Debug, Default)]
pub(super) struct Batch {
    bytes: Vec<u8>,
    count: u32,
}

impl Batch {
    /// Adds a message: its fixed part, then what `attributes` adds. Its sequence number is its place.
    pub(super) fn message(&mut self, kind: u16, flags: u16, fixed: &[u8], attributes: impl FnOnce(&mut Attributes)) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(&[0; 4]);
        self.bytes.extend_from_slice(&kind.to_ne_bytes());
        self.bytes.extend_from_slice(&flags.to_ne_bytes());
        self.bytes.extend_from_slice(&self.count.to_ne_bytes());
        self.bytes.extend_from_slice(&[0; 4]);
        self.bytes.extend_from_slice(fixed);
        attributes(&mut Attributes(&mut self.bytes));
        let length = u32::try_from(self.bytes.len() - start).unwrap_or(u32::MAX);
        self.bytes[start..start + 4].copy_from_slice(&length.to_ne_bytes());
        self.count += 1;
    }

    /// How many messages it has.
    pub(super) fn count(&self) -> u32 {
        self.count
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// Where a message's attributes are added.
#[derive(Debug)]
pub(super) struct Attributes<'a>(&'a mut Vec<u8>);

impl Attributes<'_> {
    /// Adds an attribute.
    pub(super) fn add(&mut self, kind: u16, value: &[u8]) {
        self.nested(kind, |inside| inside.0.extend_from_slice(value));
    }

    /// Adds an attribute of attributes.
    pub(super) fn nested(&mut self, kind: u16, fill: impl FnOnce(&mut Attributes)) {
        let start = self.0.len();
        self.0.extend_from_slice(&[0; 2]);
        self.0.extend_from_slice(&kind.to_ne_bytes());
        fill(&mut Attributes(self.0));
        let length = u16::try_from(self.0.len() - start).unwrap_or(u16::MAX);
        self.0[start..start + 2].copy_from_slice(&length.to_ne_bytes());
        self.0.resize(self.0.len().next_multiple_of(ALIGN), 0);
    }
}

/// A received message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Message<'a> {
    /// Its type.
    pub(super) kind: u16,
    /// The sequence number of the request that it answers.
    pub(super) seq: u32,
    /// What follows the header.
    pub(super) body: &'a [u8],
}

impl Message<'_> {
    /// The result that an acknowledgment or error message (`NLMSG_ERROR`) carries; none for other messages.
    pub(super) fn acknowledged(&self) -> Option<nix::Result<()>> {
        let is_error = i32::from(self.kind) == libc::NLMSG_ERROR;
        is_error.then(|| match number(self.body).map(u32::cast_signed) {
            Some(0) => Ok(()),
            Some(negative) => Err(Errno::from_raw(negative.wrapping_neg())),
            None => Err(Errno::EBADMSG),
        })
    }
}

/// The messages of a datagram.
pub(super) fn messages(datagram: &[u8]) -> impl Iterator<Item = Message<'_>> {
    let mut rest = datagram;
    std::iter::from_fn(move || {
        let header = rest.first_chunk::<HEADER>()?;
        let length = usize::try_from(number(header)?).ok()?;
        let body = rest.get(HEADER..length)?;
        let message = Message { kind: u16::from_ne_bytes([header[4], header[5]]), seq: number(&header[8..])?, body };
        rest = rest.get(length.next_multiple_of(ALIGN)..).unwrap_or_default();
        Some(message)
    })
}

/// The attributes after a message's fixed part: type and value.
pub(super) fn attributes(bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let [a, b, c, d] = *rest.first_chunk::<ATTRIBUTE_HEADER>()?;
        let length = usize::from(u16::from_ne_bytes([a, b]));
        let value = rest.get(ATTRIBUTE_HEADER..length)?;
        rest = rest.get(length.next_multiple_of(ALIGN)..).unwrap_or_default();
        Some((u16::from_ne_bytes([c, d]), value))
    })
}

/// The first 32 bits, in the machine's order.
pub(super) fn number(bytes: &[u8]) -> Option<u32> {
    bytes.first_chunk().copied().map(u32::from_ne_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two() -> Batch {
        let mut batch = Batch::default();
        batch.message(24, 5, &[1, 2, 3, 4], |attributes| {
            attributes.add(1, &[127]);
            attributes.nested(8, |metrics| metrics.add(15, &1_u32.to_ne_bytes()));
        });
        batch.message(25, 1, &[], |_| {});
        batch
    }

    #[test]
    fn what_is_written_reads_back() {
        let batch = two();
        let read: Vec<_> = messages(batch.as_bytes()).collect();
        assert_eq!(batch.count(), 2);
        assert_eq!((read[0].kind, read[0].seq, read[1].kind, read[1].seq), (24, 0, 25, 1));
        let attributes: Vec<_> = attributes(&read[0].body[4..]).collect();
        assert_eq!(attributes[0], (1, &[127][..]));
        assert_eq!(super::attributes(attributes[1].1).collect::<Vec<_>>(), [(15, &1_u32.to_ne_bytes()[..])]);
    }

    #[test]
    fn a_cut_datagram_ends_early_and_a_lying_length_is_nothing() {
        let batch = two();
        for length in 0..batch.as_bytes().len() {
            assert!(messages(&batch.as_bytes()[..length]).count() < 2, "{length}");
        }
        assert_eq!(messages(&[0; 64]).count(), 0);
        assert_eq!(messages(&[0xff; 64]).count(), 0);
        assert_eq!(attributes(&[0; 8]).count(), 0);
    }

    #[test]
    fn an_acknowledgment_carries_an_errno() {
        let with = |body: &[u8]| Message { kind: 2, seq: 0, body }.acknowledged();
        assert_eq!(with(&0_i32.to_ne_bytes()), Some(Ok(())));
        assert_eq!(with(&(-17_i32).to_ne_bytes()), Some(Err(Errno::EEXIST)));
        assert_eq!(with(&[]), Some(Err(Errno::EBADMSG)));
        assert_eq!(Message { kind: 24, seq: 0, body: &[] }.acknowledged(), None);
    }
}
