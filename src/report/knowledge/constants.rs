//! Options, flags, events and directions: what the vocabulary says of them, and where calls of the shipped scenarios give them.

use crate::record::{Action, Call, MsgFlag, OptionShape, PollEvent, Script, ShutdownHow, SocketOptionName, Step};

/// A constant that calls are given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Constant {
    Option(SocketOptionName),
    Flag(MsgFlag),
    Event(PollEvent),
    Direction(ShutdownHow),
}

/// Every constant of the scenario language.
pub(super) fn all() -> impl Iterator<Item = Constant> {
    options().chain(flags()).chain(events()).chain(directions())
}

pub(super) fn options() -> impl Iterator<Item = Constant> {
    SocketOptionName::ALL.iter().copied().map(Constant::Option)
}

pub(super) fn flags() -> impl Iterator<Item = Constant> {
    MsgFlag::ALL.iter().copied().map(Constant::Flag)
}

pub(super) fn events() -> impl Iterator<Item = Constant> {
    PollEvent::ALL.iter().copied().map(Constant::Event)
}

pub(super) fn directions() -> impl Iterator<Item = Constant> {
    ShutdownHow::ALL.iter().copied().map(Constant::Direction)
}

/// The constant of that name, in any case; events also by their names in epoll.
pub(super) fn find(word: &str) -> Option<Constant> {
    let named = |word: &str| all().find(|known| known.name().eq_ignore_ascii_case(word));
    let of_epoll = || {
        let event = PollEvent::epoll_names().find(|known| known.eq_ignore_ascii_case(word))?;
        PollEvent::from_epoll_name(event).map(Constant::Event)
    };
    named(word).or_else(of_epoll)
}

impl Constant {
    /// The name in C.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Option(option) => option.name(),
            Self::Flag(flag) => flag.name(),
            Self::Event(event) => event.name(),
            Self::Direction(how) => how.name(),
        }
    }

    /// What it means, in a sentence or two.
    pub(super) fn meaning(self) -> &'static str {
        match self {
            Self::Option(option) => option.meaning(),
            Self::Flag(flag) => flag.meaning(),
            Self::Event(event) => event.meaning(),
            Self::Direction(how) => how.meaning(),
        }
    }

    /// How a scenario gives it to a call.
    pub(super) fn example(self) -> String {
        let name = self.name();
        match self {
            Self::Option(option) => match example_value(option) {
                Some(value) => format!("do.setsockopt = {{ {name} = {value} }}"),
                None => format!("do.getsockopt = \"{name}\""),
            },
            Self::Flag(MsgFlag::NoSignal | MsgFlag::More) => {
                format!("do.send = {{ data = \"a\", flags = [\"{name}\"] }}")
            }
            Self::Flag(_) => format!("do.recv = {{ size = 100, flags = [\"{name}\"] }}"),
            Self::Event(_) => format!("do.poll = {{ events = [\"{name}\"], timeout = \"0ms\" }}"),
            Self::Direction(_) => format!("do.shutdown = \"{name}\""),
        }
    }

    /// Whether a script gives it to a call.
    pub(super) fn is_used(self, script: &Script) -> bool {
        script.steps.iter().any(|step| self.is_given(step))
    }

    fn is_given(self, step: &Step) -> bool {
        let Action::Call { call, .. } = &step.action else { return false };
        match (self, call) {
            (Self::Option(name), Call::Setsockopt { option }) => option.name() == name,
            (Self::Option(name), Call::Getsockopt { option }) => *option == name,
            (Self::Flag(flag), Call::Send { flags, .. } | Call::Recv { flags, .. }) => flags.contains(&flag),
            (Self::Event(event), Call::Poll { events, .. } | Call::EpollWait { events, .. }) => events.contains(&event),
            (Self::Direction(wanted), Call::Shutdown { how }) => *how == wanted,
            _ => false,
        }
    }
}

/// A value of an option as a scenario writes it; none for one that can only be asked for.
fn example_value(option: SocketOptionName) -> Option<&'static str> {
    Some(match option.shape() {
        OptionShape::Switch => "true",
        OptionShape::Bytes => "4096",
        OptionShape::Count(_) => "3",
        OptionShape::Time { .. } | OptionShape::TimeOrOff => "\"1s\"",
        OptionShape::Linger => "0",
        OptionShape::Error => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{SourceText, parse};

    const BEGINNING: &str = r#"
        title = "An example"
        [[step]]
        by = "server"
        do = "listen"
        [[step]]
        by = "client"
        do = "connect"
        [[step]]
        by = "client"
    "#;

    #[test]
    fn constants_are_found_by_their_names_in_any_case() {
        assert_eq!(find("so_linger"), Some(Constant::Option(SocketOptionName::SoLinger)));
        assert_eq!(find("EPOLLRDHUP"), Some(Constant::Event(PollEvent::RdHup)));
        assert_eq!(find("SHUT_WR"), Some(Constant::Direction(ShutdownHow::Write)));
        assert_eq!(find("SO_LINGE"), None);
    }

    #[test]
    fn every_example_is_a_step_that_can_be_read() {
        for constant in all() {
            let text = format!("{BEGINNING}{}\n", constant.example());
            let read = parse(&SourceText { path: "example.toml", bytes: text.as_bytes() });
            let script = read.unwrap_or_else(|problems| panic!("{}: {problems:?}", constant.name()));
            assert!(constant.is_used(&script), "{}", constant.name());
        }
    }
}
