//! The call table: one row for each call of the language. Parser, schema and documentation are made from it.

use serde_json::{Value as Json, json};

use crate::record::{ActorId, Call, LISTENER, MsgFlag, PollEvent, ShutdownHow, SocketOptionName};
use crate::scenario::fault::Fault;
use crate::scenario::node::{Entry, Node, Span};
use crate::scenario::schema::shape;

use super::actors::Actors;
use super::reader::Reader;
use super::unknown;

/// A call as the author wrote it.
pub(super) struct Asked<'n> {
    /// Where its name stands.
    pub(super) span: Span,
    /// Who makes it.
    pub(super) actor: ActorId,
    /// Its argument.
    pub(super) argument: Option<&'n Node>,
}

/// A call of the language.
pub(in crate::scenario) struct CallRow {
    /// Its name, which is the name in C.
    pub(in crate::scenario) name: &'static str,
    /// What it does, in one sentence.
    pub(in crate::scenario) doc: &'static str,
    /// How it is written.
    pub(in crate::scenario) example: &'static str,
    /// What `returns` may say of it.
    pub(in crate::scenario) returns: &'static str,
    /// It may stand without an argument: `do = "listen"`.
    pub(in crate::scenario) bare: bool,
    /// The schema of its argument, where it may have one.
    pub(in crate::scenario) argument: Option<fn() -> Json>,
    read: fn(&mut Reader<'_>, &Actors, &Asked<'_>) -> Option<Call>,
}

