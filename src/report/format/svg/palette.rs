//! The colours of a picture, and how lines are drawn so that nothing depends on colours alone.

use crate::record::TcpState;
use crate::report::Theme;
use crate::report::layout::{Shaft, Tone};

/// Colours by what they are for.
#[derive(Debug)]
pub(in crate::report) struct Palette {
    pub(in crate::report) page: &'static str,
    /// Behind an actor's lane.
    pub(in crate::report) actor: &'static str,
    /// Behind a kernel's lane.
    pub(in crate::report) kernel: &'static str,
    /// Behind what the last step has added.
    pub(in crate::report) fresh: &'static str,
    /// Lines that only guide the eye.
    pub(in crate::report) guide: &'static str,
    pub(in crate::report) text: &'static str,
    pub(in crate::report) dim: &'static str,
    pub(in crate::report) good: &'static str,
    pub(in crate::report) bad: &'static str,
    pub(in crate::report) trouble: &'static str,
    pub(in crate::report) data: &'static str,
    pub(in crate::report) open: &'static str,
    pub(in crate::report) closing: &'static str,
    pub(in crate::report) waiting: &'static str,
}

/// Okabe and Ito's hues, darkened until small text in them is readable on white.
static LIGHT: Palette = Palette {
    page: "#ffffff",
    actor: "#f5f7f9",
    kernel: "#ebeff3",
    fresh: "#fff3c9",
    guide: "#b9c1cb",
    text: "#1b1f24",
    dim: "#56606b",
    good: "#006b54",
    bad: "#b3261e",
    trouble: "#8e2a7a",
    data: "#0b5cad",
    open: "#006b54",
    closing: "#835300",
    waiting: "#6f3b96",
};

static DARK: Palette = Palette {
    page: "#14171c",
    actor: "#1a1e25",
    kernel: "#21262e",
    fresh: "#3a3314",
    guide: "#4d5765",
    text: "#eceef1",
    dim: "#a9b3bf",
    good: "#4fd1a5",
    bad: "#ff9485",
    trouble: "#f0a0e2",
    data: "#82c4ff",
    open: "#4fd1a5",
    closing: "#f0bb50",
    waiting: "#cbaaf6",
};

static MONO: Palette = Palette {
    page: "#ffffff",
    actor: "#ffffff",
    kernel: "#f3f3f3",
    fresh: "#e4e4e4",
    guide: "#aaaaaa",
    text: "#000000",
    dim: "#444444",
    good: "#000000",
    bad: "#000000",
    trouble: "#000000",
    data: "#000000",
    open: "#000000",
    closing: "#000000",
    waiting: "#000000",
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

    /// The colour of a text or an arrow.
    pub(in crate::report) fn tone(&self, tone: Tone) -> &'static str {
        match tone {
            Tone::Plain => self.text,
            Tone::Error | Tone::Rst => self.bad,
            Tone::Trouble => self.trouble,
            Tone::Data => self.data,
            Tone::Syn => self.open,
            Tone::Fin => self.closing,
            Tone::Ack | Tone::Quiet => self.dim,
        }
    }

    /// The line of an arrow.
    pub(in crate::report) fn arrow(&self, shaft: Shaft, tone: Tone) -> Stroke {
        let colour = self.tone(tone);
        match (shaft, tone) {
            (Shaft::Dashed, _) => Stroke { colour, width: "1.1", dashes: "5 4" },
            (_, Tone::Rst) => Stroke { colour, width: "2.4", dashes: "" },
            _ => Stroke { colour, width: "1.6", dashes: "" },
        }
    }

    /// The line of an endpoint in a state; none where there is no connection.
    pub(in crate::report) fn state(&self, state: TcpState) -> Option<Stroke> {
        let stroke = |colour, dashes| Some(Stroke { colour, width: "4", dashes });
        match state {
            TcpState::SynSent | TcpState::SynRecv | TcpState::Listen => stroke(self.open, "3 3"),
            TcpState::Established => stroke(self.open, ""),
            TcpState::FinWait1 | TcpState::FinWait2 | TcpState::CloseWait | TcpState::LastAck | TcpState::Closing => {
                stroke(self.closing, "9 3")
            }
            TcpState::TimeWait => stroke(self.waiting, "2 5"),
            TcpState::Close => None,
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
            for ground in [p.page, p.actor, p.kernel, p.fresh] {
                for text in [p.text, p.dim, p.good, p.bad, p.trouble, p.data, p.open, p.closing, p.waiting] {
                    let (a, b) = (luminance(ground), luminance(text));
                    let contrast = (a.max(b) + 0.05) / (a.min(b) + 0.05);
                    assert!(contrast >= 4.5, "{theme:?}: {text} on {ground} has {contrast:.2}");
                }
            }
        }
    }
}
