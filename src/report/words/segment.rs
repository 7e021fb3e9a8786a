use super::{PREVIEW_BYTES, alias, count, escape, quote};
use crate::record::{Flags, Segment};
use crate::story::{EndpointId, EventId, SegmentTold, Story, Told};

/// The rules by which a pure acknowledgment is a probe: it repeats a sequence number that the peer has.
const PROBES: [&str; 2] = ["zero-window-probe", "keep-alive-probe"];

/// A segment as people say it, with relative numbers: `PSH,ACK seq 2 "b"`, `RST seq 2`, `ACK 2`.
///
/// A zero window and a repeated transmission are said too, because they explain what follows, and of a probe the sequence number,
/// which makes it one.
pub fn segment(story: &Story, event: EventId, segment: &Segment, told: &SegmentTold) -> String {
    segment_forms(story, event, segment, told).swap_remove(0)
}

/// A segment in fewer and fewer words, for an arrow that has no room for all of them; the first says everything.
///
/// First that it is sent again is said shorter, then the flags that all data has are left out, then the data, of which the size
/// stays. Long data goes before the flags do: its beginning says less than they.
pub fn segment_forms(story: &Story, event: EventId, segment: &Segment, told: &SegmentTold) -> Vec<String> {
    let payload = segment.payload.as_slice();
    let (whole, brief) = names(story, event, segment, told);
    let window = if told.window_bytes == 0 && !segment.flags.has(Flags::RST) { " window 0" } else { "" };
    let again = match told.transmission {
        0 | 1 => [String::new(), String::new(), String::new()],
        number => [format!(" (sent again, #{number})"), format!(", again #{number}"), format!(", #{number}")],
    };
    let said = |name: &str, data: &str, again: &str| format!("{name}{data}{window}{again}");
    let mut forms = Vec::new();
    if payload.is_empty() {
        forms.extend(again.iter().map(|again| said(&whole, "", again)));
        forms.push(said(&brief, "", &again[2]));
    } else {
        let quoted = format!(" {}", quote(payload));
        let size = format!(", {}", count(payload.len() as u64, "byte"));
        forms.extend(again.iter().map(|again| said(&whole, &quoted, again)));
        if payload.len() <= PREVIEW_BYTES {
            forms.push(said(&brief, &quoted, &again[2]));
        }
        forms.extend([&whole, &brief].map(|name| said(name, &size, &again[2])));
        forms.push(said(&brief, &format!(", {} B", payload.len()), &again[2]));
    }
    forms.dedup();
    forms
}

/// What a segment is and its number, in full and without what can be missed most easily.
fn names(story: &Story, event: EventId, segment: &Segment, told: &SegmentTold) -> (String, String) {
    let seq = format!("seq {}", told.seq_rel);
    if segment.is_pure_ack() {
        let ack = format!("ACK {}", told.ack_rel.unwrap_or_default());
        let first = story.causes.partition_point(|cause| cause.of < event);
        let mut causes = story.causes[first..].iter().take_while(|cause| cause.of == event);
        let is_probe = causes.any(|cause| PROBES.contains(&cause.rule));
        return if is_probe { (format!("{ack}, probe {seq}"), format!("probe {seq}")) } else { (ack.clone(), ack) };
    }
    let whole = format!("{} {seq}", flags(segment.flags));
    let is_plain_data =
        !segment.payload.is_empty() && [Flags::ACK, Flags::PSH.with(Flags::ACK)].contains(&segment.flags);
    let brief = if is_plain_data { seq } else { whole.clone() };
    (whole, brief)
}

/// A segment event with its direction: `p8 server → client RST seq 2`. Nothing for other events.
pub fn flight(story: &Story, event: EventId) -> Option<String> {
    let Told::Segment(told) = &story.entries.get(event.0)?.told else { return None };
    let bytes = story.recording.segment(story.recording.events.get(event.0)?)?;
    Some(format!("{} {} {}", alias(story, event), way(story, event)?, segment(story, event, bytes, told)))
}

/// The direction of a segment event: `server → client`. Nothing for other events.
pub fn way(story: &Story, event: EventId) -> Option<String> {
    let Told::Segment(told) = &story.entries.get(event.0)?.told else { return None };
    let receiver = EndpointId { side: told.sender.side.other(), ..told.sender };
    Some(format!("{} → {}", end_name(story, told.sender), end_name(story, receiver)))
}

/// Whose end it is; its address where nobody is known.
pub(in crate::report) fn end_name(story: &Story, endpoint: EndpointId) -> String {
    let Some(connection) = story.connections.get(endpoint.connection.0) else { return "?".into() };
    let end = connection.end(endpoint.side);
    match end.actor.and_then(|actor| story.recording.script.actors.get(actor.0)) {
        Some(spec) => escape(&spec.name),
        None => end.address.to_string(),
    }
}

fn flags(flags: Flags) -> String {
    if flags == Flags::default() { "no flags".into() } else { flags.to_string() }
}
