use std::collections::{BTreeMap, BTreeSet};

use super::document::{
    Cause, Choice, Connection, ConnectionEnd, Document, Expectation, Finding, Link, Listener, NotReached, Piece,
    Question, Run, SCHEMA, SCHEMA_VERSION, Scenario, Step, Stream, StreamRange, Verdict,
};
use super::event::{
    Base64, Errno, Event, Exit, Field, HeaderField, Kill, Kind, Outcome, Payload, Prediction, Segment, Signal, State,
    Syscall, Transition, What,
};
use crate::packet::fields;
use crate::record::{self, Action, ActorId, Detail, End, Flags, StepId};
use crate::report::ties::Ties;
use crate::report::{Options, words};
use crate::story::rules::rule;
use crate::story::{self, EndpointId, Entry, EventId, Side, Story, Told};

/// Writes a story as a timeline: pretty, keys in a fixed order, with one newline at its end.
pub(in crate::report::format) fn write(story: &Story, _: &Options) -> Vec<u8> {
    let ties = Ties::new(story);
    let mut bytes = Vec::with_capacity(4_096 + 2_048 * story.entries.len());
    // Writing to a Vec cannot fail, and no map in the document has keys that are not strings.
    let _ = serde_json::to_writer_pretty(&mut bytes, &Writer { story, ties: &ties }.document());
    bytes.push(b'\n');
    bytes
}

pub(super) struct Writer<'a> {
    pub(super) story: &'a Story,
    pub(super) ties: &'a Ties<'a>,
}

