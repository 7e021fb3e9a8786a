//! The profile and where it is installed.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::cli::save;
use crate::report::words::escape;

/// The profile's name.
pub(super) const NAME: &str = "tcpstory";

/// The environment variable by which Wireshark finds another configuration folder.
pub(super) const FOLDER_VARIABLE: &str = "WIRESHARK_CONFIG_DIR";

/// The profile's files.
const FILES: [(&str, &str); 3] = [
    ("preferences", include_str!("profile/preferences")),
    ("colorfilters", include_str!("profile/colorfilters")),
    ("dfilter_buttons", include_str!("profile/dfilter_buttons")),
];

/// How wide the columns are at first. Wireshark writes this file anew whenever it ends, so it is written only where there is none.
const AT_FIRST: (&str, &str) = ("recent", include_str!("profile/recent"));

/// What the first line of an installed file begins with; the digest of the other lines follows.
const STAMP: &str = "# Written by `tcpstory wireshark install`, which replaces it while it is unchanged: ";

/// Wireshark's configuration folder.
#[derive(Debug)]
pub(super) struct Configuration {
    folder: PathBuf,
}

/// What an installation came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Installed {
    /// Nothing was there.
    New,
    /// An older version was there.
    Updated,
    /// The same was there.
    Already,
}

impl Configuration {
    /// That folder, or the one in which Wireshark looks (its User's Guide, appendix B.2): `WIRESHARK_CONFIG_DIR`, else
    /// `wireshark` in `XDG_CONFIG_HOME` or `~/.config`; where that does not exist, `~/.wireshark` if it does.
    pub(super) fn of(asked: Option<&Path>) -> Result<Self, String> {
        let variable = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        if let Some(folder) = asked.map(Path::to_owned).or_else(|| variable(FOLDER_VARIABLE)) {
            return Ok(Self { folder });
        }
        let home = variable("HOME");
        let base = variable("XDG_CONFIG_HOME").filter(|base| base.is_absolute());
        let base = base.or_else(|| home.as_ref().map(|home| home.join(".config")));
        let folder = base.map(|base| base.join("wireshark"));
        let older = home.map(|home| home.join(".wireshark")).filter(|older| older.is_dir());
        let folder = match folder {
            Some(folder) if folder.is_dir() => Some(folder),
            folder => older.or(folder),
        };
        let folder =
            folder.ok_or("no home folder is known\n  help: name Wireshark's configuration folder with --dir")?;
        Ok(Self { folder })
    }

    /// The profile's folder.
    pub(super) fn profile(&self) -> PathBuf {
        self.folder.join("profiles").join(NAME)
    }

    /// Whether Wireshark would find the profile.
    pub(super) fn has_profile(&self) -> bool {
        self.profile().join(FILES[0].0).is_file()
    }

