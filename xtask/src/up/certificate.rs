//! A certificate for one run, which is its own authority.

use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::{Context, Result};

pub(super) struct Certificate {
    /// What the broker shows, and what clients are told to trust.
    pub(super) file: PathBuf,
    pub(super) key: PathBuf,
}

/// Makes one for this machine's own addresses, in `folder`.
pub(super) fn make(folder: &Path) -> Result<Certificate> {
    let names = ["127.0.0.1".to_owned(), "localhost".to_owned()];
    let made = rcgen::generate_simple_self_signed(names).context("no certificate can be made")?;
    let certificate = Certificate {
        file: folder.join("ca.pem"),
        key: folder.join("key.pem"),
    };
    fs::write(&certificate.file, made.cert.pem()).context(format_args!(
        "{} cannot be written",
        certificate.file.display()
    ))?;
    super::private_file::write(&certificate.key, &made.signing_key.serialize_pem())?;
    Ok(certificate)
}