/// Every call, in the order in which a connection meets them.
pub(in crate::scenario) const CALLS: &[CallRow] = &[
    CallRow {
        name: "socket",
        doc: "Makes a TCP socket. Implied by the first call that needs one.",
        example: "do = \"socket\"",
        returns: "",
        bare: true,
        argument: None,
        read: |_, _, _| Some(Call::Socket),
    },
    CallRow {
        name: "bind",
        doc: "Gives the socket an address. What is left out comes from the actor.",
        example: "do.bind = { port = 47001 }",
        returns: "0",
        bare: true,
        argument: Some(shape::address),
        read: |r, actors, asked| Some(Call::Bind { to: r.address(actors, asked)? }),
    },
    CallRow {
        name: "listen",
        doc: "Waits for connections; the argument is the backlog, 16 if left out. Binds to the actor's address and port.",
        example: "do.listen = 1",
        returns: "0",
        bare: true,
        argument: Some(|| shape::integer(0, 65_535)),
        read: |r, _, asked| Some(Call::Listen { backlog: r.backlog(asked)? }),
    },
    CallRow {
        name: "connect",
        doc: "Opens a connection: to the actor that is named, to an address, or to the one other actor that listens.",
        example: "do.connect = \"server\"",
        returns: "0",
        bare: true,
        argument: Some(shape::target),
        read: |r, actors, asked| Some(Call::Connect { to: r.target(actors, asked)? }),
    },
    CallRow {
        name: "accept",
        doc: "Takes a connection from the actor's listener, or from the listener that is named.",
        example: "do = \"accept\"",
        returns: "",
        bare: true,
        argument: Some(shape::name),
        read: |r, _, asked| Some(Call::Accept { from: r.listener(asked)? }),
    },
    CallRow {
        name: "read",
        doc: "Reads up to so many bytes.",
        example: "do.read = 100",
        returns: "the data, or its number of bytes; 0 at end of file",
        bare: false,
        argument: Some(shape::size),
        read: |r, _, asked| Some(Call::Read { size: r.size(asked.argument?, "the size of `read`")? }),
    },
    CallRow {
        name: "write",
        doc: "Writes data.",
        example: "do.write = \"hello\"",
        returns: "the number of bytes",
        bare: false,
        argument: Some(shape::data),
        read: |r, _, asked| Some(Call::Write { data: r.data(asked.argument?, "what `write` writes")? }),
    },
    CallRow {
        name: "recv",
        doc: "Reads with flags.",
        example: "do.recv = { size = 1, flags = [\"MSG_PEEK\"] }",
        returns: "the data, or its number of bytes; 0 at end of file",
        bare: false,
        argument: Some(|| shape::table(&[("size", shape::size()), ("flags", shape::flags())], &["size"])),
        read: |r, _, asked| r.recv(asked.argument?),
    },
    CallRow {
        name: "send",
        doc: "Writes with flags.",
        example: "do.send = { data = \"hello\", flags = [\"MSG_NOSIGNAL\"] }",
        returns: "the number of bytes",
        bare: false,
        argument: Some(|| shape::table(&[("data", shape::data()), ("flags", shape::flags())], &["data"])),
        read: |r, _, asked| r.send(asked.argument?),
    },
    CallRow {
        name: "shutdown",
        doc: "Closes one direction or both; the descriptor stays open.",
        example: "do.shutdown = \"SHUT_WR\"",
        returns: "0",
        bare: false,
        argument: Some(|| shape::words(ShutdownHow::ALL.iter().map(|how| how.name()))),
        read: |r, _, asked| Some(Call::Shutdown { how: r.shutdown_how(asked.argument?)? }),
    },
    CallRow {
        name: "close",
        doc: "Closes the descriptor.",
        example: "do = \"close\"",
        returns: "0",
        bare: true,
        argument: None,
        read: |_, _, _| Some(Call::Close),
    },
    CallRow {
        name: "setsockopt",
        doc: "Sets an option (`O_NONBLOCK` by fcntl).",
        example: "do.setsockopt = { SO_LINGER = 0 }",
        returns: "0",
        bare: false,
        argument: Some(shape::options),
        read: |r, _, asked| Some(Call::Setsockopt { option: r.option(asked.argument?)? }),
    },
    CallRow {
        name: "getsockopt",
        doc: "Asks for an option (`O_NONBLOCK` by fcntl). `SO_ERROR` is the pending error; asking clears it.",
        example: "do.getsockopt = \"SO_ERROR\"",
        returns: "for `SO_ERROR` an errno's name or 0; for times a duration; otherwise a number",
        bare: false,
        argument: Some(|| shape::words(SocketOptionName::ALL.iter().map(|option| option.name()))),
        read: |r, _, asked| Some(Call::Getsockopt { option: r.option_name(asked.argument?)? }),
    },
    CallRow {
        name: "poll",
        doc: "Waits until one of the events is ready; without a timeout for ever.",
        example: "do.poll = { events = [\"POLLIN\"], timeout = \"100ms\" }",
        returns: "the events that are ready, or 0 when the time is over",
        bare: false,
        argument: Some(|| shape::table(&[("events", shape::events()), ("timeout", shape::duration())], &["events"])),
        read: |r, _, asked| r.poll(asked.argument?),
    },
    CallRow {
        name: "epoll_wait",
        doc: "Waits on an epoll instance of the socket's own, which the first one implies (`epoll_create1`, `epoll_ctl`). \
              `edge = true` is EPOLLET.",
        example: "do.epoll_wait = { events = [\"EPOLLIN\"], edge = true, timeout = \"0ms\" }",
        returns: "the events that are ready, or 0 when the time is over",
        bare: false,
        argument: Some(|| {
            let edge = serde_json::json!({ "type": "boolean" });
            shape::table(
                &[("events", shape::epoll_events()), ("edge", edge), ("timeout", shape::duration())],
                &["events"],
            )
        }),
        read: |r, _, asked| r.epoll_wait(asked.argument?),
    },
    CallRow {
        name: "sendfile",
        doc: "Sends a file that holds this data; the file is in memory and made before the call.",
        example: "do.sendfile = { repeat = \"x\", size = 100000 }",
        returns: "the number of bytes",
        bare: false,
        argument: Some(shape::data),
        read: |r, _, asked| Some(Call::Sendfile { data: r.data(asked.argument?, "what `sendfile` sends")? }),
    },
    CallRow {
        name: "getsockname",
        doc: "Asks for the socket's own address.",
        example: "do = \"getsockname\"",
        returns: "0",
        bare: true,
        argument: None,
        read: |_, _, _| Some(Call::Getsockname),
    },
    CallRow {
        name: "getpeername",
        doc: "Asks for the peer's address; fails with ENOTCONN where there is no connection any more.",
        example: "do = \"getpeername\"",
        returns: "0",
        bare: true,
        argument: None,
        read: |_, _, _| Some(Call::Getpeername),
    },
    CallRow {
        name: "socketpair",
        doc: "Makes two connected AF_UNIX stream sockets with these names.",
        example: "do.socketpair = [\"left\", \"right\"]",
        returns: "0",
        bare: false,
        argument: Some(shape::two_names),
        read: |r, _, asked| Some(Call::Socketpair { names: r.two_names(asked.argument?, "the ends of `socketpair`")? }),
    },
    CallRow {
        name: "pipe",
        doc: "Makes a pipe: the names of its read end and of its write end.",
        example: "do.pipe = [\"reader\", \"writer\"]",
        returns: "0",
        bare: false,
        argument: Some(shape::two_names),
        read: |r, _, asked| Some(Call::Pipe { names: r.two_names(asked.argument?, "the ends of `pipe`")? }),
    },
    CallRow {
        name: "dup",
        doc: "Makes a second descriptor for the socket, with this name. A connection ends when the last descriptor is closed.",
        example: "do.dup = \"copy\"",
        returns: "",
        bare: false,
        argument: Some(shape::name),
        read: |r, _, asked| {
            let node = asked.argument?;
            let name = r.text(node, "the name of the duplicate")?;
            Some(Call::Dup { to: r.name(r.inside(node), name, "a socket")? })
        },
    },
    CallRow {
        name: "fork",
        doc: "Makes a new actor, a process of its own that has every descriptor of this one, by the same names.",
        example: "do.fork = \"child\"",
        returns: "",
        bare: false,
        argument: Some(shape::name),
        read: |r, actors, asked| Some(Call::Fork { child: r.child(actors, asked, "the child of `fork`")? }),
    },
    CallRow {
        name: "clone",
        doc: "Makes a new actor that shares the descriptors of this one, as threads do (clone(2) with `CLONE_FILES`): what one closes is closed for both.",
        example: "do.clone = \"worker\"",
        returns: "",
        bare: false,
        argument: Some(shape::name),
        read: |r, actors, asked| Some(Call::Clone { child: r.child(actors, asked, "the new actor of `clone`")? }),
    },
    CallRow {
        name: "exit",
        doc: "Ends the process with this code, 0 if left out. The kernel closes what is open.",
        example: "do.exit = 1",
        returns: "",
        bare: true,
        argument: Some(|| shape::integer(0, 255)),
        read: |r, _, asked| {
            let code = asked.argument.map_or(Some(0), |node| r.integer(node, "the exit code", 0..=255))?;
            Some(Call::Exit { code })
        },
    },
];

