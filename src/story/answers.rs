//! What the kernel answered to the questions of a script: found by comparing, never written down.

use super::EventId;
use super::verdict::as_wanted;
use crate::record::{
    About, Action, Answer, Event, Outcome, Question, Recording, Segment, SegmentPattern, StepId, StepRun, Syscall, What,
};

/// The kernel's answer to a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The step whose question it is.
    pub step: StepId,
    /// The call or the segment that is the answer; none where the answer is that nothing came.
    pub of: Option<EventId>,
    /// The choices that are right, by their places. A question whose choices are well made has one.
    pub right: Vec<usize>,
}

/// The answers to the questions of all steps that were performed.
pub(super) fn answered(recording: &Recording) -> Vec<Answered> {
    let asked = |run: &StepRun| {
        let question = recording.script.steps.get(run.step.0)?.predict.as_ref()?;
        Some(Bench::new(recording, run).answered(question))
    };
    recording.steps.iter().filter_map(asked).collect()
}

/// Whether an answer is what the kernel did in a step; none where the step was not performed.
pub fn holds(recording: &Recording, step: StepId, answer: &Answer) -> Option<bool> {
    let run = recording.steps.iter().find(|run| run.step == step)?;
    Some(Bench::new(recording, run).holds(answer))
}

/// A step that was performed.
struct Bench<'a> {
    recording: &'a Recording,
    run: &'a StepRun,
    /// The call that ends in it or was left blocked in it.
    call: Option<(EventId, &'a Syscall)>,
}

impl<'a> Bench<'a> {
    fn new(recording: &'a Recording, run: &'a StepRun) -> Self {
        let of = match recording.script.steps.get(run.step.0).map(|step| &step.action) {
            Some(Action::Finish { step }) => *step,
            _ => run.step,
        };
        let written = |(place, event): (usize, &'a Event)| match &event.what {
            What::Syscall(call) if !call.implied && call.step == of => Some((EventId(place), call)),
            _ => None,
        };
        let call = recording.events.iter().enumerate().find_map(written);
        Self { recording, run, call }
    }

    fn answered(&self, question: &Question) -> Answered {
        let right = |(place, choice): (usize, &crate::record::Choice)| self.holds(&choice.answer).then_some(place);
        let right: Vec<usize> = question.choices.iter().enumerate().filter_map(right).collect();
        let of = match question.about {
            About::Result | About::Errno => self.call.map(|(event, _)| event),
            About::Segment => match right.first().map(|place| &question.choices[*place].answer) {
                Some(Answer::Segment(Some(pattern))) => self.segment(pattern),
                _ => self.notable().next(),
            },
        };
        Answered { step: self.run.step, of, right }
    }

    fn holds(&self, answer: &Answer) -> bool {
        match answer {
            Answer::Ends(wanted) => self.outcome().is_some_and(|outcome| as_wanted(wanted, outcome)),
            Answer::Succeeds => matches!(self.outcome(), Some(Outcome::Returned { .. })),
            Answer::Blocks => self.call.is_some() && self.outcome().is_none(),
            Answer::Segment(Some(pattern)) => self.segment(pattern).is_some(),
            Answer::Segment(None) => self.notable().next().is_none(),
        }
    }

    /// How the call ended, if it did so within the step.
    fn outcome(&self) -> Option<&'a Outcome> {
        let (_, call) = self.call?;
        call.end_ns.filter(|end_ns| *end_ns <= self.run.end_ns).map(|_| &call.outcome)
    }

    fn segments(&self) -> impl Iterator<Item = (EventId, &'a Segment)> {
        let recording = self.recording;
        let first = recording.events.partition_point(|event| event.t_ns < self.run.begin_ns);
        let end_ns = self.run.end_ns;
        let inside = recording.events.iter().enumerate().skip(first).take_while(move |(_, event)| event.t_ns <= end_ns);
        inside.filter_map(|(place, event)| Some((EventId(place), recording.segment(event)?)))
    }

    fn segment(&self, pattern: &SegmentPattern) -> Option<EventId> {
        self.segments().find(|(_, segment)| self.recording.fits(pattern, segment)).map(|(event, _)| event)
    }

    /// The segments that are more than acknowledgments.
    fn notable(&self) -> impl Iterator<Item = EventId> {
        self.segments().filter(|(_, segment)| !segment.is_pure_ack()).map(|(event, _)| event)
    }
}
