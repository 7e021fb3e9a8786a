use base64::prelude::{BASE64_STANDARD, Engine as _};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{ReadError, read, reference, schema, write};
use crate::record::Recording;
use crate::report::format::FORMATS;
use crate::report::testing::{broken_pipe, broken_pipe_of, proxy};
use crate::report::{Options, normalize, tell};

fn timeline(recording: &Recording) -> Vec<u8> {
    write(&tell(recording.clone(), &Options::default()), &Options::default())
}

fn value(recording: &Recording) -> Value {
    serde_json::from_slice(&timeline(recording)).unwrap()
}

/// A timeline after a change.
fn changed(change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut document = value(&broken_pipe().done());
    change(&mut document);
    serde_json::to_vec(&document).unwrap()
}

#[test]
fn schema_file_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/timeline.schema.json");
    assert!(
        std::fs::read_to_string(path).unwrap_or_default() == schema(),
        "write `tcpstory schema timeline` to {path}"
    );
}

#[test]
fn reference_file_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/TIMELINE.md");
    assert!(
        std::fs::read_to_string(path).unwrap_or_default() == reference(),
        "write `tcpstory schema timeline --docs` to {path}"
    );
}

#[test]
fn documents_are_valid() {
    let schema: Value = serde_json::from_str(&schema()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for recording in [broken_pipe().done(), proxy().done()] {
        let document = value(&recording);
        let problems: Vec<String> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
        assert_eq!(problems, Vec::<String>::new());
    }
    assert!(!validator.is_valid(&json!({ "schema": "tcpstory.timeline" })));
}

#[test]
fn round_trip_keeps_the_recording() {
    for recording in [broken_pipe().done(), proxy().done()] {
        assert_eq!(read(&timeline(&recording)).unwrap(), recording);
    }
}

#[test]
fn failing_call_is_told_in_full() {
    let document = value(&broken_pipe().done());
    let events = document["events"].as_array().unwrap();
    let call = events.iter().find(|event| event["alias"] == "c4").unwrap();
    assert_eq!(call["kind"], "syscall");
    assert_eq!(
        call["syscall"]["outcome"],
        json!({ "kind": "failed", "errno": { "name": "EPIPE", "number": 32, "text": "Broken pipe" } })
    );
    assert_eq!(call["syscall"]["text"], "write(\"c\") → EPIPE + SIGPIPE");
    let cause = document["causes"].as_array().unwrap().iter().find(|cause| cause["of"] == call["id"]).unwrap();
    let rst = events.iter().find(|event| event["segment"]["flags"] == "RST").unwrap();
    assert!(cause["because"].as_array().unwrap().contains(&rst["id"]));
}

#[test]
fn every_byte_of_every_frame_is_a_field_that_is_explained() {
    let document = value(&proxy().done());
    let segments = document["events"].as_array().unwrap().iter().filter_map(|event| event.get("segment"));
    let mut seen = 0;
    for segment in segments {
        let frame = &document["recording"]["frames"][usize::try_from(segment["frame"].as_u64().unwrap()).unwrap()];
        let bytes = BASE64_STANDARD.decode(frame["bytes"].as_str().unwrap()).unwrap();
        let mut next = 0;
        for field in segment["fields"].as_array().unwrap() {
            let (offset, size) = (field["offset_bytes"].as_u64().unwrap(), field["size_bytes"].as_u64().unwrap());
            assert!(offset <= next, "a gap before {field}");
            next = next.max(offset + size);
            let known = &document["header_fields"][field["filter"].as_str().unwrap()];
            assert!(known["explanation"].is_string(), "{field}");
        }
        assert_eq!(next, bytes.len() as u64);
        seen += 1;
    }
    assert_eq!(seen, document["recording"]["frames"].as_array().unwrap().len());
}

#[test]
fn streams_tell_who_wrote_carried_and_read() {
    let document = value(&broken_pipe().done());
    let alias = |id: &Value| {
        let event = document["events"].as_array().unwrap().iter().find(|event| event["id"] == *id).unwrap();
        event["alias"].as_str().unwrap().to_owned()
    };
    let pieces = |stream: &Value, part: &str| -> Vec<(String, u64, u64)> {
        let pieces = stream[part].as_array().unwrap().iter();
        let told =
            |piece: &Value| (alias(&piece["event"]), piece["begin"].as_u64().unwrap(), piece["end"].as_u64().unwrap());
        pieces.map(told).collect()
    };
    let [stream] = &document["streams"].as_array().unwrap()[..] else { panic!("the server sent nothing") };
    assert_eq!((&stream["sender"], &stream["size_bytes"]), (&json!("initiator"), &json!(2)));
    assert_eq!(pieces(stream, "writes"), [("c2".into(), 0, 1), ("c3".into(), 1, 2)]);
    assert_eq!(pieces(stream, "segments"), [("p3".into(), 0, 1), ("p5".into(), 1, 2)]);
    assert_eq!(pieces(stream, "reads"), [("s3".into(), 0, 1)]);
}

#[test]
fn coordinates_lie_within_the_picture() {
    let document = value(&proxy().done());
    let layout = &document["layout"];
    let width = layout["width"].as_u64().unwrap();
    assert_eq!((width, layout["lanes"].as_array().unwrap().len()), (10, 5));
    let rows = layout["rows"].as_array().unwrap();
    assert_eq!(rows.len() as u64, layout["height"].as_u64().unwrap());
    let ids: Vec<&Value> = document["events"].as_array().unwrap().iter().map(|event| &event["id"]).collect();
    for (y, row) in rows.iter().enumerate() {
        assert_eq!(row["y"], y);
        assert!(row.get("event").is_none_or(|id| ids.contains(&id)), "{row}");
        assert!(["x", "x_to"].iter().all(|x| row.get(x).is_none_or(|x| x.as_u64().unwrap() <= width)), "{row}");
        assert_eq!(row["kind"] == "segment", row.get("x_to").is_some(), "{row}");
    }
    let gap = rows.iter().find(|row| row["kind"] == "gap").unwrap();
    assert_eq!(gap["delta_ns"], 59_000_000);
}

#[test]
fn steps_name_what_they_are_about() {
    let document = value(&broken_pipe().done());
    let steps = document["steps"].as_array().unwrap();
    assert!(steps.iter().all(|step| step["events"].as_array().unwrap().contains(&step["subject"])));
    assert_eq!((&steps[7]["actor"], &steps[7]["subject"]), (&json!("client"), &json!("client.write#3")));
}

/// How many numbers with a fraction or an exponent there are.
fn floats(value: &Value) -> usize {
    match value {
        Value::Number(number) => usize::from(number.is_f64()),
        Value::Array(items) => items.iter().map(floats).sum(),
        Value::Object(members) => members.values().map(floats).sum(),
        _ => 0,
    }
}

#[test]
fn text_ends_in_one_newline_and_holds_no_float() {
    let bytes = timeline(&proxy().done());
    assert!(bytes.ends_with(b"}\n"));
    assert_eq!(floats(&serde_json::from_slice(&bytes).unwrap()), 0);
}

#[test]
fn other_files_are_refused_with_a_reason() {
    let error = |bytes: &[u8]| read(bytes).unwrap_err();
    assert_eq!(error(b""), ReadError::Truncated { line: 1 });
    assert_eq!(error(b"{\"schema\": \"tcpstory.timel"), ReadError::Truncated { line: 1 });
    assert!(matches!(error(b"\x89PNG\r\n"), ReadError::NotJson { line: 1, column: 1, .. }));
    assert_eq!(error(b"{}"), ReadError::NotATimeline);
    assert_eq!(error(b"[1]"), ReadError::NotATimeline);
    assert_eq!(error(&changed(|document| document["schema"] = json!("qlog"))), ReadError::NotATimeline);
    let deep = "[".repeat(100_000);
    assert!(matches!(error(deep.as_bytes()), ReadError::NotATimeline | ReadError::NotJson { .. }));
}

#[test]
fn a_newer_minor_version_is_read_and_a_newer_major_one_is_not() {
    let minor = changed(|document| {
        document["schema_version"] = json!("1.7.0");
        document["predictions"] = json!([1]);
        document["recording"]["novelty"] = json!(true);
    });
    assert_eq!(read(&minor).unwrap(), broken_pipe().done());
    let major = changed(|document| document["schema_version"] = json!("2.0.0"));
    assert_eq!(read(&major), Err(ReadError::Newer { version: "2.0.0".into() }));
}

#[test]
fn contradictions_are_named_with_their_place() {
    let place = |pointer: &str, wrong: Value| {
        let bytes = changed(|document| *document["recording"].pointer_mut(pointer).unwrap() = wrong);
        match read(&bytes) {
            Err(ReadError::Inconsistent { place, .. }) => place,
            other => panic!("{pointer}: {other:?}"),
        }
    };
    assert_eq!(place("/events/0/what/syscall/actor", json!(2)), "events[0]");
    assert_eq!(place("/events/0/what/syscall/socket", json!(99)), "events[0]");
    assert_eq!(place("/events/0/what/syscall/step", json!(99)), "events[0]");
    assert_eq!(place("/events/0/t_ns", json!(5_000_000)), "events[0]");
    assert_eq!(place("/events/3/t_ns", json!(-5_000_000)), "events[3]");
    assert_eq!(place("/events/2/what/segment/frame", json!(99)), "events[2]");
    assert_eq!(place("/frames/0/bytes", json!("AAAA")), "events[2]");
    assert_eq!(place("/sockets/0/actor", json!(7)), "sockets[0]");
    assert_eq!(place("/steps/1/step", json!(0)), "steps[1]");
    assert_eq!(place("/script/steps/1/action/call/call/to/actor", json!(9)), "script.steps[1]");
    assert_eq!(place("/clock/t0_unix_ns", json!("soon")), "clock.t0_unix_ns");
    assert_eq!(place("/actors", json!([])), "actors");
}

/// Reads, tells and writes in every format; what is refused is fine, what panics is not.
fn survive(bytes: &[u8]) {
    let Ok(recording) = read(bytes) else { return };
    for recording in [normalize(recording.clone()), recording] {
        let story = crate::story::tell(recording);
        for format in FORMATS {
            (format.write)(&story, &Options { verbose: true, ..Options::default() });
        }
    }
}

/// The places of all values of a document.
fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(place, item)| pointers(item, &format!("{at}/{place}"), found));
        }
        Value::Object(members) => {
            members.iter().for_each(|(name, member)| pointers(member, &format!("{at}/{name}"), found));
        }
        _ => {}
    }
}

