//! The processes that `up` starts, and stops by their own ids.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGINT, SIGTERM};

use crate::failure::{Context, Failure, Result};

/// How long a process may take to answer for the first time.
const READY_WITHIN: Duration = Duration::from_secs(30);
/// How long a process may take to end by itself when it is asked to.
const ENDS_WITHIN: Duration = Duration::from_secs(5);
const LOOKED_AT_EVERY: Duration = Duration::from_millis(50);

/// Processes that end with this value.
pub(super) struct Children {
    running: Vec<(&'static str, Child)>,
    /// Set by Ctrl-C and by a request to end.
    stop: Arc<AtomicBool>,
}

impl Children {
    /// None yet; from now on Ctrl-C ends [`wait`](Self::wait) and not this program.
    pub(super) fn watched() -> Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            signal_hook::flag::register(signal, Arc::clone(&stop))
                .context("Ctrl-C cannot be listened for")?;
        }
        Ok(Self {
            running: Vec::new(),
            stop,
        })
    }

    pub(super) fn start(&mut self, name: &'static str, command: &mut Command) -> Result {
        let child = command
            .stdin(Stdio::null())
            .spawn()
            .context(format_args!("{name} cannot be started"))?;
        self.running.push((name, child));
        Ok(())
    }

    /// Waits until `GET path` at `address` answers 200.
    pub(super) fn wait_for_answer(
        &mut self,
        name: &str,
        address: SocketAddr,
        path: &str,
    ) -> Result {
        let started = Instant::now();
        while !answers(address, path) {
            self.all_run()?;
            if self.stop.load(Ordering::Relaxed) {
                return Err(Failure::new("stopped before everything was up"));
            }
            if started.elapsed() > READY_WITHIN {
                let seconds = READY_WITHIN.as_secs();
                return Err(Failure::new(format!(
                    "{name} did not answer at http://{address}{path} in {seconds} s"
                )));
            }
            thread::sleep(LOOKED_AT_EVERY);
        }
        Ok(())
    }

    /// Waits for Ctrl-C, then stops everything; fails if a process ends before.
    pub(super) fn wait(mut self) -> Result {
        while !self.stop.load(Ordering::Relaxed) {
            self.all_run()?;
            thread::sleep(LOOKED_AT_EVERY);
        }
        println!("\nstopping");
        Ok(())
    }

    fn all_run(&mut self) -> Result {
        for (name, child) in &mut self.running {
            if let Ok(Some(status)) = child.try_wait()
                // Ctrl-C in a terminal reaches the children too.
                && !self.stop.load(Ordering::Relaxed)
            {
                return Err(Failure::new(format!(
                    "{name} ended by itself with {status}"
                )));
            }
        }
        Ok(())
    }
}

impl Drop for Children {
    /// Asks each to end, the last started first, and kills what does not.
    fn drop(&mut self) {
        for (_, child) in self.running.iter_mut().rev() {
            if !matches!(child.try_wait(), Ok(None)) {
                continue;
            }
            let asked = Instant::now();
            let is_asked = ask_to_end(child);
            while is_asked && asked.elapsed() < ENDS_WITHIN && matches!(child.try_wait(), Ok(None))
            {
                thread::sleep(LOOKED_AT_EVERY);
            }
            // Both fail only where the process has ended already.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Where a process can be asked to end, asks it.
fn ask_to_end(child: &Child) -> bool {
    let mut kill = Command::new("kill");
    kill.arg(child.id().to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    cfg!(unix) && kill.status().is_ok_and(|status| status.success())
}

fn answers(address: SocketAddr, path: &str) -> bool {
    let ask = || -> std::io::Result<Vec<u8>> {
        let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1))?;
        stream.set_read_timeout(Some(Duration::from_secs(2)))?;
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
        )?;
        let mut start = vec![0; "HTTP/1.1 200".len()];
        stream.read_exact(&mut start)?;
        Ok(start)
    };
    ask().is_ok_and(|start| start.ends_with(b" 200"))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::io::{BufRead, BufReader};
    use std::net::TcpListener;

    #[test]
    fn a_process_that_ends_is_named() {
        let mut children = Children::watched().unwrap();
        children
            .start("the sleeper", Command::new("sleep").arg("600"))
            .unwrap();
        children
            .start("the quitter", &mut Command::new("false"))
            .unwrap();
        let ended = children.wait().unwrap_err().to_string();
        assert!(ended.starts_with("the quitter ended by itself"), "{ended}");
    }

    #[test]
    fn ctrl_c_stops_what_was_started() {
        let mut children = Children::watched().unwrap();
        children
            .start("the sleeper", Command::new("sleep").arg("600"))
            .unwrap();
        let id = children.running[0].1.id().to_string();
        children.stop.store(true, Ordering::Relaxed);
        children.wait().unwrap();
        let is_there = Command::new("kill")
            .args(["-0", &id])
            .stderr(Stdio::null())
            .status()
            .unwrap();
        assert!(!is_there.success());
    }

    #[test]
    fn only_200_is_an_answer() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = thread::spawn(move || {
            for answer in ["HTTP/1.1 503 Not yet\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n"] {
                let (mut stream, _) = listener.accept().unwrap();
                // What is left unread when the stream is closed would cut the answer off.
                let request = BufReader::new(&stream).lines().map_while(|line| line.ok());
                assert!(request.take_while(|line| !line.is_empty()).count() > 0);
                stream.write_all(answer.as_bytes()).unwrap();
            }
        });
        assert!(!answers(address, "/readyz"));
        assert!(answers(address, "/readyz"));
        server.join().unwrap();
        assert!(!answers(address, "/readyz"));
    }
}
