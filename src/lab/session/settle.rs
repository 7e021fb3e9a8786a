//! Knowing that what a step sent has arrived.
//!
//! A segment on the loopback interface waits in its processor's backlog queue until the kernel takes it from there:
//! nearly always before the call that sent it returns, on a busy machine now and then later (`ksoftirqd`). Its time stamp is
//! that of the queue, so a state asked for in between would contradict the recording.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::time::Duration;

use super::Halt;
use super::wait::{Backoff, Deadline, readable};
use crate::lab::StopFlag;

/// How long to wait for queues to empty. They are the whole machine's, and a busy one's may never be seen empty.
const PATIENCE: Duration = Duration::from_millis(20);

/// The file's column with the length of the processor's backlog, and how many columns there are at least where it is
/// that (`softnet_seq_show` in the kernel's `net/core/net-procfs.c`).
const BACKLOG: usize = 11;
const COLUMNS: usize = 13;

/// The backlogs of every processor.
#[derive(Debug)]
pub(super) struct Backlogs {
    file: Option<File>,
    text: Vec<u8>,
}

impl Backlogs {
    /// Opens the kernel's list. Without one nothing is ever waited for.
    pub(super) fn open() -> Self {
        Self { file: File::open("/proc/thread-self/net/softnet_stat").ok(), text: vec![0; 4096] }
    }

    /// Waits until every backlog has been seen empty once, so that all that was in one before has been processed.
    pub(super) fn settle(&mut self, stop: &StopFlag, deadline: Deadline) -> Result<(), Halt> {
        let deadline = deadline.at_most(PATIENCE);
        let (mut backoff, mut empty) = (Backoff::new(), Vec::new());
        loop {
            let Some(lengths) = self.look() else { return Ok(()) };
            empty.resize(lengths.len(), false);
            empty.iter_mut().zip(lengths).for_each(|(empty, length)| *empty |= length == 0);
            if empty.iter().all(|empty| *empty) || deadline.has_passed() {
                return Ok(());
            }
            readable(&[], stop, backoff.next(deadline))?;
        }
    }

    fn look(&mut self) -> Option<Vec<u32>> {
        let file = self.file.as_ref()?;
        loop {
            let read = file.read_at(&mut self.text, 0).ok()?;
            if read < self.text.len() {
                return lengths(&self.text[..read]);
            }
            self.text.resize(self.text.len() * 2, 0); // many processors
        }
    }
}

fn lengths(text: &[u8]) -> Option<Vec<u32>> {
    let text = str::from_utf8(text).ok()?;
    let of_line = |line: &str| {
        let columns: Vec<_> = line.split_ascii_whitespace().collect();
        (columns.len() >= COLUMNS).then(|| u32::from_str_radix(columns[BACKLOG], 16).ok()).flatten()
    };
    text.lines().map(of_line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_the_length_of_each_backlog() {
        let line = |backlog: &str| format!("{}{backlog} 00000000 00000000 00000000\n", "0000002a ".repeat(BACKLOG));
        let text = [line("00000000"), line("0000001f")].concat();
        assert_eq!(lengths(text.as_bytes()), Some(vec![0, 31]));
    }

    #[test]
    fn an_older_kernels_list_says_nothing() {
        assert_eq!(lengths("0000002a 00000000 00000000\n".as_bytes()), None);
        assert_eq!(lengths(&[0xff]), None);
    }

    #[test]
    fn this_kernels_list_can_be_read() {
        let mut backlogs = Backlogs::open();
        assert!(backlogs.file.is_none() || backlogs.look().is_none_or(|lengths| !lengths.is_empty()));
        let stop = StopFlag::new().unwrap();
        assert!(backlogs.settle(&stop, Deadline::after(None)).is_ok());
    }
}
