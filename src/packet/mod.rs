//! Bytes to segment and back; total: no bytes make it panic.