/// The row of a call.
pub(in crate::scenario) fn row(name: &str) -> Option<&'static CallRow> {
    CALLS.iter().find(|row| row.name == name)
}

impl Reader<'_> {
    /// The call of `do`.
    pub(super) fn call(&mut self, name: &str, actors: &Actors, asked: &Asked<'_>) -> Option<Call> {
        let Some(row) = row(name) else {
            let fault = Fault::new(asked.span.clone(), format!("there is no call `{name}`")).label("not a call");
            self.report(fault.help(unknown::help(name)));
            return None;
        };
        match (asked.argument, row.argument) {
            (None, _) if !row.bare => {
                let fault = Fault::new(asked.span.clone(), format!("`{name}` needs an argument"));
                self.report(fault.label("argument missing").help(format!("for example {}", row.example)));
                None
            }
            (Some(node), None) => {
                let fault = Fault::new(node.span.clone(), format!("`{name}` takes no argument"));
                self.report(fault.label("one too many").help(format!("write {}", row.example)));
                None
            }
            _ => (row.read)(self, actors, asked),
        }
    }

    fn backlog(&mut self, asked: &Asked<'_>) -> Option<u32> {
        asked.argument.map_or(Some(16), |node| self.integer(node, "the backlog", 0..=65_535))
    }

    fn listener(&mut self, asked: &Asked<'_>) -> Option<String> {
        let Some(node) = asked.argument else { return Some(LISTENER.to_owned()) };
        let name = self.text(node, "the listener of `accept`")?;
        self.name(self.inside(node), name, "a listener")
    }

    fn recv(&mut self, node: &Node) -> Option<Call> {
        let (size, flags) = self.with_flags(node, "size", "`recv`")?;
        Some(Call::Recv { size: self.size(&size.node, "the size of `recv`")?, flags })
    }

    fn send(&mut self, node: &Node) -> Option<Call> {
        let (data, flags) = self.with_flags(node, "data", "`send`")?;
        Some(Call::Send { data: self.data(&data.node, "what `send` sends")?, flags })
    }

    fn with_flags<'n>(&mut self, node: &'n Node, key: &str, what: &str) -> Option<(&'n Entry, Vec<MsgFlag>)> {
        let entries = self.entries(node, what)?;
        self.only(entries, &[key, "flags"], what);
        let entry = self.needed(node, key, what)?;
        let flags = match node.get("flags") {
            Some(flags) => {
                self.each(&flags.node, "flag", MsgFlag::from_name, &MsgFlag::ALL.iter().map(|f| f.name()))?
            }
            None => Vec::new(),
        };
        Some((entry, flags))
    }

    /// A key that must be there.
    fn needed<'n>(&mut self, node: &'n Node, key: &str, what: &str) -> Option<&'n Entry> {
        let entry = node.get(key);
        if entry.is_none() {
            self.report(Fault::new(node.span.clone(), format!("{what} needs the key `{key}`")).label("key missing"));
        }
        entry
    }

    /// A list of words.
    pub(super) fn each<'k, T>(
        &mut self,
        node: &Node,
        what: &str,
        find: fn(&str) -> Option<T>,
        known: &(impl IntoIterator<Item = &'k str> + Clone),
    ) -> Option<Vec<T>> {
        let items = self.list(node, &format!("`{what}s`"))?;
        let found: Vec<_> = items.iter().map(|item| self.word(item, what, find, known.clone())).collect();
        found.into_iter().collect()
    }

    fn shutdown_how(&mut self, node: &Node) -> Option<ShutdownHow> {
        self.word(node, "direction", ShutdownHow::from_name, ShutdownHow::ALL.iter().map(|how| how.name()))
    }

    fn poll(&mut self, node: &Node) -> Option<Call> {
        let entries = self.entries(node, "`poll`")?;
        self.only(entries, &["events", "timeout"], "`poll`");
        let events = self.needed(node, "events", "`poll`")?;
        let events = self.events(&events.node)?;
        let timeout_ns = match node.get("timeout") {
            Some(entry) => Some(self.duration(&entry.node, "`timeout`")?),
            None => None,
        };
        Some(Call::Poll { events, timeout_ns })
    }

    /// Two different names of sockets.
    fn two_names(&mut self, node: &Node, what: &str) -> Option<[String; 2]> {
        let [first, second] = self.list(node, what)? else {
            let fault = Fault::new(node.span.clone(), format!("{what} are two")).label("expected two names");
            self.report(fault);
            return None;
        };
        let mut name = |node: &Node| {
            let text = self.text(node, "a name")?;
            self.name(self.inside(node), text, "a socket")
        };
        let names = [name(first)?, name(second)?];
        if names[0] == names[1] {
            self.report(Fault::new(second.span.clone(), "both ends have one name").label("expected another name"));
            return None;
        }
        Some(names)
    }

    /// The actor that fork or clone makes.
    fn child(&mut self, actors: &Actors, asked: &Asked<'_>, what: &str) -> Option<ActorId> {
        let node = asked.argument?;
        let name = self.text(node, what)?;
        let name = self.name(self.inside(node), name, "an actor")?;
        let child = actors.find(&name)?;
        if child != asked.actor {
            return Some(child);
        }
        let fault = Fault::new(self.inside(node), format!("`{name}` cannot be its own child"));
        self.report(fault.label("expected a new name"));
        None
    }

    fn epoll_wait(&mut self, node: &Node) -> Option<Call> {
        let entries = self.entries(node, "`epoll_wait`")?;
        self.only(entries, &["events", "edge", "timeout"], "`epoll_wait`");
        let events = self.needed(node, "events", "`epoll_wait`")?;
        let events = self.epoll_events(&events.node)?;
        let edge = match node.get("edge") {
            Some(entry) => self.boolean(&entry.node, "`edge`")?,
            None => false,
        };
        let timeout_ns = match node.get("timeout") {
            Some(entry) => Some(self.duration(&entry.node, "`timeout`")?),
            None => None,
        };
        Some(Call::EpollWait { events, edge, timeout_ns })
    }

    /// A list of events of epoll, which are those of poll with an E before them.
    pub(super) fn epoll_events(&mut self, node: &Node) -> Option<Vec<PollEvent>> {
        self.each(node, "event", PollEvent::from_epoll_name, &PollEvent::epoll_names())
    }

    /// A list of events of poll.
    pub(super) fn events(&mut self, node: &Node) -> Option<Vec<PollEvent>> {
        self.each(node, "event", PollEvent::from_name, &PollEvent::ALL.iter().map(|event| event.name()))
    }
}

/// The rows' arguments as a schema: `do` as a table with one key.
pub(in crate::scenario) fn argument_schemas() -> Json {
    let properties: serde_json::Map<String, Json> = CALLS
        .iter()
        .filter_map(|row| {
            let mut schema = row.argument?();
            let returns = if row.returns.is_empty() { String::new() } else { format!(" Returns {}.", row.returns) };
            schema["description"] = json!(format!("{}{returns} Example: {}", row.doc, row.example));
            Some((row.name.to_owned(), schema))
        })
        .collect();
    json!(properties)
}
