//! JSON (RFC 8259) to the tree: an own scanner, because the place of every value is what it is for.

use std::collections::BTreeSet;

use super::fault::Fault;
use super::node::{Entry, Node, Value};

/// Levels of nesting that are read; a scenario needs six.
const DEPTH: usize = 80;

/// The tree, or the first thing that is wrong with the syntax.
pub(super) fn parse(text: &str) -> Result<Node, Fault> {
    let mut scanner = Scanner { text, at: if text.starts_with('\u{feff}') { 3 } else { 0 }, depth: 0 };
    let node = scanner.value().map_err(|fault| {
        if text.trim_start().starts_with(['{', '[', '"']) {
            return fault;
        }
        fault.help("TOML stands in a file whose name ends in .toml")
    })?;
    scanner.space();
    match scanner.peek() {
        None => Ok(node),
        Some(_) => Err(scanner.fault("text after the end of the JSON value", "nothing may follow here")),
    }
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl Scanner<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn eat(&mut self, byte: u8) -> bool {
        self.space();
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn fault(&self, message: &str, label: &str) -> Fault {
        let width = self.text[self.at..].chars().next().map_or(0, char::len_utf8);
        Fault::new(self.at..self.at + width, format!("this is not valid JSON: {message}")).label(label)
    }

    fn value(&mut self) -> Result<Node, Fault> {
        self.space();
        let begin = self.at;
        let value = match self.peek() {
            Some(b'{') => self.nested(Self::table)?,
            Some(b'[') => self.nested(Self::list)?,
            Some(b'"') => Value::Text(self.string()?),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(byte) if byte.is_ascii_alphabetic() => self.word()?,
            Some(_) => return Err(self.fault("a value was expected", "expected a value")),
            None => return Err(self.fault("the file ends too early", "expected a value")),
        };
        Ok(Node { span: begin..self.at, value })
    }

    fn nested(&mut self, read: fn(&mut Self) -> Result<Value, Fault>) -> Result<Value, Fault> {
        if self.depth == DEPTH {
            return Err(Fault::new(self.at..self.at + 1, "tables and lists are nested too deep")
                .label("too deep here")
                .help("a scenario needs no more than a few levels"));
        }
        self.at += 1;
        self.depth += 1;
        let value = read(self);
        self.depth -= 1;
        value
    }

    fn list(&mut self) -> Result<Value, Fault> {
        let mut items = Vec::new();
        if self.eat(b']') {
            return Ok(Value::List(items));
        }
        loop {
            items.push(self.value()?);
            if self.eat(b']') {
                return Ok(Value::List(items));
            }
            if !self.eat(b',') {
                return Err(self.fault("a list goes on with `,` or ends with `]`", "expected `,` or `]`"));
            }
        }
    }

    fn table(&mut self) -> Result<Value, Fault> {
        let mut entries = Vec::new();
        let mut keys = BTreeSet::new();
        if self.eat(b'}') {
            return Ok(Value::Table(entries));
        }
        loop {
            let entry = self.entry()?;
            if !keys.insert(entry.key.clone()) {
                return Err(Fault::new(entry.key_span, format!("the key `{}` is given twice", entry.key))
                    .label("given before")
                    .help("keep one of them"));
            }
            entries.push(entry);
            if self.eat(b'}') {
                return Ok(Value::Table(entries));
            }
            if !self.eat(b',') {
                return Err(self.fault("an object goes on with `,` or ends with `}`", "expected `,` or `}`"));
            }
        }
    }

    fn entry(&mut self) -> Result<Entry, Fault> {
        self.space();
        if self.peek() != Some(b'"') {
            return Err(self.fault("a key in double quotes was expected", "expected a key"));
        }
        let begin = self.at;
        let key = self.string()?;
        let key_span = begin..self.at;
        if !self.eat(b':') {
            return Err(self.fault("a key is followed by `:`", "expected `:`"));
        }
        Ok(Entry { key, key_span, node: self.value()? })
    }

    fn word(&mut self) -> Result<Value, Fault> {
        let rest = &self.text[self.at..];
        let length = rest.bytes().take_while(u8::is_ascii_alphanumeric).count();
        let value = match &rest[..length] {
            "true" => Value::Boolean(true),
            "false" => Value::Boolean(false),
            "null" => Value::Other("null"),
            _ => return Err(self.fault("text stands in double quotes", "not a JSON value")),
        };
        self.at += length;
        Ok(value)
    }

    fn digits(&mut self) -> usize {
        let begin = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        self.at - begin
    }

    fn number(&mut self) -> Result<Value, Fault> {
        let begin = self.at;
        self.at += usize::from(self.peek() == Some(b'-'));
        let leading_zero = self.peek() == Some(b'0');
        let digits = self.digits();
        if digits == 0 || (leading_zero && digits > 1) {
            self.at = begin;
            return Err(self.fault("a number has digits and no leading zero", "not a number"));
        }
        if matches!(self.peek(), Some(b'.' | b'e' | b'E')) {
            return self.fraction();
        }
        Ok(self.text[begin..self.at].parse().map_or(Value::Other("a number beyond 64 bits"), Value::Integer))
    }

    fn fraction(&mut self) -> Result<Value, Fault> {
        if self.peek() == Some(b'.') {
            self.at += 1;
            if self.digits() == 0 {
                return Err(self.fault("digits follow the decimal point", "expected a digit"));
            }
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            self.at += usize::from(matches!(self.peek(), Some(b'+' | b'-')));
            if self.digits() == 0 {
                return Err(self.fault("digits follow the exponent", "expected a digit"));
            }
        }
        Ok(Value::Other("a number with a fraction"))
    }

    fn string(&mut self) -> Result<String, Fault> {
        let begin = self.at;
        self.at += 1;
        let mut text = String::new();
        loop {
            let plain = self.text[self.at..].find(|c: char| c == '"' || c == '\\' || c < ' ');
            let end = plain.map_or(self.text.len(), |length| self.at + length);
            text.push_str(&self.text[self.at..end]);
            self.at = end;
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(text);
                }
                Some(b'\\') => text.push(self.escape()?),
                Some(_) => {
                    return Err(self.fault("a control character must be escaped", "write it as \\n, \\t or \\u0000"));
                }
                None => {
                    return Err(Fault::new(begin..begin + 1, "this is not valid JSON: the text never ends")
                        .label("opened here")
                        .help("close it with \""));
                }
            }
        }
    }

    fn escape(&mut self) -> Result<char, Fault> {
        let escaped = match self.text.as_bytes().get(self.at + 1) {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode(),
            _ => return Err(self.fault("no such escape", "known are \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u0000")),
        };
        self.at += 2;
        Ok(escaped)
    }

    /// `\uXXXX`, and two of them for a surrogate pair (RFC 8259, section 7).
    fn unicode(&mut self) -> Result<char, Fault> {
        let bad = self.fault("\\u needs four hexadecimal digits of a Unicode character", "no such character");
        let mut units = vec![self.unit().ok_or_else(|| bad.clone())?];
        if (0xd800..0xdc00).contains(&units[0]) {
            units.push(self.unit().ok_or_else(|| bad.clone())?);
        }
        match char::decode_utf16(units).next() {
            Some(Ok(c)) => Ok(c),
            _ => Err(bad),
        }
    }

    fn unit(&mut self) -> Option<u16> {
        let digits = self.text.get(self.at..self.at + 6)?.strip_prefix("\\u")?;
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        self.at += 6;
        u16::from_str_radix(digits, 16).ok()
    }
}