impl<'a> Writer<'a> {
    pub(super) fn document(&self) -> Document<'a> {
        let story = self.story;
        let recording = &story.recording;
        let entries = recording.events.iter().zip(&story.entries).enumerate();
        let events: Vec<Event<'a>> =
            entries.filter_map(|(place, (event, entry))| self.event(place, event, entry)).collect();
        let header_fields = header_fields(&events);
        Document {
            schema: SCHEMA,
            schema_version: SCHEMA_VERSION,
            run: self.run(),
            clock: &recording.clock,
            actors: &recording.actors,
            sockets: &recording.sockets,
            connections: story.connections.iter().map(|connection| self.connection(connection)).collect(),
            events,
            links: story.links.iter().map(|link| self.link(link)).collect(),
            causes: story.causes.iter().map(|cause| self.cause(cause)).collect(),
            steps: self.steps(),
            predictions: recording.script.steps.iter().enumerate().filter_map(|step| self.question(step)).collect(),
            streams: story.streams.iter().map(|stream| self.stream(stream)).collect(),
            listeners: story.listeners.iter().map(|listener| self.listener(listener)).collect(),
            layout: self.layout(),
            header_fields,
            findings: story.findings.iter().map(|finding| self.finding(finding)).collect(),
            expectations: story.verdict.checks.iter().map(|check| self.expectation(check)).collect(),
            not_reached: story.verdict.not_reached.iter().map(|open| self.not_reached(open)).collect(),
            recording: Some(recording),
        }
    }

    fn run(&self) -> Run<'a> {
        let recording = &self.story.recording;
        let verdict = &self.story.verdict;
        Run {
            scenario: Scenario {
                id: &recording.script.id,
                title: &recording.script.title,
                sha256: &recording.script.source.sha256,
            },
            tcpstory: &recording.machine.tcpstory,
            kernel: &recording.machine.kernel,
            arch: &recording.machine.arch,
            sandbox: recording.machine.sandbox,
            sysctls: &recording.machine.sysctls,
            frames_received: recording.capture.received,
            frames_dropped: recording.capture.dropped,
            complete: verdict.capture_complete && verdict.run_complete,
            end: &recording.end,
            verdict: match recording.end {
                End::Interrupted { .. } => Verdict::Interrupted,
                End::Withheld { .. } => Verdict::Withheld,
                _ if !verdict.capture_complete => Verdict::Incomplete,
                _ if !verdict.passed() => Verdict::Failed,
                _ => Verdict::Passed,
            },
        }
    }

    fn connection(&self, connection: &'a story::Connection) -> Connection<'a> {
        let end = |side| {
            let end = connection.end(side);
            ConnectionEnd {
                side,
                actor: end.actor.map(|actor| self.actor(actor)),
                socket: end.socket,
                address: end.address,
                initial_seq: end.isn,
                window_scale: end.window_scale,
            }
        };
        Connection { label: &connection.label, ends: [end(Side::Initiator), end(Side::Responder)] }
    }

    /// Nothing for a segment event without its segment, which no valid recording has.
    fn event(&self, place: usize, event: &'a record::Event, entry: &'a Entry) -> Option<Event<'a>> {
        let (kind, what) = self.what(EventId(place), event, entry)?;
        let transition = |transition: &story::Transition| Transition {
            connection: self.label(transition.endpoint),
            side: transition.endpoint.side,
            from: transition.from,
            to: transition.to,
        };
        Some(Event {
            id: &entry.id,
            alias: &entry.alias,
            order: place,
            t_ns: event.t_ns,
            step: entry.step.map(|step| step.0),
            kind,
            what,
            transitions: entry.transitions.iter().map(transition).collect(),
        })
    }

    fn what(&self, id: EventId, event: &'a record::Event, entry: &'a Entry) -> Option<(Kind, What<'a>)> {
        Some(match &event.what {
            record::What::Syscall(syscall) => {
                (Kind::Syscall, What::Syscall(Box::new(self.syscall(id, event.t_ns, syscall, entry))))
            }
            record::What::Segment { frame } => {
                (Kind::Segment, What::Segment(Box::new(self.segment(id, frame.0, event, entry)?)))
            }
            record::What::Signal(caught) => {
                let during = self.id(EventId(caught.during));
                let (name, number) = (caught.signal.to_string(), caught.signal.0);
                (Kind::Signal, What::Signal(Signal { actor: self.actor(caught.actor), name, number, during }))
            }
            record::What::Kill(kill) => {
                let (name, number) = (kill.signal.to_string(), kill.signal.0);
                (Kind::Kill, What::Kill(Kill { actor: self.actor(kill.actor), name, number }))
            }
            record::What::Exit(exit) => {
                (Kind::Exit, What::Exit(Exit { actor: self.actor(exit.actor), status: exit.status }))
            }
            record::What::State(sample) => (Kind::State, What::State(self.state(sample, entry))),
        })
    }

    fn syscall(&self, id: EventId, begin_ns: i64, syscall: &'a record::Syscall, entry: &'a Entry) -> Syscall<'a> {
        let told = match &entry.told {
            Told::Call(told) => Some(told),
            _ => None,
        };
        Syscall {
            actor: self.actor(syscall.actor),
            socket: syscall.socket,
            call: &syscall.call,
            implied: syscall.implied,
            end_ns: syscall.end_ns,
            duration_ns: syscall.end_ns.map(|end_ns| end_ns.abs_diff(begin_ns)),
            blocked: syscall.blocked,
            outcome: outcome(&syscall.outcome),
            connection: told.and_then(|told| told.endpoint).map(|endpoint| self.label(endpoint)),
            predicted: told.into_iter().flat_map(|told| &told.prediction.allowed).map(prediction).collect(),
            explained: told.is_some_and(|told| told.explained),
            text: words::call_and_result(self.ties, id, syscall),
        }
    }

    fn segment(&self, id: EventId, frame: usize, event: &'a record::Event, entry: &'a Entry) -> Option<Segment<'a>> {
        let bytes = self.story.recording.segment(event)?;
        let Told::Segment(told) = &entry.told else { return None };
        let acknowledges = bytes.flags.has(Flags::ACK);
        Some(Segment {
            connection: self.label(told.sender),
            sender: told.sender.side,
            src: bytes.src,
            dst: bytes.dst,
            flags: bytes.flags.to_string(),
            seq: bytes.seq,
            seq_rel: told.seq_rel,
            ack: acknowledges.then_some(bytes.ack),
            ack_rel: told.ack_rel,
            window: bytes.window,
            window_bytes: told.window_bytes,
            transmission: told.transmission,
            payload: (!bytes.payload.is_empty()).then(|| payload(&bytes.payload)),
            frame,
            fields: self.fields(frame).map(field).collect(),
            text: words::segment(self.story, id, bytes, told),
        })
    }

    /// The header fields of a frame.
    fn fields(&self, frame: usize) -> impl Iterator<Item = fields::Field> {
        self.story.recording.frames.get(frame).into_iter().flat_map(|frame| fields::fields(&frame.bytes.0))
    }

    fn stream(&self, stream: &story::Stream) -> Stream<'a> {
        let pieces = |pieces: &[story::Piece]| pieces.iter().map(|piece| self.piece(*piece)).collect();
        Stream {
            connection: self.label(stream.sender),
            sender: stream.sender.side,
            size_bytes: stream.size(),
            writes: pieces(&stream.writes),
            segments: pieces(&stream.segments),
            reads: pieces(&stream.reads),
        }
    }

    fn listener(&self, listener: &story::Listener) -> Listener<'a> {
        let story::Listener { socket, from, until } = *listener;
        Listener { socket, from: self.id(from), until: until.map(|event| self.id(event)) }
    }

    fn piece(&self, piece: story::Piece) -> Piece<'a> {
        Piece { event: self.id(piece.event), begin: piece.begin, end: piece.end }
    }

    fn state(&self, sample: &record::StateSample, entry: &Entry) -> State<'a> {
        let told = match &entry.told {
            Told::State(told) => Some(told),
            _ => None,
        };
        State {
            local: sample.local,
            peer: sample.peer,
            connection: told.and_then(|told| told.endpoint).map(|endpoint| self.label(endpoint)),
            reported: sample.state,
            model: told.and_then(|told| told.model),
            agrees: told.is_some_and(|told| told.agrees),
            unread_bytes: sample.unread_bytes,
            unsent_bytes: sample.unsent_bytes,
        }
    }

    fn link(&self, link: &story::Link) -> Link<'a> {
        let (begin, end) = link.bytes;
        Link {
            from: self.id(link.from),
            to: self.id(link.to),
            rel: link.rel,
            basis: link.basis,
            confidence: link.confidence,
            stream_bytes: (begin < end).then_some(StreamRange { begin, end }),
        }
    }

    fn cause(&self, cause: &story::Cause) -> Cause<'a> {
        let event = self.story.recording.events.get(cause.of.0);
        let is_segment = event.is_some_and(|event| matches!(event.what, record::What::Segment { .. }));
        Cause {
            of: self.id(cause.of),
            because: self.ids(&cause.because),
            rule: cause.rule,
            notable: rule(cause.rule).is_none_or(|rule| rule.notable),
            text: words::cause(self.story, cause),
            brief: is_segment.then(|| words::brief(self.story, cause)),
        }
    }

    fn steps(&self) -> Vec<Step<'a>> {
        let recording = &self.story.recording;
        let mut steps: Vec<Step<'a>> =
            recording.script.steps.iter().enumerate().map(|(place, step)| self.step(place, step)).collect();
        for run in &recording.steps {
            if let Some(step) = steps.get_mut(run.step.0) {
                (step.begin_ns, step.end_ns) = (Some(run.begin_ns), Some(run.end_ns));
            }
        }
        for entry in &self.story.entries {
            if let Some(step) = entry.step.and_then(|StepId(place)| steps.get_mut(place)) {
                step.events.push(&entry.id);
            }
        }
        for (place, subject) in self.subjects() {
            if let Some(step) = steps.get_mut(place) {
                step.subject = Some(subject);
            }
        }
        steps
    }

    /// The event that each performed step is about.
    fn subjects(&self) -> BTreeMap<usize, &'a str> {
        let mut subjects = BTreeMap::new();
        for (event, entry) in self.story.recording.events.iter().zip(&self.story.entries) {
            let step = match &event.what {
                record::What::Syscall(call) if !call.implied => Some(call.step),
                record::What::Kill(_) => entry.step,
                _ => None,
            };
            if let Some(step) = step {
                subjects.entry(step.0).or_insert(entry.id.as_str());
            }
        }
        for (place, step) in self.story.recording.script.steps.iter().enumerate() {
            if let Action::Finish { step } = step.action
                && let Some(call) = subjects.get(&step.0).copied()
            {
                subjects.insert(place, call);
            }
        }
        subjects
    }

    fn step(&self, place: usize, step: &'a record::Step) -> Step<'a> {
        Step {
            place,
            line: step.line,
            does: words::action(step, &self.story.recording.script),
            actor: self.story.recording.script.actor_of(StepId(place)).map(|actor| self.actor(actor)),
            subject: None,
            say: step.say.as_deref(),
            begin_ns: None,
            end_ns: None,
            events: Vec::new(),
        }
    }

    fn question(&self, (place, step): (usize, &'a record::Step)) -> Option<Question<'a>> {
        let question = step.predict.as_ref()?;
        let answered = self.story.answers.iter().find(|answered| answered.step.0 == place);
        let choice = |(number, choice): (usize, &'a record::Choice)| Choice {
            text: words::choice(choice, StepId(place), &self.story.recording.script),
            tempting: choice.tempting.as_deref(),
            right: answered.map(|answered| answered.right.contains(&number)),
        };
        Some(Question {
            step: place,
            text: &question.text,
            about: question.about,
            of: answered.and_then(|answered| answered.of).map(|event| self.id(event)),
            choices: question.choices.iter().enumerate().map(choice).collect(),
            answer: answered.map(|answered| words::answered(self.ties, question, answered)),
        })
    }

    fn finding(&self, finding: &story::Finding) -> Finding<'a> {
        Finding { kind: finding.kind, about: self.ids(&finding.about), text: words::finding(self.story, finding) }
    }

    fn not_reached(&self, open: &story::NotReached) -> NotReached {
        let expected = words::not_reached(self.story, open).expected;
        NotReached { step: open.step.0, line: open.line, kind: open.expected, expected }
    }

    fn expectation(&self, check: &story::Check) -> Expectation {
        let said = words::check(self.ties, check);
        Expectation {
            step: check.step.0,
            line: check.line,
            kind: check.expected,
            expected: said.expected,
            actual: said.actual,
            passed: check.passed,
        }
    }

    pub(super) fn actor(&self, actor: ActorId) -> &'a str {
        self.story.recording.actors.get(actor.0).map_or("", |actor| &actor.name)
    }

    pub(super) fn label(&self, endpoint: EndpointId) -> &'a str {
        self.story.connections.get(endpoint.connection.0).map_or("", |connection| &connection.label)
    }

    pub(super) fn id(&self, event: EventId) -> &'a str {
        self.story.entries.get(event.0).map_or("", |entry| &entry.id)
    }

    fn ids(&self, events: &[EventId]) -> Vec<&'a str> {
        events.iter().map(|event| self.id(*event)).collect()
    }
}