fn mutation() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<i64>().prop_map(Value::from),
        (-3_i64..12).prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from),
        Just(Value::Null),
        Just(json!([])),
        Just(json!("127.0.0.2:47000")),
        Just(json!("FIN_WAIT2")),
        Just(json!("unfinished")),
        Just(json!({ "failed": { "errno": "ECONNRESET" } })),
        Just(json!({ "write": { "data": { "repeat": { "pattern": "QQ==", "size": 1_u64 << 39 } } } })),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn mutated_timelines_never_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), mutation()), 1..4),
        three: bool,
    ) {
        let mut document = value(&if three { proxy() } else { broken_pipe() }.done());
        let mut places = Vec::new();
        pointers(&document["recording"], "/recording", &mut places);
        for (place, new) in changes {
            if let Some(old) = document.pointer_mut(&places[place.index(places.len())]) {
                *old = new;
            }
        }
        survive(&serde_json::to_vec(&document).unwrap());
    }

    #[test]
    fn events_and_frames_in_disorder_never_panic(
        swaps in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 1..6),
        drops in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
    ) {
        let mut document = value(&broken_pipe().done());
        let events = document["recording"]["events"].as_array_mut().unwrap();
        for (one, other) in swaps {
            let (one, other) = (one.index(events.len()), other.index(events.len()));
            let what = events[one]["what"].take();
            events[one]["what"] = events[other]["what"].take();
            events[other]["what"] = what;
            if one == other {
                events.remove(one);
            }
        }
        for place in drops {
            let place = place.index(events.len());
            events.remove(place);
        }
        survive(&serde_json::to_vec(&document).unwrap());
    }

    #[test]
    fn truncated_timelines_are_refused(cut in any::<prop::sample::Index>()) {
        let bytes = timeline(&broken_pipe().done());
        prop_assert!(read(&bytes[..cut.index(bytes.len() - 2)]).is_err());
    }

    #[test]
    fn any_payload_round_trips(title in any::<String>(), text in any::<String>()) {
        let recording = broken_pipe_of(&title, ["client", "server"], &text).done();
        prop_assert_eq!(read(&timeline(&recording)).unwrap(), recording);
    }
}
