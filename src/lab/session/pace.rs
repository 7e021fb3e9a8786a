//! Whether a scenario can wait for a person between its steps.
//!
//! Most can: what was sent is acknowledged, and nothing happens until the next call. Others would tell another story, because the
//! kernel sends something again, or forgets something, while the person thinks. What of this the kernel can be told to put off is put
//! off where a person asks for the steps ([`Options::by_hand`](super::Options::by_hand)): orphans then wait in `FIN_WAIT2` for hours.

use crate::record::{Action, Call, MsgFlag, Script, SocketOption, Step, TcpState};

/// Sysctls that set timers of the kernel.
const TIMERS: [&str; 4] =
    ["net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive", "net.ipv4.tcp_retries", "net.ipv4.tcp_syn"];

/// Which timer of the kernel may run on while a person thinks about one of the script's questions, in words; none where the story
/// stays the same at every pace. `orphans_wait`: in `FIN_WAIT2`, for longer than a minute.
pub fn timer(script: &Script, orphans_wait: bool) -> Option<&'static str> {
    let last = script.steps.iter().rposition(|step| step.predict.is_some()).unwrap_or_default();
    timer_before(script, last, orphans_wait)
}

/// The same for a person who takes every step of the script.
pub fn timer_of_steps(script: &Script, orphans_wait: bool) -> Option<&'static str> {
    timer_before(script, script.steps.len().saturating_sub(1), orphans_wait)
}

/// Whether orphans may be made to wait in `FIN_WAIT2`: not where the script says for how long, and not where their peer may vanish
/// without a word, for then nothing would end their wait.
pub(super) fn can_be_patient(script: &Script) -> bool {
    let vanishes = |step: &Step| matches!(step.action, Action::Call { call: Call::Vanish, .. });
    !script.network.sysctl.contains_key("net.ipv4.tcp_fin_timeout") && !script.steps.iter().any(vanishes)
}

fn timer_before(script: &Script, last: usize, orphans_wait: bool) -> Option<&'static str> {
    let sysctl = |name: &String| TIMERS.iter().any(|timer| name.starts_with(timer));
    if script.slow {
        return Some("it waits for timers of the kernel");
    }
    if script.network.delayed_ack {
        return Some("delayed acknowledgments are sent after 40 ms");
    }
    if script.network.sysctl.keys().any(sysctl) {
        return Some("it sets timers of the kernel");
    }
    let steps = &script.steps[..last];
    let timer = steps.iter().find_map(|step| timer_of(step, script));
    timer.or_else(|| {
        (!orphans_wait && steps.iter().any(leaves_an_orphan)).then_some("FIN_WAIT2 of an orphan ends after a minute")
    })
}

/// Whether a step may close a connection whose peer has not closed it.
fn leaves_an_orphan(step: &Step) -> bool {
    matches!(step.action, Action::Call { call: Call::Close | Call::Exit { .. }, .. } | Action::Kill { .. })
}

fn timer_of(step: &Step, script: &Script) -> Option<&'static str> {
    let waits = |state: TcpState| step.expect.state.iter().any(|wanted| wanted.value.1 == state);
    match &step.action {
        Action::Pause { .. } => return Some("it lets time pass"),
        Action::Call { call: Call::Vanish, .. } => return Some("segments to a socket that vanished are sent again"),
        Action::Call { call: Call::Setsockopt { option }, .. } => {
            if let Some(timer) = timer_of_option(*option) {
                return Some(timer);
            }
        }
        Action::Call { call: Call::Send { flags, .. }, .. } if flags.contains(&MsgFlag::More) => {
            return Some("what MSG_MORE holds back is sent after 200 ms");
        }
        Action::Call { call, blocks: Some(_), .. } if has_deadline(call, script) => {
            return Some("a blocked call has a deadline");
        }
        _ => {}
    }
    if waits(TcpState::TimeWait) {
        return Some("TIME_WAIT ends after a minute");
    }
    let in_doubt = [TcpState::FinWait1, TcpState::SynSent, TcpState::SynRecv].into_iter().any(waits);
    in_doubt.then_some("what is not acknowledged is sent again")
}

