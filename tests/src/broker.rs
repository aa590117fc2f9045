//! A Kafka of its own for a test binary, through `deploy/kafka/kafka.sh`.
//!
//! Promise: it ends with the test, whatever ends the test. A small shell waits for the end of a
//! pipe that only this process holds, and stops the broker then: also after a panic, an interrupt
//! or a kill.

use std::fmt;
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// Why there is no broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Absent(pub String);

impl fmt::Display for Absent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A broker: one that was started here, or the one that `PALERMO_BOOTSTRAP` names.
#[derive(Debug)]
pub struct Broker {
    bootstrap: String,
    own: Option<Own>,
}

#[derive(Debug)]
struct Own {
    watchman: Child,
    folder: TempDir,
}

impl Broker {
    /// Takes the existing cluster or starts a broker.
    ///
    /// # Errors
    /// No Java, no jars, or it does not start.
    pub fn start() -> Result<Self, Absent> {
        if let Ok(bootstrap) = std::env::var("PALERMO_BOOTSTRAP")
            && !bootstrap.is_empty()
        {
            return Ok(Self { bootstrap, own: None });
        }
        let folder = tempfile::Builder::new()
            .prefix("palermo-broker-")
            .tempdir()
            .map_err(|error| Absent(format!("no temporary folder: {error}")))?;
        let script = crate::root().join("deploy/kafka/kafka.sh");
        installed(&script)?;
        let port = two_free_ports().to_string();
        let data = folder.path().join("kafka");
        let watchman = watch(&script, &port, &data)?;
        let own = Own { watchman, folder };
        // From here on `own` stops what may have been started.
        let output = Command::new(&script)
            .args(["start", "--port", &port, "--dir"])
            .arg(&data)
            .stdin(Stdio::null())
            .output()
            .map_err(|error| Absent(format!("kafka.sh cannot be run: {error}")))?;
        if !output.status.success() {
            return Err(Absent(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
        }
        let bootstrap = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        Ok(Self { bootstrap, own: Some(own) })
    }

    /// `host:port`.
    pub fn bootstrap(&self) -> &str {
        &self.bootstrap
    }

    /// Whether it was started here, and may be treated roughly.
    pub fn is_own(&self) -> bool {
        self.own.is_some()
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        // The end of the pipe is the signal; then the watchman has stopped the broker.
        drop(self.watchman.stdin.take());
        let _ = self.watchman.wait();
        let _ = self.folder.path();
    }
}

fn installed(script: &Path) -> Result<(), Absent> {
    let java = Command::new("java").arg("-version").output();
    if !java.is_ok_and(|output| output.status.success()) {
        return Err(Absent("no Java: scripts of the Makefile install it".to_owned()));
    }
    let jars = Command::new(script).arg("installed").output();
    if jars.is_ok_and(|output| output.status.success()) {
        return Ok(());
    }
    Err(Absent("no Kafka jars: run `deploy/kafka/kafka.sh install`".to_owned()))
}

fn watch(script: &Path, port: &str, data: &Path) -> Result<Child, Absent> {
    let words = "cat >/dev/null; exec \"$0\" stop --kill --purge --port \"$1\" --dir \"$2\"";
    Command::new("sh")
        .args(["-c", words])
        .arg(script)
        .arg(port)
        .arg(data)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // An interrupt on the terminal is for the test, which then leaves the pipe.
        .process_group(0)
        .spawn()
        .map_err(|error| Absent(format!("no shell: {error}")))
}

/// A port whose neighbor is free too (Kafka's controller takes it), below the range from which the
/// system gives ports to connections.
fn two_free_ports() -> u16 {
    let begin = u16::try_from(std::process::id() % 5_000).unwrap_or(0) * 2 + 20_000;
    let free = |port: u16| TcpListener::bind(("127.0.0.1", port)).is_ok();
    let ports = (begin..32_000).chain(20_000..begin).step_by(2);
    ports.into_iter().find(|port| free(*port) && free(port + 1)).expect("two free ports")
}

/// A port that is free at this moment.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its address").port()
}

/// A folder that goes with its value.
pub(crate) fn folder(prefix: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::Builder::new().prefix(prefix).tempdir().expect("a temporary folder");
    let path = folder.path().to_owned();
    (folder, path)
}