fn outcome(outcome: &record::Outcome) -> Outcome<'_> {
    match outcome {
        record::Outcome::Returned { value, detail } => returned(*value, detail),
        record::Outcome::Failed { errno: failed } => Outcome::Failed { errno: errno(*failed) },
        record::Outcome::Killed { signal } => Outcome::Killed { signal: signal.to_string() },
        record::Outcome::Unfinished => Outcome::Unfinished,
    }
}

fn returned(value: i64, detail: &Detail) -> Outcome<'_> {
    let (mut data, mut accepted, mut pair) = (None, None, None);
    let (mut ready, mut option, mut pending_error) = (None, None, None);
    match detail {
        Detail::None | Detail::Address(_) | Detail::PendingError(None) => {} // an address is in the text
        Detail::Data(bytes) => data = Some(payload(&bytes.0)),
        Detail::Accepted(socket) => accepted = Some(*socket),
        Detail::Pair(sockets) => pair = Some(*sockets),
        Detail::Ready(events) => ready = Some(events.as_slice()),
        Detail::Option(value) => option = Some(*value),
        Detail::PendingError(Some(pending)) => pending_error = Some(errno(*pending)),
    }
    Outcome::Returned { value, data, accepted, pair, ready, option, pending_error }
}

fn errno(errno: record::Errno) -> Errno {
    Errno { name: errno.to_string(), number: errno.0, text: errno.text() }
}

fn prediction(allowed: &story::Allowed) -> Prediction {
    Prediction { outcome: words::predicted(&allowed.outcome), rule: allowed.rule }
}

fn payload(bytes: &[u8]) -> Payload<'_> {
    Payload { size_bytes: bytes.len() as u64, base64: Base64(bytes), preview: words::preview(bytes) }
}

fn field(field: fields::Field) -> Field {
    Field {
        filter: field.kind.filter,
        offset_bytes: field.offset,
        size_bytes: field.len,
        mask: field.mask,
        value: field.value,
    }
}

/// What the fields are that the segments have.
fn header_fields(events: &[Event<'_>]) -> BTreeMap<&'static str, HeaderField> {
    let segments = events.iter().filter_map(|event| match &event.what {
        What::Segment(segment) => Some(segment),
        _ => None,
    });
    let used: BTreeSet<&str> = segments.flat_map(|segment| segment.fields.iter()).map(|field| field.filter).collect();
    let kinds = fields::kinds::ALL.iter().filter(|kind| used.contains(kind.filter));
    let told =
        |kind: &fields::Kind| HeaderField { name: kind.name, layer: kind.layer.name(), explanation: kind.explanation };
    kinds.map(|kind| (kind.filter, told(kind))).collect()
}