fn timer_of_option(option: SocketOption) -> Option<&'static str> {
    Some(match option {
        SocketOption::SoLinger(Some(1..)) => "SO_LINGER runs out",
        SocketOption::TcpUserTimeout(1..) => "TCP_USER_TIMEOUT runs out",
        SocketOption::SoKeepalive(true) => "keep-alive probes are sent",
        SocketOption::TcpCork(true) => "a cork is pulled by the kernel after 200 ms",
        SocketOption::TcpDeferAccept(1..) => "TCP_DEFER_ACCEPT runs out",
        SocketOption::TcpLinger2(Some(_)) => "TCP_LINGER2 runs out",
        SocketOption::SoRcvbuf(_) => "a full window is probed",
        _ => return None,
    })
}

/// Whether a call that is left blocked ends by itself, or sends something again meanwhile.
fn has_deadline(call: &Call, script: &Script) -> bool {
    let limited = |step: &Step| {
        matches!(
            step.action,
            Action::Call {
                call: Call::Setsockopt { option: SocketOption::SoRcvtimeo(1..) | SocketOption::SoSndtimeo(1..) },
                ..
            }
        )
    };
    match call {
        Call::Poll { timeout_ns, .. } | Call::EpollWait { timeout_ns, .. } => timeout_ns.is_some(),
        Call::Read { .. } | Call::Recv { .. } | Call::Accept { .. } => script.steps.iter().any(limited),
        _ => true, // what waits to be sent is probed for, or sent again
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{About, ActorId, Expect, Located, Question, SocketRef};

    /// A question behind that step.
    fn asked_behind(action: Action, state: Option<TcpState>) -> Script {
        let socket = SocketRef { actor: ActorId(0), socket: "connection".into() };
        let state = state.map(|state| Located { line: 1, value: (socket, state) }).into_iter().collect();
        let question = Question { line: 1, text: "What?".into(), about: About::Segment, choices: Vec::new() };
        let step = |action, state, predict| Step {
            line: 1,
            action,
            expect: Expect { state, ..Expect::default() },
            say: None,
            predict,
        };
        Script {
            steps: vec![step(action, state, None), step(Action::Wait, Vec::new(), Some(question))],
            ..Script::default()
        }
    }

    fn call(call: Call, blocks: bool) -> Action {
        let (socket, blocks) = ("connection".to_owned(), blocks.then(|| "b".to_owned()));
        Action::Call { actor: ActorId(0), socket, call, blocks, starts: None }
    }

    #[test]
    fn what_waits_for_a_person_is_told_from_what_does_not() {
        let timed = |timeout_ns| Call::Poll { events: Vec::new(), timeout_ns };
        let cork = |on| Call::Setsockopt { option: SocketOption::TcpCork(on) };
        for (action, state, runs) in [
            (Action::Wait, None, false),
            (Action::Pause { ns: 1 }, None, true),
            (Action::Wait, Some(TcpState::TimeWait), true),
            (Action::Wait, Some(TcpState::FinWait2), false),
            (call(Call::Read { size: 1 }, true), None, false),
            (call(Call::Close, true), None, true),
            (call(timed(Some(1)), true), None, true),
            (call(timed(Some(1)), false), None, false),
            (call(timed(None), true), None, false),
            (call(cork(true), false), None, true),
            (call(cork(false), false), None, false),
            (call(Call::Setsockopt { option: SocketOption::SoRcvbuf(4_096) }, false), None, true),
        ] {
            assert_eq!(timer(&asked_behind(action.clone(), state), true).is_some(), runs, "{action:?} {state:?}");
        }
    }

    #[test]
    fn what_comes_behind_the_last_question_waits_for_nobody() {
        let mut script = asked_behind(Action::Pause { ns: 1 }, None);
        script.steps.reverse();
        assert_eq!(timer(&script, true), None);
        assert_eq!(timer_of_steps(&script, true), None, "the last step is over when it is done");
        script.steps.push(script.steps[0].clone());
        assert!(timer_of_steps(&script, true).is_some(), "who takes the last step waits before it");
    }

    #[test]
    fn where_orphans_wait_for_a_minute_only_a_close_is_no_time_to_think() {
        let script = asked_behind(call(Call::Close, false), None);
        assert_eq!(timer(&script, true), None);
        assert_eq!(timer(&script, false), Some("FIN_WAIT2 of an orphan ends after a minute"));
        assert_eq!(timer(&asked_behind(call(Call::Read { size: 1 }, false), None), false), None);
        assert!(can_be_patient(&script));
        assert!(!can_be_patient(&asked_behind(call(Call::Vanish, false), None)), "nothing would end their wait");
        let mut chosen = script;
        chosen.network.sysctl.insert("net.ipv4.tcp_fin_timeout".into(), "5".into());
        assert!(!can_be_patient(&chosen) && timer(&chosen, true).is_some());
    }
}
