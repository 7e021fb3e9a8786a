use super::{Field, Kind};

/// Cuts a frame into fields from its front to its end.
pub(super) struct Cutter<'a> {
    frame: &'a [u8],
    at: usize,
    pub(super) fields: Vec<Field>,
}

impl<'a> Cutter<'a> {
    pub(super) fn new(frame: &'a [u8]) -> Self {
        Self { frame, at: 0, fields: Vec::new() }
    }

    /// How many bytes are left.
    pub(super) fn left(&self) -> usize {
        self.frame.len() - self.at
    }

    /// The next bytes after `skip`, left where they are; zeros beyond the end.
    pub(super) fn peek<const N: usize>(&self, skip: usize) -> [u8; N] {
        let rest = self.frame.get(self.at + skip..).unwrap_or_default();
        core::array::from_fn(|place| rest.get(place).copied().unwrap_or(0))
    }

    /// A field of whole bytes; fewer than asked where the frame ends, and no field where none are left.
    pub(super) fn whole(&mut self, kind: &'static Kind, len: usize) {
        let len = len.min(self.left());
        if len > 0 {
            let bytes = &self.frame[self.at..self.at + len];
            self.fields.push(Field { kind, offset: self.at, len, mask: None, value: (kind.show)(bytes) });
            self.at += len;
        }
    }

    /// Fields that share some bytes, at most four; `masks` are the bits of each, as a big-endian number. A field is said to
    /// begin at the first byte of which it has a bit. The bytes must be there.
    pub(super) fn bits<const N: usize>(&mut self, masks: &[(&'static Kind, u32)]) {
        let word = self.peek::<N>(0).iter().fold(0, |word, &byte| word << 8 | u32::from(byte));
        for &(kind, mask) in masks {
            let bytes = mask.to_be_bytes();
            let used = |byte: &u8| *byte != 0;
            let (first, last) = (bytes.iter().position(used).unwrap_or(0), bytes.iter().rposition(used).unwrap_or(0));
            let value = (word & mask) >> mask.trailing_zeros();
            self.fields.push(Field {
                kind,
                offset: self.at + N + first - bytes.len(),
                len: last + 1 - first,
                mask: Some(mask >> (8 * (bytes.len() - 1 - last))),
                value: (kind.show)(&value.to_be_bytes()),
            });
        }
        self.at += N;
    }

    /// Cuts the next bytes with `cut`, which cannot see beyond them; what it leaves is `rest`.
    pub(super) fn within(&mut self, len: usize, rest: &'static Kind, cut: impl FnOnce(&mut Self)) {
        let whole = self.frame;
        self.frame = &whole[..self.at + len.min(self.left())];
        cut(self);
        self.whole(rest, self.left());
        self.frame = whole;
    }
}
