//! Files appear whole or not at all.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use nix::fcntl::{AT_FDCWD, AtFlags};
use nix::unistd::{AccessFlags, access, linkat};

use crate::report::words::escape;

/// Writes a file. It has its name only once it is complete and on its way to the disk; until then it has none, so that nothing
/// is left behind even when the process is killed.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), String> {
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let failed = |error: io::Error| format!("cannot write {}: {error}", escape(&path.display().to_string()));
    match fs::metadata(&target) {
        Ok(about) if about.is_dir() => return Err(failed(io::ErrorKind::IsADirectory.into())),
        Ok(about) if about.file_type().is_char_device() || about.file_type().is_fifo() => {
            return OpenOptions::new()
                .write(true)
                .open(&target)
                .and_then(|mut file| file.write_all(bytes))
                .map_err(failed);
        }
        Ok(_) => access(&target, AccessFlags::W_OK).map_err(|errno| failed(errno.into()))?,
        Err(_) => {}
    }
    replace(&target, bytes).map_err(failed)
}

/// Creates a folder and the ones above it, as an option asks.
pub(super) fn folder(path: &Path, option: &str) -> Result<(), String> {
    let failed = |error: io::Error| {
        let shown = escape(&path.display().to_string());
        format!("cannot make the folder {shown}: {error}\n  help: choose another with {option}")
    };
    fs::create_dir_all(path).map_err(failed)
}

fn replace(target: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    match nameless(folder, bytes) {
        Ok(file) => give_name(&file, folder, target),
        // A file system without nameless files (open(2), O_TMPFILE).
        Err(error) if error.raw_os_error() == Some(libc::EOPNOTSUPP) || error.raw_os_error() == Some(libc::EISDIR) => {
            let mut file = tempfile::Builder::new()
                .prefix(".tcpstory-")
                .permissions(fs::Permissions::from_mode(0o666))
                .tempfile_in(folder)?;
            file.write_all(bytes)?;
            file.persist(target).map(drop).map_err(|error| error.error)
        }
        Err(error) => Err(error),
    }
}

fn nameless(folder: &Path, bytes: &[u8]) -> io::Result<fs::File> {
    let mut file = OpenOptions::new().write(true).mode(0o666).custom_flags(libc::O_TMPFILE).open(folder)?;
    file.write_all(bytes)?;
    Ok(file)
}

/// Links a complete file to a name of its own and moves it over the target: a link cannot replace.
fn give_name(file: &fs::File, folder: &Path, target: &Path) -> io::Result<()> {
    let own = PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()));
    let link = |name: &Path| linkat(AT_FDCWD, &own, AT_FDCWD, name, AtFlags::AT_SYMLINK_FOLLOW);
    match link(target) {
        Ok(()) => return Ok(()),
        Err(nix::errno::Errno::EEXIST) => {}
        Err(errno) => return Err(errno.into()),
    }
    let between = tempfile::Builder::new().prefix(".tcpstory-").make_in(folder, |name| Ok(link(name)?))?;
    fs::rename(between.path(), target)?;
    // The name is gone with the move; there is nothing left to remove.
    std::mem::forget(between.into_temp_path());
    Ok(())
}
