//! The colours of a picture, and how lines are drawn so that nothing depends on colours alone.

use std::fmt::Write as _;

use crate::record::TcpState;
use crate::report::Theme;
use crate::report::layout::{CallTone, Look, StateTone, Tone};

/// Colours by what they are for: those of every picture, and of the page.
#[derive(Debug)]
pub(in crate::report) struct Palette {
    /// The ground of everything.
    pub(in crate::report) page: &'static str,
    /// The ground of what lies on it.
    pub(in crate::report) card: &'static str,
    /// The ground of what lies in it.
    pub(in crate::report) sunken: &'static str,
    /// Texts.
    pub(in crate::report) text: &'static str,
    /// Texts of less weight; pure acknowledgments.
    pub(in crate::report) dim: &'static str,
    /// Lines that only guide the eye.
    pub(in crate::report) line: &'static str,
    /// Lines that tell something.
    pub(in crate::report) strong_line: &'static str,
    /// Behind what the last step has added.
    pub(in crate::report) band: &'static str,
    /// Data, calls, and what can be used.
    pub(in crate::report) blue: &'static str,
    /// Bytes that wait to be read.
    pub(in crate::report) sky: &'static str,
    /// What opens, and what is right.
    pub(in crate::report) green: &'static str,
    /// The same for areas.
    pub(in crate::report) mint: &'static str,
    /// What fails, and resets.
    pub(in crate::report) bad: &'static str,
    /// What ends: FIN, and the states of who closes.
    pub(in crate::report) purple: &'static str,
    /// The same for areas.
    pub(in crate::report) rose: &'static str,
    /// What waits between two states.
    pub(in crate::report) amber: &'static str,
    /// The same for areas, and bytes that wait to be sent.
    pub(in crate::report) orange: &'static str,
    /// Texts on blue.
    pub(in crate::report) on_blue: &'static str,
}

/// Okabe and Ito's hues, darkened until small text in them is readable on white.
static LIGHT: Palette = Palette {
    page: "#ffffff",
    card: "#ffffff",
    sunken: "#f1f2f0",
    text: "#1b1e23",
    dim: "#565e6b",
    line: "#d8dbdf",
    strong_line: "#7f8793",
    band: "#e9f2f9",
    blue: "#0067a3",
    sky: "#2f8fc6",
    green: "#006b4f",
    mint: "#00976e",
    bad: "#ad4200",
    purple: "#8c3d6d",
    rose: "#b8669a",
    amber: "#7d5300",
    orange: "#b57b00",
    on_blue: "#ffffff",
};

static DARK: Palette = Palette {
    page: "#14171c",
    card: "#1b2027",
    sunken: "#101317",
    text: "#e9ebee",
    dim: "#a9b2bf",
    line: "#363e4a",
    strong_line: "#7e8896",
    band: "#1d2a38",
    blue: "#6cbdf0",
    sky: "#56b4e9",
    green: "#3fc79c",
    mint: "#2bb98d",
    bad: "#ff9457",
    purple: "#e6a3c9",
    rose: "#cc79a7",
    amber: "#eeb33b",
    orange: "#e69f00",
    on_blue: "#0b1520",
};

static MONO: Palette = Palette {
    page: "#ffffff",
    card: "#ffffff",
    sunken: "#f3f3f3",
    text: "#000000",
    dim: "#444444",
    line: "#aaaaaa",
    strong_line: "#666666",
    band: "#e4e4e4",
    blue: "#000000",
    sky: "#000000",
    green: "#000000",
    mint: "#000000",
    bad: "#000000",
    purple: "#000000",
    rose: "#000000",
    amber: "#000000",
    orange: "#000000",
    on_blue: "#ffffff",
};

/// How a line is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::report) struct Stroke {
    pub(in crate::report) colour: &'static str,
    pub(in crate::report) width: &'static str,
    /// The lengths of dashes and gaps; empty for a solid line.
    pub(in crate::report) dashes: &'static str,
}

