//! Debian's mosquitto, as a process of one's own.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use faithcall_testing::free_tcp_port;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr, Command};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::phone::PATIENCE;

/// Where Debian puts it, outside of most people's PATH.
const DEBIANS: &str = "/usr/sbin/mosquitto";
/// How often a start is repeated when somebody took a reserved port in between.
const STARTS: usize = 3;

/// A running mosquitto on free loopback ports that lets everybody do everything; dropped, it is
/// killed.
pub(crate) struct Broker {
    pub(crate) tcp: u16,
    pub(crate) web_socket: u16,
    log: mpsc::UnboundedReceiver<String>,
    _child: Child,
    _folder: TempDir,
}

impl Broker {
    pub(crate) async fn start() -> Self {
        for _ in 1..STARTS {
            if let Some(broker) = Self::start_once().await {
                return broker;
            }
        }
        Self::start_once().await.expect("mosquitto does not start")
    }

    async fn start_once() -> Option<Self> {
        let folder = TempDir::new().unwrap();
        let (tcp, web_socket) = (free_tcp_port().unwrap(), free_tcp_port().unwrap());
        let config = folder.path().join("mosquitto.conf");
        let text = format!(
            "listener {tcp} 127.0.0.1\n\
             listener {web_socket} 127.0.0.1\n\
             protocol websockets\n\
             allow_anonymous true\n\
             log_dest stderr\n\
             log_type all\n"
        );
        std::fs::write(&config, text).unwrap();
        let mut child = Command::new(program())
            .arg("-c")
            .arg(&config)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("mosquitto cannot be started: is the package mosquitto installed?");
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let running = timeout(PATIENCE, said_running(&mut lines)).await;
        if !running.expect("mosquitto says nothing") {
            return None;
        }
        let (tell, log) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                let _ = tell.send(line);
            }
        });
        Some(Self {
            tcp,
            web_socket,
            log,
            _child: child,
            _folder: folder,
        })
    }

    /// Waits until a device has subscribed to this topic.
    pub(crate) async fn is_subscribed(&mut self, device: &str, topic: &str) {
        let search = async {
            while let Some(line) = self.log.recv().await {
                // As in `1783: fc:member-1:device-1 1 faithflow/…/signal`.
                if line.contains(device) && line.ends_with(topic) {
                    return;
                }
            }
            panic!("mosquitto has ended");
        };
        let found = timeout(PATIENCE, search).await;
        found.expect("the topic is not subscribed");
    }
}

/// Whether it runs; otherwise it has ended.
async fn said_running(lines: &mut Lines<BufReader<ChildStderr>>) -> bool {
    while let Ok(Some(line)) = lines.next_line().await {
        if line.contains(" running") {
            return true;
        }
        eprintln!("{line}");
    }
    false
}

fn program() -> PathBuf {
    match std::env::var_os("FAITHCALL_MOSQUITTO") {
        Some(path) => path.into(),
        None if Path::new(DEBIANS).is_file() => DEBIANS.into(),
        None => "mosquitto".into(),
    }
}
