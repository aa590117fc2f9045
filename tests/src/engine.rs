//! The engine under test as a process of its own, with everything it says kept in files.
//!
//! Promise: it does not outlive its value.

use crate::http;
use crate::site::{Follow, Site};
use crate::wait_until;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A running `palermo run`.
#[derive(Debug)]
pub struct Engine {
    child: Child,
    folder: TempDir,
    http_port: u16,
}

/// How it ended and what it said.
#[derive(Clone, Debug)]
pub struct Exit {
    /// Exit code; `None` after a signal.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Exit {
    fn of(status: ExitStatus, folder: &Path) -> Self {
        let text = |name: &str| read(&folder.join(name));
        Self { code: status.code(), stdout: text("stdout"), stderr: text("stderr") }
    }
}

fn read(path: &Path) -> String {
    fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}

/// Sends a signal by its name to a process; false where there is none.
pub fn signal(pid: u32, name: &str) -> bool {
    let sent = Command::new("kill").args(["-s", name, &pid.to_string()]).output();
    sent.is_ok_and(|output| output.status.success())
}

impl Engine {
    /// Starts `palermo run -c` the site's configuration with these arguments more. `binary` is
    /// `env!("CARGO_BIN_EXE_palermo-under-test")` of the test.
    pub fn start(binary: &str, site: &Site, more: &[&str]) -> Self {
        Self::start_by(&[binary], site, more)
    }

    /// The same through another program: the first word, with the words after it before `run`. It must
    /// become the engine (`exec`), so that signals reach it.
    pub fn start_by(words: &[&str], site: &Site, more: &[&str]) -> Self {
        let (folder, path) = crate::broker::folder("palermo-engine-");
        let file = |name: &str| File::create(path.join(name)).expect("a file for what it says");
        let child = Command::new(words[0])
            .args(&words[1..])
            .args(["run", "-c"])
            .arg(site.config_file())
            .args(more)
            .current_dir(site.folder())
            .env_remove("PALERMO_BOOTSTRAP")
            .stdin(Stdio::null())
            .stdout(file("stdout"))
            .stderr(file("stderr"))
            .spawn()
            .expect("the engine starts");
        Self { child, folder, http_port: site.http_port() }
    }

    /// What it has said on standard error so far.
    pub fn stderr(&self) -> String {
        read(&self.path().join("stderr"))
    }

    fn path(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    /// GET from its HTTP port.
    pub fn get(&self, path: &str) -> Option<(u16, String)> {
        http::get(self.http_port, path)
    }

    /// Whether it says that it is ready.
    pub fn is_ready(&self) -> bool {
        self.get("/readyz").is_some_and(|(status, _)| status == 200)
    }

    /// Waits until it says so.
    pub fn wait_ready(&mut self, within: Duration) {
        let begun = Instant::now();
        while !self.is_ready() {
            if let Some(status) = self.child.try_wait().expect("its state") {
                panic!("the engine ended ({status}) before it was ready:\n{}", self.stderr());
            }
            assert!(begun.elapsed() < within, "not ready within {within:?}:\n{}", self.stderr());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Whether it runs.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("its state").is_none()
    }

    /// SIGKILL, and waits until it is gone.
    pub fn kill(mut self) -> Exit {
        let _ = self.child.kill();
        let status = self.child.wait().expect("its end");
        Exit::of(status, &self.path())
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal by its name: `TERM`, `INT`, `STOP`, `CONT`.
    pub fn signal(&self, name: &str) {
        assert!(signal(self.pid(), name), "signal {name} was not sent");
    }

    /// Waits for its end.
    pub fn wait_exit(mut self, within: Duration) -> Exit {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("its state") {
                return Exit::of(status, &self.path());
            }
            assert!(begun.elapsed() < within, "still runs after {within:?}:\n{}", self.stderr());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// SIGTERM, and waits for its end.
    pub fn terminate(self, within: Duration) -> Exit {
        self.signal("TERM");
        self.wait_exit(within)
    }

    /// Waits until it has committed more payments than that; how many it has.
    pub fn wait_beyond(&mut self, follow: &mut Follow, payments: i64, within: Duration) -> i64 {
        wait_until("the engine commits", within, || {
            assert!(self.is_running(), "the engine ended:\n{}", self.stderr());
            follow.refresh();
            follow.payments() > payments
        });
        follow.payments()
    }

    /// Waits until it says something on standard error.
    pub fn wait_said(&mut self, words: &str, within: Duration) {
        let begun = Instant::now();
        while !self.stderr().contains(words) {
            assert!(self.is_running(), "the engine ended:\n{}", self.stderr());
            assert!(begun.elapsed() < within, "`{words}` is not said:\n{}", self.stderr());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until everything in the input topics is committed and this engine is ready: what an
    /// earlier one committed says nothing of how far this one has come.
    pub fn wait_caught_up(&mut self, site: &Site, within: Duration) {
        let ends: Vec<_> = site
            .inputs()
            .into_iter()
            .filter_map(|(partition, input)| Some((partition, *input.visible.last()?)))
            .collect();
        let mut tail = site.follow();
        wait_until("the engine has read everything", within, || {
            assert!(self.is_running(), "the engine ended:\n{}", self.stderr());
            tail.refresh();
            let last = tail.last();
            last.is_some_and(|progress| {
                ends.iter().all(|(p, last)| progress.positions.get(p).is_some_and(|at| at > last))
            })
        });
        self.wait_ready(within);
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // A stopped process dies of SIGKILL too.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
