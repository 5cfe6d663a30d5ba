//! The files of the repository, and what every one of them must keep to.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::{Context, Failure, Result};
use crate::process;

/// A longer source file is refused.
const LONGEST_FILE: usize = 500;

/// Top folders that only one particular machine has.
const MACHINE_FOLDERS: &[&str] = &["home", "opt", "root", "Users", "work"];

/// Parts of the names of hosts that a package client asks; which one is the machine's affair.
const REGISTRY_HOSTS: &[&str] = &[
    "artifactory",
    "goproxy",
    "mirror",
    "nexus",
    "npmjs",
    "pypi",
    "pythonhosted",
    "registry",
];

/// What the version control has or would take, relative to `root`.
pub(crate) fn files(root: &Path) -> Result<Vec<PathBuf>> {
    let mut git = Command::new("git");
    git.current_dir(root).args([
        "ls-files",
        "--cached",
        "--others",
        "--exclude-standard",
        "-z",
    ]);
    let listed = process::output(&mut git)?;
    Ok(listed
        .split('\0')
        .filter(|path| !path.is_empty())
        .map(PathBuf::from)
        .filter(|path| root.join(path).is_file())
        .collect())
}

/// Fails with every file that is too long or names a machine, one a line.
pub(crate) fn check(root: &Path) -> Result {
    let mut found = Vec::new();
    for path in files(root)? {
        let bytes = fs::read(root.join(&path))
            .context(format_args!("{} cannot be read", path.display()))?;
        let Ok(text) = String::from_utf8(bytes) else {
            continue;
        };
        let path = path.to_string_lossy().replace('\\', "/");
        if path.ends_with(".rs") {
            found.extend(too_long(&path, text.lines().count()));
        }
        // A lock file names where each package came from: that is its purpose.
        if !path.ends_with(".lock") && !path.ends_with("package-lock.json") {
            found.extend(of_a_machine(&path, &text));
        }
    }
    if found.is_empty() {
        Ok(())
    } else {
        Err(Failure::new(found.join("\n")))
    }
}

fn too_long(path: &str, lines: usize) -> Option<String> {
    (lines > LONGEST_FILE).then(|| format!("{path}: {lines} lines: split it"))
}

fn of_a_machine(path: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate().map(|(at, line)| (at + 1, line)) {
        if let Some(folder) = machine_path(line) {
            found.push(format!(
                "{path}:{number}: a path of one machine: /{folder}/"
            ));
        }
        if let Some(host) = registry_host(line) {
            found.push(format!(
                "{path}:{number}: a package registry's host: {host}"
            ));
        }
    }
    found
}

/// The machine's folder that an absolute path in `line` begins with.
fn machine_path(line: &str) -> Option<&'static str> {
    line.match_indices('/').find_map(|(at, _)| {
        let (before, path) = line.split_at(at);
        // `a/home/b` and `://home/` are no absolute paths.
        let begins = before
            .chars()
            .next_back()
            .is_none_or(|c| !c.is_alphanumeric() && !"/._-~}>)*".contains(c));
        let path = path.strip_prefix('/')?;
        MACHINE_FOLDERS.iter().copied().find(|folder| {
            begins
                && path
                    .strip_prefix(folder)
                    .is_some_and(|rest| rest.starts_with('/'))
        })
    })
}

/// The host of a URL in `line` that is a package registry's.
fn registry_host(line: &str) -> Option<&str> {
    line.match_indices("://").find_map(|(at, scheme)| {
        let host = line.get(at + scheme.len()..)?;
        let end = host
            .find(|c: char| !c.is_alphanumeric() && !".-@:".contains(c))
            .unwrap_or(host.len());
        let host = host.get(..end)?;
        REGISTRY_HOSTS
            .iter()
            .any(|part| host.contains(part))
            .then_some(host)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_a_machine_is_found() {
        for folder in MACHINE_FOLDERS {
            assert_eq!(
                machine_path(&format!("let path = \"/{folder}/x\";")),
                Some(*folder)
            );
            assert_eq!(machine_path(&format!("/{folder}/x")), Some(*folder));
        }
        for harmless in [
            "examples/work/a",
            "https://example.org/home/a",
            "/workshop/",
            "`/tmp/x`",
            "~/root/a",
            "{dir}/opt/a",
        ] {
            assert_eq!(machine_path(harmless), None, "{harmless}");
        }
    }

    #[test]
    fn a_registry_is_found_and_another_host_is_not() {
        for part in REGISTRY_HOSTS {
            let host = format!("a.{part}.example");
            assert_eq!(
                registry_host(&format!("url = \"https://{host}/simple\"")),
                Some(host.as_str())
            );
        }
        assert_eq!(
            registry_host("see https://example.org/registry and wss://127.0.0.1:1/mqtt"),
            None
        );
    }

    #[test]
    fn a_long_file_is_refused() {
        assert_eq!(too_long("a.rs", LONGEST_FILE), None);
        assert!(too_long("a.rs", LONGEST_FILE + 1).is_some());
    }
}
