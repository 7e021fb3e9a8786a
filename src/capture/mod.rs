//! Capture files over `Read` and `Write`.
