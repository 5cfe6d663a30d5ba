//! The user's cache folder: what is in it is whole, or is fetched again.
//!
//! An entry is a folder with a `SHA256SUMS` beside its files, in the form of the `sha256sum` command. It is made
//! under another name and moved into place when everything in it has been verified.

use std::collections::BTreeMap;
use std::env;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::failure::{Context, Failure, Result};

const SUMS: &str = "SHA256SUMS";

/// A file of an entry, with its SHA-256 in hexadecimal digits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pin {
    pub(super) path: &'static str,
    pub(super) sha256: &'static str,
}

/// `$XDG_CACHE_HOME/faithcall`, else `.cache/faithcall` in the user's home folder.
pub(crate) fn folder() -> Result<PathBuf> {
    let set = |name| {
        env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    set("XDG_CACHE_HOME")
        .or_else(|| {
            set("HOME")
                .or_else(|| set("USERPROFILE"))
                .map(|home| home.join(".cache"))
        })
        .map(|base| base.join("faithcall"))
        .context("no cache folder: set XDG_CACHE_HOME or HOME")
}

/// The folder of the entry `name`, filled by `fetch` if it is not there and whole.
///
/// `pins` are what it may hold, by where it was fetched from: one of them must be there.
///
/// Two runs at once do not disturb each other: the second waits and finds the entry of the first.
pub(super) fn entry(
    name: &str,
    pins: &[Pin],
    fetch: impl FnOnce(&Path) -> Result,
) -> Result<PathBuf> {
    entry_in(&folder()?, name, pins, fetch)
}

fn entry_in(
    cache: &Path,
    name: &str,
    pins: &[Pin],
    fetch: impl FnOnce(&Path) -> Result,
) -> Result<PathBuf> {
    let writing = |path: &Path| format!("{} cannot be written", path.display());
    fs::create_dir_all(cache).context(writing(cache))?;
    let _lock = lock(&cache.join(format!("{name}.lock")))?;
    let entry = cache.join(name);
    if entry.exists() {
        match verify(&entry, pins) {
            Ok(()) => return Ok(entry),
            Err(failure) => {
                eprintln!("{name} in the cache folder is damaged ({failure}): fetching it again")
            }
        }
    }
    let staging = cache.join(format!("{name}.new"));
    let replaced = cache.join(format!("{name}.old"));
    for leftover in [&staging, &replaced] {
        remove(leftover)?;
    }
    fs::create_dir(&staging).context(writing(&staging))?;
    fetch(&staging)?;
    fs::write(staging.join(SUMS), list(&sums(&staging)?)).context(writing(&staging))?;
    verify(&staging, pins).context(format_args!("{name} was fetched and is refused"))?;
    if entry.exists() {
        fs::rename(&entry, &replaced).context(writing(&entry))?;
    }
    fs::rename(&staging, &entry).context(writing(&entry))?;
    remove(&replaced)?;
    Ok(entry)
}

/// Held until the file is dropped.
fn lock(path: &Path) -> Result<File> {
    let doing = format!("{} cannot be locked", path.display());
    let file = File::create(path).context(&doing)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            eprintln!(
                "waiting for another run that is fetching the same: {}",
                path.display()
            );
            file.lock().context(doing)?;
            Ok(file)
        }
        Err(TryLockError::Error(error)) => Err(error).context(doing),
    }
}

/// Fails unless every file is as listed and a pinned one is there.
fn verify(entry: &Path, pins: &[Pin]) -> Result {
    let listed = fs::read_to_string(entry.join(SUMS)).context(format_args!("no {SUMS}"))?;
    let found = sums(entry)?;
    if listed != list(&found) {
        return Err(Failure::new(format!(
            "its files are not those of its {SUMS}"
        )));
    }
    if pins.is_empty()
        || pins
            .iter()
            .any(|pin| found.get(pin.path).is_some_and(|sum| sum == pin.sha256))
    {
        return Ok(());
    }
    let wanted: Vec<String> = pins
        .iter()
        .map(|pin| format!("{} with the SHA-256 {}", pin.path, pin.sha256))
        .collect();
    Err(Failure::new(format!("there is no {}", wanted.join(" or "))))
}

