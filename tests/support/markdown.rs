//! The fenced blocks of a Markdown file.

/// A fenced block.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    /// What stands behind the fence: `sh`, `text`.
    pub(crate) kind: String,
    /// The line of its first fence, from 1.
    pub(crate) line: usize,
    pub(crate) text: String,
}

/// Every fenced block, in order.
pub(crate) fn blocks(text: &str) -> Vec<Block> {
    let (mut found, mut open) = (Vec::new(), None::<Block>);
    for (at, line) in text.lines().enumerate() {
        match (line.strip_prefix("```"), open.as_mut()) {
            (Some(kind), None) => open = Some(Block { kind: kind.to_owned(), line: at + 1, text: String::new() }),
            (Some(_), Some(_)) => found.extend(open.take()),
            (None, Some(block)) => block.text.extend([line, "\n"]),
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block has no end: {open:?}");
    found
}
