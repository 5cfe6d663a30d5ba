//! Running other programs: cargo above all.

use std::collections::VecDeque;
use std::env;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::thread;

use serde_json::Value;

use crate::failure::{Context, Failure, Result};

/// How much of what a program said goes into the sentence about its failure.
const LINES_OF_A_FAILURE: usize = 10;

/// The workspace's folder.
pub(crate) fn workspace_root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// A `cargo` command in the workspace's folder.
///
/// `cargo run` tells its child about xtask's own package in `CARGO_PKG_*` and the like. Some build scripts
/// (ring's) run again when those differ, so they are not handed on.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(workspace_root());
    for (name, _) in env::vars_os() {
        let of_this_package = name.to_str().is_some_and(|name| {
            name.starts_with("CARGO_PKG_")
                || name.starts_with("CARGO_MANIFEST_")
                || name == "CARGO_CRATE_NAME"
        });
        if of_this_package {
            command.env_remove(name);
        }
    }
    command
}

/// What `cargo metadata` says of the workspace.
pub(crate) fn metadata(arguments: &[&str]) -> Result<Value> {
    let mut metadata = cargo();
    metadata
        .args(["metadata", "--format-version", "1", "--locked"])
        .args(arguments);
    serde_json::from_str(&output(&mut metadata)?).context("`cargo metadata` printed no JSON")
}

/// Runs a command whose output goes straight to the terminal.
pub(crate) fn run(command: &mut Command) -> Result {
    let status = command
        .status()
        .context(format_args!("{} cannot be started", name(command)))?;
    if status.success() {
        Ok(())
    } else {
        Err(Failure::new(format!(
            "{} ended with {status}",
            name(command)
        )))
    }
}

/// Runs a command and returns what it printed; its standard error becomes part of the failure.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command
        .output()
        .context(format_args!("{} cannot be started", name(command)))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.trim();
        return Err(Failure::new(format!(
            "{} ended with {}: {said}",
            name(command),
            output.status
        )));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs a command whose standard error goes straight to the terminal, and returns what it printed.
pub(crate) fn printed(command: &mut Command) -> Result<String> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .context(format_args!("{} cannot be started", name(command)))?;
    if !output.status.success() {
        let (name, status) = (name(command), output.status);
        return Err(Failure::new(format!("{name} ended with {status}")));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs a command, passes every line on as it comes, and shows each to `on_line` too.
/// Returns whether the command succeeded.
pub(crate) fn tee(command: &mut Command, on_line: impl FnMut(&str) + Send) -> Result<bool> {
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context(format_args!("{} cannot be started", name(command)))?;
    let on_line = Mutex::new(on_line);
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    thread::scope(|scope| {
        scope.spawn(|| forward(stdout, io::stdout(), &on_line));
        scope.spawn(|| forward(stderr, io::stderr(), &on_line));
    });
    let status = child
        .wait()
        .context(format_args!("{} was lost", name(command)))?;
    Ok(status.success())
}

/// Runs a command quietly and shows each line of its standard error to `on_line`.
/// The last lines become part of the failure.
pub(crate) fn watch(command: &mut Command, mut on_line: impl FnMut(&str)) -> Result {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .context(format_args!("{} cannot be started", name(command)))?;
    let mut last = VecDeque::new();
    for line in child
        .stderr
        .take()
        .into_iter()
        .flat_map(|stderr| BufReader::new(stderr).lines())
        .map_while(|line| line.ok())
    {
        on_line(&line);
        if last.len() == LINES_OF_A_FAILURE {
            last.pop_front();
        }
        last.push_back(line);
    }
    let status = child
        .wait()
        .context(format_args!("{} was lost", name(command)))?;
    if status.success() {
        return Ok(());
    }
    let last = last.into_iter().collect::<Vec<_>>().join("\n");
    Err(Failure::new(format!(
        "{} ended with {status}: {last}",
        name(command)
    )))
}

fn forward(from: Option<impl Read>, mut to: impl Write, on_line: &Mutex<impl FnMut(&str)>) {
    let Some(from) = from else { return };
    let mut from = BufReader::new(from);
    let mut line = Vec::new();
    while from.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
        // A terminal that went away must not stop the count of what passed.
        let _ = to.write_all(&line);
        let _ = to.flush();
        if let Ok(mut on_line) = on_line.lock() {
            on_line(String::from_utf8_lossy(&line).trim_end());
        }
        line.clear();
    }
}

/// The full path of a program that the PATH has.
pub(crate) fn on_path(program: &str) -> Option<PathBuf> {
    let file = format!("{program}{}", env::consts::EXE_SUFFIX);
    env::split_paths(&env::var_os("PATH")?)
        .map(|dir| dir.join(&file))
        .find(|path| path.is_file())
}

fn name(command: &Command) -> String {
    let program = Path::new(command.get_program())
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    match command.get_args().next() {
        Some(first) => format!("`{program} {}`", first.to_string_lossy()),
        None => format!("`{program}`"),
    }
}
