//! A Kafka of its own for the benches, or the cluster that `PALERMO_BOOTSTRAP` names.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// A broker, gone with its value and with this process, however it ends.
#[derive(Debug)]
pub struct Broker {
    bootstrap: String,
    watchman: Option<Child>,
    _folder: Option<TempDir>,
}

impl Broker {
    /// Starts it.
    ///
    /// # Errors
    /// No Java, no jars, or it does not start: in words.
    #[expect(clippy::disallowed_methods, reason = "the cluster is named from outside")]
    pub fn start() -> Result<Self, String> {
        if let Ok(bootstrap) = std::env::var("PALERMO_BOOTSTRAP")
            && !bootstrap.is_empty()
        {
            return Ok(Self { bootstrap, watchman: None, _folder: None });
        }
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/kafka/kafka.sh");
        let folder = tempfile::Builder::new()
            .prefix("palermo-bench-")
            .tempdir()
            .map_err(|error| error.to_string())?;
        let data = folder.path().join("kafka");
        let port = (20_000 + std::process::id() % 5_000 * 2).to_string();
        // Waits for the end of this process, which closes the pipe, and stops the broker then.
        let words = "cat >/dev/null; exec \"$0\" stop --kill --purge --port \"$1\" --dir \"$2\"";
        let watchman = Command::new("sh")
            .args(["-c", words])
            .arg(&script)
            .arg(&port)
            .arg(&data)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .map_err(|error| error.to_string())?;
        let mut broker =
            Self { bootstrap: String::new(), watchman: Some(watchman), _folder: Some(folder) };
        let output = Command::new(&script)
            .args(["start", "--port", &port, "--dir"])
            .arg(&data)
            .stdin(Stdio::null())
            .output()
            .map_err(|error| error.to_string())?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
        }
        broker.bootstrap = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        Ok(broker)
    }

    /// `host:port`.
    pub fn bootstrap(&self) -> &str {
        &self.bootstrap
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        if let Some(mut watchman) = self.watchman.take() {
            drop(watchman.stdin.take());
            let _ = watchman.wait();
        }
    }
}