fn list(sums: &BTreeMap<String, String>) -> String {
    sums.iter()
        .map(|(path, sum)| format!("{sum}  {path}\n"))
        .collect()
}

/// The sum of every file in the entry but the list itself.
fn sums(entry: &Path) -> Result<BTreeMap<String, String>> {
    let mut sums = BTreeMap::new();
    let mut folders = vec![entry.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for file in
            fs::read_dir(&folder).context(format_args!("{} cannot be read", folder.display()))?
        {
            let path = file
                .context(format_args!("{} cannot be read", folder.display()))?
                .path();
            let name = path
                .strip_prefix(entry)
                .unwrap_or(&path)
                .to_string_lossy()
                .replace('\\', "/");
            if path.is_dir() {
                folders.push(path);
            } else if name != SUMS {
                sums.insert(name, sha256(&path)?);
            }
        }
    }
    Ok(sums)
}

/// A file's SHA-256 in hexadecimal digits.
pub(super) fn sha256(path: &Path) -> Result<String> {
    let mut hasher = Sha256::new();
    let mut file = File::open(path).context(format_args!("{} cannot be read", path.display()))?;
    io::copy(&mut file, &mut hasher).context(format_args!("{} cannot be read", path.display()))?;
    Ok(hasher
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect())
}

fn remove(folder: &Path) -> Result {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).context(format_args!("{} cannot be removed", folder.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use tempfile::TempDir;

    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    /// Asks for an entry whose fetch writes `content` to `a/file`; counts the fetches.
    fn ask(cache: &TempDir, content: &str, fetches: &Cell<u32>) -> Result<PathBuf> {
        let pins = [Pin {
            path: "a/file",
            sha256: ABC,
        }];
        entry_in(cache.path(), "tool-1", &pins, |folder| {
            fetches.set(fetches.get() + 1);
            fs::create_dir(folder.join("a")).unwrap();
            fs::write(folder.join("a/file"), content).unwrap();
            fs::write(folder.join("other"), "beside it").unwrap();
            Ok(())
        })
    }

    #[test]
    fn what_is_whole_is_fetched_once() {
        let (cache, fetches) = (TempDir::new().unwrap(), Cell::new(0));
        let entry = ask(&cache, "abc", &fetches).unwrap();
        assert_eq!(ask(&cache, "abc", &fetches).unwrap(), entry);
        assert_eq!(fetches.get(), 1);
        assert_eq!(fs::read_to_string(entry.join("a/file")).unwrap(), "abc");
    }

    #[test]
    fn what_was_changed_lost_or_added_is_fetched_again() {
        let (cache, fetches) = (TempDir::new().unwrap(), Cell::new(0));
        let entry = ask(&cache, "abc", &fetches).unwrap();
        let damages: [&dyn Fn(); 4] = [
            &|| fs::write(entry.join("a/file"), "abd").unwrap(),
            &|| fs::write(entry.join("other"), "changed").unwrap(),
            &|| fs::remove_file(entry.join(SUMS)).unwrap(),
            &|| fs::write(entry.join("stranger"), "").unwrap(),
        ];
        for (number, damage) in (2..).zip(damages) {
            damage();
            ask(&cache, "abc", &fetches).unwrap();
            assert_eq!(fetches.get(), number);
            assert_eq!(
                fs::read_to_string(entry.join("other")).unwrap(),
                "beside it"
            );
            assert!(!entry.join("stranger").exists());
        }
    }

    #[test]
    fn what_is_not_as_pinned_is_refused_and_not_kept() {
        let (cache, fetches) = (TempDir::new().unwrap(), Cell::new(0));
        let refused = ask(&cache, "abd", &fetches).unwrap_err().to_string();
        assert!(
            refused.contains("a/file") && refused.contains(ABC),
            "{refused}"
        );
        assert!(!cache.path().join("tool-1").exists());
        ask(&cache, "abc", &fetches).unwrap();
        assert_eq!(fetches.get(), 2);
    }

    #[test]
    fn a_fetch_that_fails_leaves_what_was_there() {
        let cache = TempDir::new().unwrap();
        let failed = entry_in(cache.path(), "tool-1", &[], |_| {
            Err(Failure::new("no network"))
        });
        assert_eq!(failed.unwrap_err().to_string(), "no network");
        assert!(!cache.path().join("tool-1").exists());
    }
}
