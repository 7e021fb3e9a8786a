//! The experiments' shorthand for calls and outcomes.

use serde_json::{Value, json};
use tcpstory::record::{
    Bytes, Call, Data, Detail, Errno, MsgFlag, OptionShape, Outcome, PollEvent, ShutdownHow, SocketId, SocketOption,
    SocketOptionName,
};

/// A call of the vocabulary.
pub(crate) fn vocabulary(name: &str, arg: &str, event: &Value) -> Option<Call> {
    let size = |default: u64| arg.split(',').next().and_then(|text| text.parse().ok()).unwrap_or(default);
    let data = || {
        let text = arg.split(",MSG_").next().unwrap_or(arg);
        if asked(arg) == text.len() as u64 { Data::Text(text.to_owned()) } else { bulk(asked(arg)) }
    };
    let flags: Vec<MsgFlag> = MsgFlag::ALL.iter().copied().filter(|flag| arg.contains(&flag.name()[4..])).collect();
    Some(match name {
        "read" | "read all" => Call::Read { size: size(u64::MAX / 4) },
        "recv" => Call::Recv { size: size(1), flags },
        // These fill the send buffer without blocking.
        "write" if asked(arg) >= 200_000 && event.get("blocked").is_none() && took_us(event) < 1_000_000 => {
            Call::Send { data: data(), flags: vec![MsgFlag::DontWait] }
        }
        "write" => Call::Write { data: data() },
        "send" => Call::Send { data: data(), flags },
        "sendfile" => Call::Sendfile { data: data() },
        "close" => Call::Close,
        "TCP_REPAIR+close" => Call::Vanish,
        "SO_ERROR" => Call::Getsockopt { option: SocketOptionName::SoError },
        "shutdown" => Call::Shutdown {
            how: match arg {
                "RD" => ShutdownHow::Read,
                "WR" => ShutdownHow::Write,
                _ => ShutdownHow::Both,
            },
        },
        "setsockopt" => Call::Setsockopt { option: option(arg)? },
        "getpeername" => Call::Getpeername,
        "poll" => {
            let (events, timeout) = arg.split_once(',').unwrap_or((arg, "0ms"));
            let ms: u64 = timeout.strip_suffix("ms")?.parse().ok()?;
            Call::Poll { events: poll_events(events), timeout_ns: Some(ms * 1_000_000) }
        }
        _ => return None,
    })
}

fn took_us(event: &Value) -> i64 {
    event["end_us"].as_i64().zip(event["t_us"].as_i64()).map_or(0, |(end, begin)| end - begin)
}

/// How many bytes a write was asked to write: a number, or the bytes themselves; flags may follow.
fn asked(arg: &str) -> u64 {
    let first = arg.split(",MSG_").next().unwrap_or(arg);
    let digits: String = first.chars().take_while(char::is_ascii_digit).collect();
    match digits.parse() {
        Ok(number) if number >= 100 => number,
        _ => first.len() as u64,
    }
}

/// `NAME=VALUE`, in the kernel's units, or `SO_LINGER {ONOFF,SECONDS}`.
fn option(arg: &str) -> Option<SocketOption> {
    if let Some(seconds) = arg.strip_prefix("SO_LINGER {1,").and_then(|rest| rest.strip_suffix('}')) {
        return Some(SocketOption::SoLinger(seconds.parse().ok()));
    }
    let (name, value) = arg.split_once('=')?;
    if let Some((seconds, us)) = value.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')?.split_once(", ")) {
        let ns = seconds.parse::<u64>().ok()? * 1_000_000_000 + us.parse::<u64>().ok()? * 1000;
        return serde_json::from_value(json!({ name: ns })).ok();
    }
    let number: i64 = value.parse().ok()?;
    let value = match SocketOptionName::from_name(name)?.shape() {
        OptionShape::Switch => json!(number != 0),
        OptionShape::Time { unit_ns, .. } => json!(number.unsigned_abs() * unit_ns),
        OptionShape::TimeOrOff if number < 0 => Value::Null,
        OptionShape::TimeOrOff => json!(number * 1_000_000_000),
        _ => json!(number),
    };
    serde_json::from_value(json!({ name: value })).ok()
}

fn poll_events(text: &str) -> Vec<PollEvent> {
    let event = |name: &str| PollEvent::from_name(&format!("POLL{name}"));
    text.split('|').filter_map(event).collect()
}

/// What came of a call.
pub(crate) fn outcome(call: &Call, event: &Value) -> Outcome {
    let errno = event["errno"].as_str().and_then(Errno::from_name);
    let value = event["result"].as_i64().unwrap_or_default();
    let detail = match call {
        Call::Getsockopt { .. } => {
            let pending = errno.or_else(|| event["result"].as_str().and_then(Errno::from_name));
            return Outcome::Returned { value: 0, detail: Detail::PendingError(pending) };
        }
        Call::Poll { .. } => {
            let ready = event["result"].as_str().map(poll_events).unwrap_or_default();
            return Outcome::Returned { value: i64::from(!ready.is_empty()), detail: Detail::Ready(ready) };
        }
        Call::Read { .. } | Call::Recv { .. } => Detail::Data(Bytes(read(event, value))),
        Call::Accept { .. } => Detail::Accepted(SocketId(0)),
        _ => Detail::None,
    };
    match errno {
        Some(errno) => Outcome::Failed { errno },
        None => Outcome::Returned { value, detail },
    }
}

/// Bulk data is all of one letter.
fn bulk(size: u64) -> Data {
    Data::Repeat { pattern: Bytes(b"x".to_vec()), size }
}

/// What a read returned: the beginning of much data is told, and a recording keeps no more than 65,536 bytes.
fn read(event: &Value, value: i64) -> Vec<u8> {
    let told = event["data"].as_str().unwrap_or_default().as_bytes();
    let size = usize::try_from(value.clamp(0, 65_536)).expect("a size");
    assert!(
        told.len() == size || told.iter().all(|byte| *byte == b'x'),
        "what was read is told whole, or is bulk data"
    );
    if told.len() == size { told.to_vec() } else { vec![b'x'; size] }
}
