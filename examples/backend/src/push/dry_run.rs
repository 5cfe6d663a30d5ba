//! Writes what would be sent into a folder, a file for each push: for development and tests.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use faithcall_protocol::rest::PushService;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Delivery, SendError, Sender, apns, fcm};
use crate::json_fault::JsonFault;

/// The folder. Its files hold names and push tokens.
#[derive(Debug)]
pub(crate) struct DryRun(PathBuf);

impl DryRun {
    /// Makes the folder where it is missing.
    ///
    /// # Errors
    /// It cannot be made.
    pub(crate) fn open(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        Ok(Self(folder.to_owned()))
    }
}

#[async_trait]
impl Sender for DryRun {
    async fn send(&self, delivery: &Delivery) -> Result<(), SendError> {
        let request = match delivery.service {
            PushService::Fcm => fcm::request(delivery),
            PushService::ApnsVoip => apns::request(delivery),
        };
        let file = json!({
            "service": delivery.service,
            "member_id": delivery.member,
            "device_id": delivery.device,
            "request": request,
        });
        write(&self.0, delivery.at_ms, &file)
    }
}

/// A file is there as a whole or not at all; their names are in the order of time.
fn write(folder: &Path, at_ms: u64, file: &Value) -> Result<(), SendError> {
    let text = serde_json::to_vec_pretty(file).map_err(JsonFault::from)?;
    let name = format!("{at_ms}-{}", Uuid::new_v4().simple());
    let unfinished = folder.join(format!("{name}.part"));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(&unfinished)?.write_all(&text)?;
    fs::rename(unfinished, folder.join(format!("{name}.json")))?;
    Ok(())
}
