//! Every way in which an experiment went, as an experiment of its own.
//!
//! An entry tells one way with all its times. Of the others it has only signatures: the calls in the order of their ends with
//! what came of them, and the segments with their flags and sizes. What a signature leaves out is taken from the told way as far
//! as both agree, and counted on from there.

use serde_json::{Value, json};

/// The way that is told, and every other way in which its calls or its segments went.
pub(crate) fn ways(told: &Value) -> Vec<(String, Value)> {
    let id = told["id"].as_str().expect("an id");
    let signatures = |key: &str| -> Vec<String> {
        let listed = told[key].as_array().map_or(&[][..], Vec::as_slice);
        listed.iter().map(|one| one["sig"].as_str().expect("a signature").to_owned()).collect()
    };
    let (calls, segments) = (signatures("call_variants"), signatures("segment_variants"));
    let mut ways = vec![(id.to_owned(), told.clone())];
    for (place, signature) in calls.iter().enumerate() {
        let (mut way, others_came) = with_calls(told, signature);
        // Where calls came out otherwise, the segments did too; where they only ended in another order, they need not.
        if others_came {
            way = with_segments(&way, segments.get(place).expect("segments for these calls"), true);
        }
        ways.push((format!("{id}, calls of variant {}", place + 1), way));
    }
    let told_segments = tokens(told).join(" ");
    for (place, signature) in segments.iter().enumerate() {
        // One that went as told; long signatures are cut off.
        let paired = calls.get(place).is_some_and(|calls| with_calls(told, calls).1);
        if !paired && !told_segments.starts_with(signature.as_str()) {
            let way = with_segments(told, signature, false);
            ways.push((format!("{id}, segments of variant {}", place + 1), way));
        }
    }
    ways
}

/// The calls end in the order of the signature, and as it says. Whether one came out otherwise.
fn with_calls(told: &Value, signature: &str) -> (Value, bool) {
    let mut way = told.clone();
    let events = way["events"].as_array_mut().expect("events");
    let (mut others_came, mut last_us, mut done) = (false, 0, vec![false; events.len()]);
    for token in signature.split(' ').filter(|token| token.contains('=')) {
        let (call, came) = token.split_once('=').expect("an outcome");
        let (socket, name) = call.split_once('.').expect("a socket and a call");
        let place = (0..events.len())
            .find(|place| !done[*place] && events[*place]["socket"] == socket && events[*place]["call"] == name)
            .unwrap_or_else(|| panic!("{token} is not among the calls"));
        done[place] = true;
        let event = &mut events[place];
        if outcome(event) != came && came != "n" {
            others_came = true;
            come_out(event, came);
        }
        last_us = event["end_us"].as_i64().expect("an end").max(last_us + 1);
        event["end_us"] = json!(last_us);
    }
    (way, others_came)
}

/// What came of a call, as a signature has it.
fn outcome(event: &Value) -> String {
    let signal = if event["sigpipe"] == true { "+SIGPIPE" } else { "" };
    match (event["errno"].as_str(), &event["result"]) {
        (Some(errno), _) => format!("{errno}{signal}"),
        (None, Value::String(text)) => text.clone(),
        (None, result) => result.to_string(),
    }
}

fn come_out(event: &mut Value, came: &str) {
    let event = event.as_object_mut().expect("a call");
    for key in ["result", "errno", "sigpipe"] {
        event.remove(key);
    }
    let errno = came.strip_suffix("+SIGPIPE").unwrap_or(came);
    match came.parse::<i64>() {
        Ok(number) => event.insert("result".to_owned(), json!(number)),
        Err(_) => event.insert("errno".to_owned(), json!(errno)),
    };
    if errno != came {
        event.insert("sigpipe".to_owned(), json!(true));
    }
}

/// The segments of an experiment as a signature has them.
fn tokens(way: &Value) -> Vec<String> {
    segments(way).map(token).collect()
}

fn segments(way: &Value) -> impl Iterator<Item = &Value> {
    way["events"].as_array().expect("events").iter().filter(|event| event["kind"] == "segment")
}

fn token(segment: &Value) -> String {
    let size = segment["len"].as_u64().filter(|size| *size > 0).map(|size| size.to_string()).unwrap_or_default();
    let text = |key: &str| segment[key].as_str().expect("text").to_owned();
    format!("{}>{}{size}", &text("from")[..1], text("flags"))
}

/// The segments of the signature in place of those that are told. What both begin with stays as it is, and what both end with
/// keeps its time, and what lies between came directly before that; where the calls came out otherwise, one segment came after the
/// other.
fn with_segments(told: &Value, signature: &str, at_once: bool) -> Value {
    let before: Vec<&Value> = segments(told).collect();
    let (old, new) = (tokens(told), signature.split(' ').collect::<Vec<_>>());
    let same = old.iter().zip(&new).take_while(|(old, new)| old == *new).count();
    let rest = old.len().min(new.len()) - same;
    let alike = old.iter().rev().zip(new.iter().rev()).take_while(|(old, new)| old == *new).count();
    let kept = if at_once { 0 } else { alike.min(rest) };
    let mut made: Vec<Value> = before[..same].iter().map(|one| (*one).clone()).collect();
    let mut count = Count::default();
    for one in &made {
        count.add(one);
    }
    let time = |place: usize| before.get(place).and_then(|one| one["t_us"].as_i64());
    let between = i64::try_from(new.len() - same - kept).expect("few segments");
    let after = same.checked_sub(1).and_then(time).unwrap_or_default();
    let mut t_us = if kept > 0 { time(old.len() - kept).expect("its time") - 5 * (between + 1) } else { after };
    let mut written = before[same..].iter().filter(|one| at_once && one["from"] == "C" && one["len"] != 0);
    for token in &new[same..new.len() - kept] {
        t_us += 5;
        // Data goes out when it is written.
        if token.contains("PA")
            && let Some(when) = written.next().and_then(|one| one["t_us"].as_i64())
        {
            t_us = when;
        }
        let segment = count.next(token, t_us);
        count.add(&segment);
        made.push(segment);
    }
    for (token, one) in new[new.len() - kept..].iter().zip(&before[old.len() - kept..]) {
        let segment = count.next(token, one["t_us"].as_i64().expect("its time"));
        count.add(&segment);
        made.push(segment);
    }
    let mut way = told.clone();
    let events = way["events"].as_array_mut().expect("events");
    events.retain(|event| event["kind"] != "segment");
    events.extend(made);
    events.sort_by_key(|event| event["t_us"].as_i64());
    way
}

/// How far each end has come: the client, the server.
#[derive(Default)]
struct Count([u64; 2]);

impl Count {
    fn add(&mut self, segment: &Value) {
        let flags = segment["flags"].as_str().expect("flags");
        let length = segment["len"].as_u64().unwrap_or_default() + u64::from(flags.contains(['S', 'F']));
        let end = segment["seq"].as_u64().expect("a number") + length;
        let own = &mut self.0[usize::from(segment["from"] == "S")];
        *own = end.max(*own);
    }

    /// A segment that takes up where its sender is and acknowledges all that the other has sent.
    fn next(&self, token: &str, t_us: i64) -> Value {
        let (from, rest) = token.split_once('>').expect("a sender");
        let flags = rest.trim_end_matches(|letter: char| letter.is_ascii_digit());
        let size: u64 = rest[flags.len()..].parse().unwrap_or_default();
        let own = usize::from(from == "S");
        json!({ "t_us": t_us, "kind": "segment", "from": from, "flags": flags, "seq": self.0[own], "ack": self.0[1 - own], "len": size })
    }
}
