//! The table of everything that a story may claim.
//!
//! A rule is stated once, here. The model names rules in its predictions, the links name them in causes, and
//! `report::words` fills their sentences with the ids of a story.

/// A statement about what a Linux TCP socket lets its user see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// A stable name, in words.
    pub id: &'static str,
    /// The rule in one sentence.
    pub statement: &'static str,
    /// The sentence about one case. `{of}` is the explained event; `{state}`, `{errno}`, `{signal}` and `{bytes}` come from
    /// the [`Fact`](super::Fact); any other name in braces is one of its roles, filled with that event's short id.
    pub sentence: &'static str,
    /// Whether a reader should be told unasked: it explains an error, an end of file, a death or a surprise.
    pub notable: bool,
    /// What the RFC says, with its section; empty where no RFC speaks about it.
    pub rfc: &'static str,
    /// What Linux does, with the function; empty where it only follows the RFC.
    pub linux: &'static str,
    /// What people often say instead, where it is wrong.
    pub misconception: &'static str,
}

/// The rule with that id.
pub fn rule(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id == id)
}

/// Every rule.
pub const RULES: &[Rule] = &[Rule {
    id: "rst-in-close-wait-sets-epipe",
    statement: "An RST that arrives in CLOSE_WAIT sets the pending error to EPIPE.",
    sentence: "the RST {rst} arrived in {state}; Linux then sets the pending error to {errno} (RFC 9293 3.10.7.4 says only \
               \"connection reset\"), and {of} reports it, once.",
    notable: true,
    rfc: "RFC 9293 3.10.7.4: the user is told \"connection reset\".",
    linux: "tcp_reset() sets sk_err to EPIPE in CLOSE_WAIT.",
    misconception: "A write after the peer closed fails with \"connection reset by peer\".",
}];
