//! Calls a member and hangs up after ten seconds: `call API BROKER TOKEN MEMBER`.
//!
//! `cargo xtask up` starts a server and writes addresses and tokens to `target/up/env.json`.

use std::{env, error::Error, sync::Arc, time::Duration};

use faithcall::room::{Devices, livekit_ffi::LiveKitFfi};
use faithcall::{CallClient, CallType, Config, Event, FixedToken, News};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [api, broker, token, callee] = arguments.as_slice() else {
        return Err("usage: call API BROKER TOKEN MEMBER".into());
    };
    let config = Config::new(api, broker, "example-device")?;
    let engine = Arc::new(LiveKitFfi::new(None, Devices::silent())?);
    let client = CallClient::connect(config, FixedToken::new(token), engine).await?;

    let call = client
        .start_call(&[callee.parse()?], CallType::Voice)
        .await?;
    while let Some(event) = client.next_event().await {
        println!("{:?}", event.news);
        match event.news {
            News::Call(Event::Active { .. }) => {
                tokio::time::sleep(Duration::from_secs(10)).await;
                client.end(&call).await?;
            }
            News::Call(Event::Ended { .. }) => break,
            _ => {}
        }
    }
    client.disconnect().await;
    Ok(())
}
