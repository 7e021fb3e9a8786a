//! The pure core: events to meaning.
