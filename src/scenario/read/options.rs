//! Socket options and their values.

use super::MAX_DATA;
use super::reader::Reader;
use crate::record::{OptionShape, SocketOption, SocketOptionName};
use crate::scenario::fault::Fault;
use crate::scenario::nearest::suggest;
use crate::scenario::node::{Entry, Node, Value};

impl Reader<'_> {
    pub(super) fn option_name(&mut self, node: &Node) -> Option<SocketOptionName> {
        self.word(node, "option", SocketOptionName::from_name, SocketOptionName::ALL.iter().map(|name| name.name()))
    }

    pub(super) fn option(&mut self, node: &Node) -> Option<SocketOption> {
        let entry = self.only_entry(node, "`setsockopt`", "do.setsockopt = { SO_LINGER = 0 }")?;
        let Some(name) = SocketOptionName::from_name(&entry.key) else {
            let fault = Fault::new(entry.key_span.clone(), format!("there is no option `{}`", entry.key));
            let help = suggest(&entry.key, SocketOptionName::ALL.iter().map(|name| name.name()));
            self.report(fault.label("not a known name").help(help));
            return None;
        };
        self.option_value(name, entry)
    }

    fn option_value(&mut self, name: SocketOptionName, entry: &Entry) -> Option<SocketOption> {
        let (node, what) = (&entry.node, name.name());
        Some(match name {
            SocketOptionName::SoLinger => self.linger(node)?,
            SocketOptionName::TcpNodelay => SocketOption::TcpNodelay(self.switch(node, what)?),
            SocketOptionName::SoReuseaddr => SocketOption::SoReuseaddr(self.switch(node, what)?),
            SocketOptionName::SoKeepalive => SocketOption::SoKeepalive(self.switch(node, what)?),
            SocketOptionName::TcpCork => SocketOption::TcpCork(self.switch(node, what)?),
            SocketOptionName::TcpQuickack => SocketOption::TcpQuickack(self.switch(node, what)?),
            SocketOptionName::SoOobinline => SocketOption::SoOobinline(self.switch(node, what)?),
            SocketOptionName::ONonblock => SocketOption::ONonblock(self.switch(node, what)?),
            SocketOptionName::SoRcvtimeo => SocketOption::SoRcvtimeo(self.duration(node, what)?),
            SocketOptionName::SoSndtimeo => SocketOption::SoSndtimeo(self.duration(node, what)?),
            SocketOptionName::TcpKeepidle => SocketOption::TcpKeepidle(self.units(name, node)?),
            SocketOptionName::TcpKeepintvl => SocketOption::TcpKeepintvl(self.units(name, node)?),
            SocketOptionName::TcpUserTimeout => SocketOption::TcpUserTimeout(self.units(name, node)?),
            SocketOptionName::TcpDeferAccept => SocketOption::TcpDeferAccept(self.units(name, node)?),
            SocketOptionName::TcpLinger2 if node.text() == Some("off") => SocketOption::TcpLinger2(None),
            SocketOptionName::TcpLinger2 => SocketOption::TcpLinger2(Some(self.units(name, node)?)),
            SocketOptionName::TcpKeepcnt => SocketOption::TcpKeepcnt(self.integer(node, what, 1..=127)?),
            SocketOptionName::SoSndbuf => SocketOption::SoSndbuf(self.buffer(node, what)?),
            SocketOptionName::SoRcvbuf => SocketOption::SoRcvbuf(self.buffer(node, what)?),
            SocketOptionName::SoError => {
                let fault =
                    Fault::new(entry.key_span.clone(), "`SO_ERROR` cannot be set").label("can only be asked for");
                self.report(fault.help("write do.getsockopt = \"SO_ERROR\""));
                return None;
            }
        })
    }

    /// A time that the kernel takes in whole units.
    fn units(&mut self, option: SocketOptionName, node: &Node) -> Option<u64> {
        let ns = self.duration(node, option.name())?;
        let (unit_ns, least, most) = match option.shape() {
            OptionShape::Time { unit_ns, least, most } => (unit_ns, least, most),
            _ => (1_000_000_000, 0, 3_600),
        };
        let unit = if unit_ns == 1_000_000_000 { "seconds" } else { "milliseconds" };
        let fault = if ns % unit_ns != 0 {
            Fault::new(self.inside(node), format!("the kernel takes {option} in whole {unit}"))
                .label("not a whole number")
        } else if ns / unit_ns < least || ns / unit_ns > most {
            Fault::new(self.inside(node), format!("{option} is out of range"))
                .label(format!("expected {least} to {most} {unit}"))
        } else {
            return Some(ns);
        };
        self.report(fault);
        None
    }

    fn buffer(&mut self, node: &Node, what: &str) -> Option<u32> {
        self.integer(node, what, 0..=MAX_DATA.cast_signed())
    }

    /// Seconds to linger, or `"off"`.
    fn linger(&mut self, node: &Node) -> Option<SocketOption> {
        match &node.value {
            Value::Text(text) if text == "off" => Some(SocketOption::SoLinger(None)),
            Value::Integer(_) => {
                let seconds = self.integer(node, "SO_LINGER", 0..=3_600)?;
                Some(SocketOption::SoLinger(Some(seconds)))
            }
            _ => {
                let message = format!("SO_LINGER is a number of seconds or \"off\", not {}", node.kind());
                self.report(Fault::new(node.span.clone(), message).label("expected seconds or \"off\""));
                None
            }
        }
    }
}
