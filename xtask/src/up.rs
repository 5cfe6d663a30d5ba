//! `cargo xtask up`: a whole server side on this machine, for any client to be pointed at.

mod certificate;
mod children;
mod configuration;
mod private_file;
mod token;

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Command;

use clap::Args;
use serde_json::json;

use crate::failure::{Context, Result};
use crate::livekit::Running;
use crate::programs::{self, Programs};
use crate::tools::{self, Show};
use children::Children;
use configuration::{LiveKitPorts, free_tcp_port};

/// Whose members they are.
const CHURCH: &str = "dev";

#[derive(Args)]
pub(crate) struct Options {
    /// Port of the REST interface; a free one if not given.
    #[arg(long)]
    http_port: Option<u16>,
    /// Port of MQTT over TCP; a free one if not given.
    #[arg(long)]
    mqtt_port: Option<u16>,
    /// Port of MQTT over WebSocket; a free one if not given.
    #[arg(long)]
    mqtt_ws_port: Option<u16>,
    /// Port of MQTT over TLS; a free one if not given.
    #[arg(long)]
    mqtts_port: Option<u16>,
    /// Port of MQTT over WebSocket and TLS; a free one if not given.
    #[arg(long)]
    mqtt_wss_port: Option<u16>,
    /// Port of LiveKit; a free one if not given.
    #[arg(long)]
    livekit_port: Option<u16>,
    /// The development members.
    #[arg(
        long,
        value_name = "ID",
        value_delimiter = ',',
        default_value = "ada,ben,cleo,dan"
    )]
    members: Vec<String>,
}

/// Starts everything, and stops it when Ctrl-C is pressed or a part of it ends.
pub(crate) fn run(options: &Options) -> Result {
    let running = Running::from_environment()?;
    let server = match running {
        Some(_) => None,
        None => Some(tools::livekit_server(Show::Bar)?),
    };
    let programs = Programs::build()?;

    let folder = programs::target_dir()?.join("up");
    fs::create_dir_all(&folder).context(format_args!("{} cannot be written", folder.display()))?;
    let http = local(options.http_port)?;
    let mqtt = local(options.mqtt_port)?;
    let mqtt_ws = local(options.mqtt_ws_port)?;
    let mqtts = local(options.mqtts_port)?;
    let mqtt_wss = local(options.mqtt_wss_port)?;
    let certificate = certificate::make(&folder)?;

    let mut children = Children::watched()?;
    let livekit = match (running, server) {
        (None, Some(server)) => {
            let ports = LiveKitPorts::free(options.livekit_port)?;
            start_livekit(&mut children, &server, &folder, ports, http)?
        }
        (running, _) => running.context("neither a running LiveKit server nor one to start")?,
    };
    let secret = random();
    let members: Vec<String> = options
        .members
        .iter()
        .map(|member| format!("{CHURCH}/{member}={}", name_of(member)))
        .collect();
    let mut backend = Command::new(programs.path("faithcall-backend")?);
    backend
        .env("LIVEKIT_URL", &livekit.url)
        .env("LIVEKIT_API_KEY", &livekit.api_key)
        .env("LIVEKIT_API_SECRET", &livekit.api_secret)
        .env("FAITHCALL_HTTP_LISTEN", http.to_string())
        .env("FAITHCALL_MQTT_LISTEN", mqtt.to_string())
        .env("FAITHCALL_MQTT_WS_LISTEN", mqtt_ws.to_string())
        .env("FAITHCALL_MQTTS_LISTEN", mqtts.to_string())
        .env("FAITHCALL_MQTT_WSS_LISTEN", mqtt_wss.to_string())
        .env("FAITHCALL_TLS_CERTIFICATE", &certificate.file)
        .env("FAITHCALL_TLS_KEY", &certificate.key)
        .env("FAITHCALL_DATABASE", folder.join("faithcall.sqlite"))
        .env("FAITHCALL_JWT_SECRET", &secret)
        .env("FAITHCALL_DEV_MEMBERS", members.join(","));
    children.start("the backend", &mut backend)?;
    children.wait_for_answer("the backend", http, "/readyz")?;

    let env = folder.join("env.json");
    let tokens: Vec<_> = options
        .members
        .iter()
        .map(|member| {
            let token = token::member(&secret, CHURCH, member);
            json!({ "id": member, "name": name_of(member), "church": CHURCH, "token": token })
        })
        .collect();
    let described = json!({
        "api": format!("http://{http}"),
        "mqtt": format!("mqtt://{mqtt}"),
        "mqtt_ws": format!("ws://{mqtt_ws}/mqtt"),
        "mqtts": format!("mqtts://{mqtts}"),
        "mqtt_wss": format!("wss://{mqtt_wss}/mqtt"),
        "ca": certificate.file,
        "livekit": { "url": livekit.url, "api_key": livekit.api_key, "api_secret": livekit.api_secret },
        "members": tokens,
    });
    private_file::write(&env, &format!("{described:#}\n"))?;
    println!("\nup, until Ctrl-C:");
    println!("  api       http://{http}");
    println!("  mqtt      mqtt://{mqtt}  ws://{mqtt_ws}/mqtt");
    println!("  with tls  mqtts://{mqtts}  wss://{mqtt_wss}/mqtt");
    println!("  its ca    {}", certificate.file.display());
    println!("  livekit   {}", livekit.url);
    println!(
        "  all of it, and a token for each of {}: {}",
        options.members.join(", "),
        env.display()
    );
    let ended = children.wait();
    // Its tokens are worth nothing from now on.
    let _ = fs::remove_file(&env);
    ended
}

fn start_livekit(
    children: &mut Children,
    server: &Path,
    folder: &Path,
    ports: LiveKitPorts,
    backend: SocketAddr,
) -> Result<Running> {
    let livekit = Running {
        url: format!("ws://127.0.0.1:{}", ports.http),
        api_key: "faithcall-up".to_owned(),
        api_secret: random(),
    };
    let webhook = format!("http://{backend}/api/webhooks/livekit");
    let config = folder.join("livekit.json");
    private_file::write(&config, &configuration::livekit(&livekit, ports, &webhook))?;
    let log_path = folder.join("livekit.log");
    let log = fs::File::create(&log_path)
        .context(format_args!("{} cannot be written", log_path.display()))?;
    let log_too = log
        .try_clone()
        .context(format_args!("{} cannot be written", log_path.display()))?;
    let mut command = Command::new(server);
    command
        .arg("--config")
        .arg(config)
        .stdout(log)
        .stderr(log_too);
    children.start("LiveKit's server", &mut command)?;
    children
        .wait_for_answer(
            "LiveKit's server",
            SocketAddr::from((Ipv4Addr::LOCALHOST, ports.http)),
            "/",
        )
        .context(format_args!("see {}", log_path.display()))?;
    Ok(livekit)
}

fn local(port: Option<u16>) -> Result<SocketAddr> {
    let port = port.map_or_else(free_tcp_port, Ok)?;
    Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
}

/// `Ada` of `ada`.
fn name_of(member: &str) -> String {
    let mut letters = member.chars();
    letters
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .chain(letters)
        .collect()
}

/// A secret of 64 characters for this run.
fn random() -> String {
    format!(
        "{}{}",
        uuid::Uuid::new_v4().simple(),
        uuid::Uuid::new_v4().simple()
    )
}
