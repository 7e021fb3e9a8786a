//! The story as a Mermaid sequence diagram, for places that draw those: wikis, READMEs, notebooks.
//!
//! Mermaid has no lanes for kernels and no slanted arrows. Calls are notes beside their process, or an activation from begin to end
//! where other things happen inside; states are notes under the segment that changed them.

use std::fmt::Write as _;

use crate::record::ActorId;
use crate::report::Options;
use crate::report::layout::{Arrow, Body, Cells, Layout, Part, Place, Row, Shaft};
use crate::report::ties::Ties;
use crate::report::words;
use crate::story::Story;

/// Writes a story as a sequence diagram.
pub(super) fn write(story: &Story, options: &Options) -> Vec<u8> {
    let ties = Ties::new(story);
    let layout = Layout::of(&ties, options);
    let mut diagram =
        Diagram { story, layout: &layout, lines: Vec::new(), active: vec![0; story.recording.actors.len()] };
    diagram.head();
    for row in &layout.rows {
        diagram.row(row, &Cells::new(&ties, row));
    }
    if options.upto.is_none() {
        for (step, question) in words::open_questions(story) {
            let text = words::asked(question, step, &story.recording.script);
            diagram.across(&format!("? {}", escaped(&text)));
        }
    }
    diagram.end();
    diagram.lines.concat().into_bytes()
}

struct Diagram<'a> {
    story: &'a Story,
    layout: &'a Layout,
    lines: Vec<String>,
    /// How many calls of each actor are begun and not ended.
    active: Vec<u32>,
}

impl Diagram<'_> {
    fn line(&mut self, text: &str) {
        self.lines.push(format!("    {text}\n"));
    }

    fn head(&mut self) {
        self.lines.push("sequenceDiagram\n".into());
        let title = escaped(&words::plain(&self.story.recording.script.title));
        self.line(&format!("accTitle: {title}"));
        for place in 0..self.participants() {
            let name = match self.story.recording.actors.get(place) {
                Some(actor) => escaped(&words::escape(&actor.name)),
                None => "peer".into(),
            };
            self.line(&format!("participant A{place} as {name}"));
        }
    }

    /// The actors, and where a wire leads to none of them somebody at its end.
    fn participants(&self) -> usize {
        let of_wires = if self.layout.rows.iter().any(|row| matches!(row.body, Body::Segment(_))) {
            self.layout.wires.len() + 1
        } else {
            1
        };
        self.story.recording.actors.len().max(of_wires)
    }

    fn row(&mut self, row: &Row, cells: &Cells) {
        let said = if cells.id.is_empty() { cells.main.clone() } else { format!("{} {}", cells.id, cells.main) };
        let said = escaped(&said);
        match (cells.place, &row.body) {
            (Place::Wire(arrow, shaft), _) => self.segment(arrow, shaft, &said, row),
            (Place::Lane(actor), body) => {
                self.beside(actor, &said);
                self.activity(actor, body);
            }
            (Place::Across, Body::Gap { .. }) => self.across(&format!("… {said} …")),
            (Place::Across, _) => self.across(&said),
        }
    }

    fn segment(&mut self, arrow: Arrow, shaft: Shaft, said: &str, row: &Row) {
        let (left, right) = (arrow.span.0, arrow.span.1 + 1);
        let (from, to) = if arrow.rightwards { (left, right) } else { (right, left) };
        let line = match shaft {
            _ if arrow.dropped => "-x",
            Shaft::Dashed => "-->>",
            _ => "->>",
        };
        self.line(&format!("A{from}{line}A{to}: {said}"));
        let mut states: Vec<_> = row.states.iter().collect();
        states.sort_by_key(|label| (label.wire, label.right));
        for label in states {
            let at = label.wire + usize::from(label.right);
            self.line(&format!("Note over A{at}: {}", label.state));
        }
    }

    /// A note beside a process, on the side where no wire is: between two wires over it.
    fn beside(&mut self, ActorId(actor): ActorId, said: &str) {
        let side = match actor {
            0 => "left of",
            last if last + 1 == self.participants() => "right of",
            _ => "over",
        };
        self.line(&format!("Note {side} A{actor}: {said}"));
    }

    fn across(&mut self, said: &str) {
        let last = self.participants() - 1;
        let over = if last == 0 { "A0".to_owned() } else { format!("A0,A{last}") };
        self.line(&format!("Note over {over}: {said}"));
    }

    fn activity(&mut self, actor: ActorId, body: &Body) {
        let Body::Call { part, .. } = body else { return };
        let Some(active) = self.active.get_mut(actor.0) else { return };
        match part {
            Part::Begin => {
                *active += 1;
                self.line(&format!("activate A{}", actor.0));
            }
            Part::End if *active > 0 => {
                *active -= 1;
                self.line(&format!("deactivate A{}", actor.0));
            }
            Part::End | Part::Whole => {}
        }
    }

    /// Ends the activations of calls that had not ended.
    fn end(&mut self) {
        for actor in 0..self.active.len() {
            for _ in 0..std::mem::take(&mut self.active[actor]) {
                self.line(&format!("deactivate A{actor}"));
            }
        }
    }
}

/// A text that Mermaid shows as it stands: what could end a line (`;`), begin an entity (`#`), a directive (`%%{`), markup (`<`) or a
/// formula (`$$`) is written as an entity of Mermaid's, `#` with the character's number and `;`.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        let plain = c.is_alphanumeric() || " .,:()[]\"'/_-+=→←↖…✓✗·".contains(c);
        if plain {
            safe.push(c);
        } else {
            let _ = write!(safe, "#{};", u32::from(c)); // writing to a String cannot fail
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::testing::{broken_pipe, broken_pipe_of, proxy};
    use crate::story::tell;

    fn mermaid(stage: crate::report::testing::Stage) -> String {
        String::from_utf8(write(&tell(stage.done()), &Options::default())).unwrap()
    }

    #[test]
    fn broken_pipe_as_a_diagram() {
        insta::assert_snapshot!(mermaid(broken_pipe()));
    }

    #[test]
    fn three_actors_and_a_gap() {
        let text = mermaid(proxy());
        assert!(text.contains("participant A2 as upstream\n"));
        assert!(text.contains("    A2->>A1: p6 PSH,ACK seq 1 \"0123456789\"\n"), "{text}");
        assert!(text.contains("    Note over A0,A2: … 59 ms …\n"), "{text}");
        assert_eq!(text.matches("    activate").count(), text.matches("deactivate").count());
    }

    #[test]
    fn what_mermaid_would_obey_is_text() {
        let text = mermaid(broken_pipe_of("a;b", ["end", "x;participant y"], "%%{init: 1}%% #lt; <b> $$x$$\n"));
        assert!(text.contains("accTitle: a#59;b\n"), "{text}");
        assert!(text.contains("participant A1 as x#59;participant y\n"));
        assert!(text.contains("#37;#37;#123;init: 1#125;#37;#37; #35;lt#59; #60;b"), "{text}");
        for line in text.lines() {
            let entities = line.split('#').skip(1).map(|part| part.split_once(';').map(|(number, _)| number));
            assert!(entities.into_iter().all(|number| number.is_some_and(|number| number.parse::<u32>().is_ok())));
            assert_eq!(line.matches(';').count(), line.matches('#').count(), "{line}");
        }
    }
}
