//! The author's file: TOML or JSON to a script, with diagnostics.
