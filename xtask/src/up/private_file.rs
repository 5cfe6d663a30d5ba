//! Files that hold secrets.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;

use crate::failure::{Context, Result};

/// Writes a file that nobody else may read, whoever could read it before.
pub(super) fn write(path: &Path, text: &str) -> Result {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, OWNER_ONLY);
    options
        .open(path)
        .and_then(|mut file| {
            keep_to_owner(&file)?;
            file.write_all(text.as_bytes())
        })
        .context(format_args!("{} cannot be written", path.display()))
}

#[cfg(unix)]
const OWNER_ONLY: u32 = 0o600;

/// The mode that a file is opened with counts only where there was none.
fn keep_to_owner(file: &File) -> std::io::Result<()> {
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(OWNER_ONLY))?;
    #[cfg(not(unix))]
    let _ = file;
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_file_that_all_could_read_is_for_its_owner_now() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("env.json");
        fs::write(&path, "an earlier and longer text").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        for _ in 0..2 {
            write(&path, "secret").unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), "secret");
            let mode = fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, OWNER_ONLY);
            fs::remove_file(&path).unwrap();
        }
    }
}
