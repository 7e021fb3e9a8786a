//! Actors that other actors fork, and sockets that vanish.

use super::calls::Asked;
use super::sockets::DescriptorId;
use super::wait::Deadline;
use super::{Halt, Session};
use crate::lab::LabError;
use crate::lab::sys::process::now_ns;
use crate::lab::sys::socket::{disconnect, set_repair};
use crate::record::{ActorId, Call};
use std::os::fd::AsFd as _;

impl Session {
    /// An actor has forked another: that process is held from now on.
    pub(super) fn is_forked(&mut self, parent: ActorId, child: ActorId, pid: i64) -> Result<(), Halt> {
        let pid = u32::try_from(pid)
            .map_err(|_| LabError::new("cannot understand an actor").tried("its fork", "no process id"))?;
        let handle = self.players[parent.0].handle()?.forked(pid)?;
        let player = &mut self.players[child.0];
        player.is_born(handle);
        self.actors[child.0].pid = pid;
        player.await_ready(&self.stop, Deadline::after(None))
    }

    /// A socket that others hold too cannot vanish: it would live on in their hands.
    pub(super) fn check_vanish(&self, asked: &Asked<'_>, descriptor: DescriptorId) -> Result<(), Halt> {
        let others = self.sockets.others(descriptor);
        if *asked.call != Call::Vanish || others.is_empty() {
            return Ok(());
        }
        let name = |(actor, name): &(ActorId, String)| format!("{}.{name}", self.actors[actor.0].name);
        let others: Vec<_> = others.iter().map(name).collect();
        Err(LabError::new("cannot make a socket vanish")
            .tried("taking its only descriptor", format!("others refer to it: {}", others.join(", ")))
            .advise("close those before")
            .into())
    }

    /// A connection goes without a segment. When it has gone, in nanoseconds since 1970; none where there was no socket.
    ///
    /// Closing the last descriptor in repair mode would do, but somewhere in this program another process may be about to start,
    /// and until it has become that process it holds a copy of every descriptor: so the connection is ended by `tcp_disconnect`,
    /// which sends nothing in repair mode and needs no last descriptor.
    pub(super) fn vanishes(&mut self, actor: ActorId) -> Result<Option<u64>, Halt> {
        let Some(socket) = self.players[actor.0].handle()?.lent() else { return Ok(None) };
        set_repair(socket.as_fd()).map_err(|errno| {
            LabError::new("cannot make a socket vanish")
                .tried("setsockopt(TCP_REPAIR)", errno)
                .advise("that needs CAP_NET_ADMIN over the network: run in a namespace, not on the host\'s loopback")
        })?;
        disconnect(socket.as_fd()).map_err(LabError::failed("cannot make a socket vanish", "connect to AF_UNSPEC"))?;
        drop(socket);
        Ok(Some(now_ns()))
    }
}
