//! A Kafka of its own for a test binary, through `deploy/kafka/kafka.sh`.
//!
//! It has two listeners: one for everybody, and one whose clients are led through a [`Proxy`] of this
//! process, by what the broker advertises and not by a change of frames. It can be killed and started
//! again on what it had written.
//!
//! Promise: it ends with the test, whatever ends the test. A small shell waits for the end of a
//! pipe that only this process holds, and stops the broker then: also after a panic, an interrupt
//! or a kill.

use crate::proxy::Proxy;
use std::fmt;
use std::net::{SocketAddr, TcpListener};
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
    port: u16,
    proxy: Proxy,
    /// Of the listener behind the proxy.
    proxied: SocketAddr,
    environment: Vec<(String, String)>,
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
        Self::start_with(&[])
    }

    /// Starts a broker with more of `kafka.sh`'s environment, such as `KAFKA_EXTRA`; ports [`Broker::port`]
    /// and the three after it are its own.
    ///
    /// # Errors
    /// No Java, no jars, or it does not start.
    pub fn start_with(environment: &[(&str, String)]) -> Result<Self, Absent> {
        let folder = tempfile::Builder::new()
            .prefix("palermo-broker-")
            .tempdir()
            .map_err(|error| Absent(format!("no temporary folder: {error}")))?;
        let script = crate::root().join("deploy/kafka/kafka.sh");
        installed(&script)?;
        let port = four_free_ports();
        let data = folder.path().join("kafka");
        let watchman = watch(&script, &port.to_string(), &data)?;
        let listener = TcpListener::bind("127.0.0.1:0")
            .map_err(|error| Absent(format!("no port for the proxy: {error}")))?;
        let proxied = SocketAddr::from(([127, 0, 0, 1], port + 2));
        let proxy = Proxy::start(listener, proxied);
        // From here on `own` stops what may have been started.
        let environment =
            environment.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        let own = Own { watchman, folder, port, proxy, proxied, environment };
        let bootstrap = own.start(&[])?;
        Ok(Self { bootstrap, own: Some(own) })
    }

    /// The way to it that can be disturbed; none where the broker is not ours.
    pub fn proxy(&self) -> Option<&Proxy> {
        self.own.as_ref().map(|own| &own.proxy)
    }

    /// Its first port; none where the broker is not ours.
    pub fn port(&self) -> Option<u16> {
        self.own.as_ref().map(|own| own.port)
    }

    /// A listener that answers, and leads its clients to the proxy.
    pub fn misleading(&self) -> Option<SocketAddr> {
        self.own.as_ref().map(|own| own.proxied)
    }

    /// SIGKILL; what it had written stays.
    ///
    /// # Panics
    /// Where the broker is not ours.
    pub fn kill(&self) {
        let output = self.own().script(&["stop", "--kill"]).output().expect("kafka.sh runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// Starts it again after [`Broker::kill`]: same data, same ports.
    ///
    /// # Panics
    /// Where it does not start.
    pub fn restart(&self) {
        self.restart_with(&[]);
    }

    /// The same, for this once with more of `kafka.sh`'s environment.
    ///
    /// # Panics
    /// Where it does not start.
    pub fn restart_with(&self, environment: &[(&str, &str)]) {
        self.own().start(environment).expect("the broker starts again");
    }

    fn own(&self) -> &Own {
        self.own.as_ref().expect("only a broker of our own is treated roughly")
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

impl Own {
    fn script(&self, words: &[&str]) -> Command {
        let mut command = Command::new(crate::root().join("deploy/kafka/kafka.sh"));
        let proxied = format!("{}:{}", self.proxied.port(), self.proxy.port());
        command.args(words).args(["--port", &self.port.to_string(), "--dir"]);
        command.arg(self.folder.path().join("kafka"));
        command.env("KAFKA_PROXIED", proxied).stdin(Stdio::null());
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Its bootstrap address.
    fn start(&self, environment: &[(&str, &str)]) -> Result<String, Absent> {
        let output = self
            .script(&["start"])
            .envs(environment.iter().copied())
            .output()
            .map_err(|error| Absent(format!("kafka.sh cannot be run: {error}")))?;
        if !output.status.success() {
            return Err(Absent(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
        }
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
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

/// A port whose three neighbors are free too (the controller takes one, the listener behind the proxy the
/// next, a test of secured connections both of the last), below the range from which the system gives
/// ports to connections.
fn four_free_ports() -> u16 {
    let begin = u16::try_from(std::process::id() % 2_500).unwrap_or(0) * 4 + 20_000;
    let free = |port: u16| TcpListener::bind(("127.0.0.1", port)).is_ok();
    let ports = (begin..32_000).chain(20_000..begin).step_by(4);
    ports.into_iter().find(|port| (*port..*port + 4).all(free)).expect("four free ports")
}

/// A port that is free at this moment.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its address").port()
}

/// A folder that goes with its value.
pub(crate) fn folder(prefix: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::Builder::new().prefix(prefix).tempdir().expect("a temporary folder");
    let path = folder.path().to_owned();
    (folder, path)
}