impl Palette {
    pub(in crate::report) fn of(theme: Theme) -> &'static Self {
        match theme {
            Theme::Light => &LIGHT,
            Theme::Dark => &DARK,
            Theme::Mono => &MONO,
        }
    }

    /// The colours with their names in a style sheet.
    fn named(&self) -> [(&'static str, &'static str); 18] {
        [
            ("paper", self.page),
            ("card", self.card),
            ("sunken", self.sunken),
            ("ink", self.text),
            ("quiet", self.dim),
            ("line", self.line),
            ("strong-line", self.strong_line),
            ("band", self.band),
            ("blue", self.blue),
            ("sky", self.sky),
            ("green", self.green),
            ("mint", self.mint),
            ("vermillion", self.bad),
            ("purple", self.purple),
            ("rose", self.rose),
            ("amber", self.amber),
            ("orange", self.orange),
            ("on-blue", self.on_blue),
        ]
    }

    /// The light and the dark colours as variables of a style sheet.
    pub(in crate::report) fn variables() -> String {
        let mut rule = String::from(":root {\n");
        for ((name, light), (_, dark)) in LIGHT.named().into_iter().zip(DARK.named()) {
            let _ = writeln!(rule, "--{name}: light-dark({light}, {dark});"); // writing to a String cannot fail
        }
        rule + "}\n"
    }

    /// The colour of a text.
    pub(in crate::report) fn tone(&self, tone: Tone) -> &'static str {
        match tone {
            Tone::Plain => self.text,
            Tone::Error | Tone::Trouble => self.bad,
            Tone::Data => self.look(Look::Data),
            Tone::Syn => self.look(Look::Syn),
            Tone::Fin => self.look(Look::Fin),
            Tone::Rst => self.look(Look::Rst),
            Tone::Ack | Tone::Quiet => self.dim,
        }
    }

    fn look(&self, look: Look) -> &'static str {
        match look {
            Look::Syn => self.green,
            Look::Data => self.blue,
            Look::Ack => self.dim,
            Look::Fin => self.purple,
            Look::Rst => self.bad,
        }
    }

    /// The line of an arrow.
    pub(in crate::report) fn arrow(&self, look: Look) -> Stroke {
        let colour = self.look(look);
        match look {
            Look::Ack => Stroke { colour, width: "1.1", dashes: "5 4" },
            Look::Rst => Stroke { colour, width: "2.8", dashes: "" },
            _ => Stroke { colour, width: "1.8", dashes: "" },
        }
    }

    /// The line around a call's bar.
    pub(in crate::report) fn bar(&self, tone: CallTone) -> &'static str {
        match tone {
            CallTone::Fine | CallTone::Unfinished => self.blue,
            CallTone::Failed | CallTone::Trouble => self.bad,
        }
    }

    /// So many percent of a colour on the page's ground.
    pub(in crate::report) fn tint(&self, colour: &str, percent: u32) -> String {
        let part = |colour: &str, at: usize| {
            colour.get(at..at + 2).and_then(|digits| u32::from_str_radix(digits, 16).ok()).unwrap_or(0)
        };
        let mixed = |at| (part(colour, at) * percent + part(self.page, at) * (100 - percent)) / 100;
        format!("#{:02x}{:02x}{:02x}", mixed(1), mixed(3), mixed(5))
    }

    /// The line of an endpoint in a state; none where there is no connection. Where there are no colours, dashes tell them apart.
    pub(in crate::report) fn state(&self, state: TcpState) -> Option<Stroke> {
        let stroke = |colour, dashes| Some(Stroke { colour, width: "5", dashes });
        match StateTone::of(state) {
            StateTone::Quiet | StateTone::Opening => stroke(self.amber, "3 3"),
            StateTone::Open => stroke(self.green, ""),
            StateTone::Left => stroke(self.amber, "9 3"),
            StateTone::Closing => stroke(self.purple, "14 3"),
            StateTone::Closed => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance (WCAG 2.2).
    fn luminance(colour: &str) -> f64 {
        let part = |at: usize| {
            let value = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
            if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
    }

    #[test]
    fn every_text_is_readable_on_every_ground() {
        for theme in [Theme::Light, Theme::Dark, Theme::Mono] {
            let p = Palette::of(theme);
            for ground in [p.page, p.card, p.sunken, p.band] {
                for text in [p.text, p.dim, p.green, p.bad, p.blue, p.purple, p.amber] {
                    let (a, b) = (luminance(ground), luminance(text));
                    let contrast = (a.max(b) + 0.05) / (a.min(b) + 0.05);
                    assert!(contrast >= 4.5, "{theme:?}: {text} on {ground} has {contrast:.2}");
                }
            }
        }
    }
}