    /// Writes the files of the profile, if none of them is somebody else's.
    pub(super) fn install(&self) -> Result<Installed, String> {
        let folder = self.profile();
        let mut outdated = Vec::new();
        let mut there = 0;
        for (name, body) in FILES {
            let (path, wanted) = (folder.join(name), stamped(body));
            match fs::read(&path) {
                Ok(bytes) if bytes == wanted.as_bytes() => there += 1,
                Ok(bytes) if is_ours(&bytes) => {
                    there += 1;
                    outdated.push((path, wanted));
                }
                Ok(_) => return Err(not_ours(&path, &folder)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => outdated.push((path, wanted)),
                Err(error) => return Err(format!("cannot read {}: {error}", escape(&path.display().to_string()))),
            }
        }
        if !outdated.is_empty() {
            save::folder(&folder, "--dir DIR")?;
        }
        outdated.iter().try_for_each(|(path, text)| save::write(path, text.as_bytes()))?;
        let (name, body) = AT_FIRST;
        if there == 0 && !folder.join(name).exists() {
            save::write(&folder.join(name), body.as_bytes())?;
        }
        Ok(match (there, outdated.len()) {
            (_, 0) => Installed::Already,
            (0, _) => Installed::New,
            _ => Installed::Updated,
        })
    }
}

fn not_ours(path: &Path, folder: &Path) -> String {
    let [path, folder] = [path, folder].map(|path| escape(&path.display().to_string()));
    format!(
        "{path} is not as tcpstory wrote it, so nothing was changed\n  \
         help: move {folder} away, or choose another configuration folder with --dir DIR"
    )
}

/// A file as it is installed.
fn stamped(body: &str) -> String {
    format!("{STAMP}{}\n{body}", digest(body.as_bytes()))
}

/// Whether a file is as some version of tcpstory wrote it. Wireshark writes `preferences` anew when somebody changes a setting; then
/// it is theirs.
fn is_ours(bytes: &[u8]) -> bool {
    let stamp = bytes.strip_prefix(STAMP.as_bytes());
    let parts = stamp.and_then(|rest| rest.split_at_checked(rest.iter().position(|byte| *byte == b'\n')?));
    parts.is_some_and(|(stamp, body)| stamp == digest(&body[1..]).as_bytes())
}

fn digest(body: &[u8]) -> String {
    let start = Sha256::digest(body).iter().take(8).fold(0_u64, |start, byte| start << 8 | u64::from(*byte));
    format!("{start:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn configuration(folder: &tempfile::TempDir) -> Configuration {
        Configuration::of(Some(folder.path())).unwrap()
    }

    #[test]
    fn installed_twice_it_is_there_already() {
        let folder = tempfile::tempdir().unwrap();
        let configuration = configuration(&folder);
        assert!(!configuration.has_profile());
        assert_eq!(configuration.install(), Ok(Installed::New));
        assert!(configuration.has_profile());
        assert_eq!(configuration.install(), Ok(Installed::Already));
    }

    #[test]
    fn the_columns_widths_are_wiresharks_after_the_first_time() {
        let folder = tempfile::tempdir().unwrap();
        let configuration = configuration(&folder);
        configuration.install().unwrap();
        let path = configuration.profile().join(AT_FIRST.0);
        assert_eq!(fs::read_to_string(&path).unwrap(), AT_FIRST.1);
        fs::write(&path, "theirs\n").unwrap();
        assert_eq!(configuration.install(), Ok(Installed::Already));
        fs::write(configuration.profile().join("colorfilters"), stamped("# older\n")).unwrap();
        assert_eq!(configuration.install(), Ok(Installed::Updated));
        assert_eq!(fs::read_to_string(path).unwrap(), "theirs\n");
    }

    #[test]
    fn every_column_has_a_width() {
        // `"Who", "%Cus:ip.src:1:R",` and `"%Cus:ip.src", 76,`
        let columns = FILES[0].1.lines().filter(|line| line.starts_with("\t\"")).map(|line| {
            let format = line.split('"').nth(3).unwrap();
            format.strip_suffix(":R").map_or(format, |custom| custom.rsplit_once(':').unwrap().0).to_owned()
        });
        let widths = AT_FIRST.1.lines().filter(|line| line.starts_with('\t'));
        let widths = widths.map(|line| line.trim().trim_end_matches(',').rsplit_once(", ").unwrap().0.replace('"', ""));
        assert_eq!(columns.collect::<Vec<_>>(), widths.collect::<Vec<_>>());
    }

    #[test]
    fn an_older_version_is_updated() {
        let folder = tempfile::tempdir().unwrap();
        let configuration = configuration(&folder);
        configuration.install().unwrap();
        let path = configuration.profile().join("colorfilters");
        fs::write(&path, stamped("# older\n")).unwrap();
        fs::remove_file(configuration.profile().join("dfilter_buttons")).unwrap();
        assert_eq!(configuration.install(), Ok(Installed::Updated));
        assert_eq!(fs::read_to_string(path).unwrap(), stamped(FILES[1].1));
        assert_eq!(configuration.install(), Ok(Installed::Already));
    }

    #[test]
    fn what_others_wrote_or_changed_stays() {
        for (name, body) in FILES {
            for theirs in ["", "# mine\n", &format!("{}\n# and mine\n", stamped(body))] {
                let folder = tempfile::tempdir().unwrap();
                let configuration = configuration(&folder);
                let path = configuration.profile().join(name);
                fs::create_dir_all(configuration.profile()).unwrap();
                fs::write(&path, theirs).unwrap();
                let refused = configuration.install().unwrap_err();
                assert!(refused.contains(name) && refused.contains("--dir"), "{refused}");
                assert_eq!(fs::read_to_string(path).unwrap(), theirs);
                assert_eq!(fs::read_dir(configuration.profile()).unwrap().count(), 1, "nothing else was written");
            }
        }
    }
}
