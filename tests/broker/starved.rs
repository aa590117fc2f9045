//! A machine that gives too little: file descriptors, CPU, disk, a folder that goes. The engine falls
//! behind or says what it lacks, and what is published is what an undisturbed run publishes.
//!
//! Sees: a restart loop under a small share of CPU, a disk that takes detection with it, a failure to
//! keep a snapshot that nobody is told of, a wrong output after any of them.

use crate::BINARY;
use crate::ground::{Ground, PATIENCE, other_half};
use palermo_tests::{Engine, Site, wait_until};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// Sets a soft limit of a running process.
fn limit(engine: &Engine, what: &str, soft: &str) {
    let pid = engine.pid().to_string();
    let output =
        Command::new("prlimit").args(["--pid", &pid, &format!("--{what}={soft}:")]).output();
    let output = output.expect("prlimit is part of util-linux");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The value of a metric with these labels, 0 where it is not shown.
fn metric(engine: &Engine, name: &str) -> f64 {
    let page = engine.get("/metrics").map(|(_, page)| page).unwrap_or_default();
    let value = page.lines().find_map(|line| line.strip_prefix(name));
    value.and_then(|value| value.trim().parse().ok()).unwrap_or(0.0)
}

/// No file and no connection can be opened any more, and those to the broker break.
pub(crate) fn no_descriptors(ground: &Ground) {
    let Some(proxy) = ground.broker.proxy() else {
        println!("the broker is not of this test: its connections are left alone");
        return;
    };
    proxy.heal();
    let site = ground.again("no-descriptors").through(&proxy.address());
    let mut engine = Engine::start(BINARY, &site, &["--start", "earliest"]);
    let mut follow = site.follow();
    engine.wait_ready(PATIENCE);
    engine.wait_beyond(&mut follow, 0, PATIENCE);
    limit(&engine, "nofile", "3");
    proxy.cut_all();
    assert!(engine.get("/livez").is_none(), "it still opens connections");
    std::thread::sleep(Duration::from_secs(3));
    let stood = {
        follow.refresh();
        follow.payments()
    };
    std::thread::sleep(Duration::from_secs(1));
    follow.refresh();
    assert_eq!(follow.payments(), stood, "it committed without a connection");
    if engine.is_running() {
        limit(&engine, "nofile", "4096");
        println!("goes on");
    } else {
        let exit = engine.wait_exit(PATIENCE);
        println!("stopped: {}", exit.stderr);
        assert_eq!(exit.code, Some(4), "{}", exit.stderr);
        engine = Engine::start(BINARY, &site, &[]);
    }
    ground.finish(&site, engine);
}

/// One hundredth of a CPU for longer than the session: it lags, and is not put out.
pub(crate) fn no_cpu(ground: &Ground) {
    let site = ground.again("no-cpu");
    let mut engine = Engine::start(BINARY, &site, &["--start", "earliest"]);
    let mut follow = site.follow();
    engine.wait_ready(PATIENCE);
    let before = engine.wait_beyond(&mut follow, 0, PATIENCE);
    let begun = Instant::now();
    let mut turns = 0;
    while begun.elapsed() < Duration::from_secs(12) {
        engine.signal("STOP");
        std::thread::sleep(Duration::from_millis(990));
        engine.signal("CONT");
        std::thread::sleep(Duration::from_millis(10));
        turns += 1;
    }
    follow.refresh();
    println!("{} payments in {turns} turns", follow.payments() - before);
    assert!(turns > 6, "it was hardly starved");
    let said = ground.finish(&site, engine).stderr;
    let renewals = said.matches("the log is renewed").count();
    assert!(renewals <= 1, "put out {renewals} times:\n{said}");
}

/// With snapshots often, of the first half of what is to come.
fn keeping(ground: &Ground, name: &str) -> Site {
    ground.half(name).set("state.snapshot_records", "1000").set("state.snapshot_every", "1s")
}

const KEPT: &str = "palermo_checkpoint_duration_seconds_count";

fn wait_kept(engine: &Engine, beyond: f64) {
    wait_until("a snapshot is kept", PATIENCE, || metric(engine, KEPT) > beyond);
}

/// How many snapshots were not kept, at whatever stage.
fn failures(engine: &Engine) -> f64 {
    let stages = ["create", "write", "sync", "rename"];
    let of = |stage| format!("palermo_checkpoint_failures_total{{stage=\"{stage}\"}}");
    stages.iter().map(|stage| metric(engine, &of(stage))).sum()
}

/// The other half comes, and a snapshot of it is not kept: without it, the last one that is due may have
/// been kept before the fault.
fn wait_failed(site: &Site, engine: &Engine) {
    other_half(site);
    wait_until("a snapshot is not kept", PATIENCE, || failures(engine) > 0.0);
}

/// No file may grow beyond a few bytes, after a snapshot was kept: those before stand, and are enough.
pub(crate) fn no_large_files(ground: &Ground) {
    let site = keeping(ground, "no-large-files");
    // The signal of that limit would end the process.
    let words = ["sh", "-c", "trap '' XFSZ; exec \"$@\"", "sh", BINARY];
    let engine = Engine::start_by(&words, &site, &["--start", "earliest"]);
    wait_kept(&engine, 0.0);
    limit(&engine, "fsize", "30000");
    wait_failed(&site, &engine);
    let kept = whole_snapshots(&site);
    assert!(kept > 0, "the ones before do not stand");
    engine.kill();
    let mut engine = Engine::start(BINARY, &site, &[]);
    engine.wait_ready(PATIENCE);
    let said = ground.finish_alone(&site, engine).stderr;
    assert!(said.contains("snapshot="), "it found nothing to go on from:\n{said}");
}

/// How many snapshots `palermo state verify` finds whole; none may be broken.
fn whole_snapshots(site: &Site) -> usize {
    let output = Command::new(BINARY)
        .args(["state", "verify", "--format", "json", "--config"])
        .arg(site.config_file())
        .output()
        .expect("the command runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}");
    said.matches("\"seq\"").count()
}

/// The disk of the state is full, then there is room again.
pub(crate) fn disk_full(ground: &Ground) {
    let Some((site, engine, disk)) = on_a_small_disk(ground, "disk-full") else { return };
    wait_kept(&engine, 0.0);
    let filler = disk.join("filler");
    fill(&filler);
    wait_failed(&site, &engine);
    let kept = metric(&engine, KEPT);
    std::fs::remove_file(&filler).expect("room is made");
    wait_kept(&engine, kept);
    let said = ground.finish_alone(&site, engine).stderr;
    assert!(said.contains("a snapshot is not kept"), "{said}");
}

/// The disk of the state can only be read from some moment on.
pub(crate) fn disk_read_only(ground: &Ground) {
    let Some((site, engine, disk)) = on_a_small_disk(ground, "disk-read-only") else { return };
    wait_kept(&engine, 0.0);
    let state = site.folder().join("state");
    let status = Command::new("nsenter")
        .args([
            "--target",
            &engine.pid().to_string(),
            "--user",
            "--mount",
            "--preserve-credentials",
        ])
        .args(["mount", "-o", "remount,ro"])
        .arg(&state)
        .status();
    assert!(status.is_ok_and(|status| status.success()), "it could not be made read-only");
    assert!(std::fs::write(disk.join("x"), b"x").is_err(), "it can still be written");
    wait_failed(&site, &engine);
    let said = ground.finish_alone(&site, engine).stderr;
    assert!(said.contains("a snapshot is not kept"), "{said}");
}

/// The folder of the state is removed under the running engine.
pub(crate) fn state_removed(ground: &Ground) {
    let site = keeping(ground, "state-removed");
    let engine = Engine::start(BINARY, &site, &["--start", "earliest"]);
    wait_kept(&engine, 0.0);
    let state = site.folder().join("state");
    std::fs::rename(&state, site.folder().join("aside")).expect("it is moved");
    std::fs::write(&state, b"in the way").expect("a file stands there");
    wait_failed(&site, &engine);
    let said = ground.finish_alone(&site, engine).stderr;
    assert!(said.contains("a snapshot is not kept"), "{said}");
    // A start needs a place for its bundle, and says so.
    let exit = Engine::start(BINARY, &site, &[]).wait_exit(PATIENCE);
    assert_eq!(exit.code, Some(4), "{}", exit.stderr);
    assert!(exit.stderr.contains("state_unwritable"), "{}", exit.stderr);
    std::fs::remove_file(&state).expect("it is gone");
    ground.finish_alone(&site, Engine::start(BINARY, &site, &[]));
}

/// An engine whose state lies on a disk of 12 MB of its own, and the way to it from outside; none where
/// this process may mount nothing.
fn on_a_small_disk(ground: &Ground, name: &str) -> Option<(Site, Engine, PathBuf)> {
    let may =
        Command::new("unshare").args(["-rm", "mount", "-t", "tmpfs", "none", "/mnt"]).output();
    if !may.is_ok_and(|output| output.status.success()) {
        println!("this process may mount nothing: a full disk is not tested here");
        return None;
    }
    let site = keeping(ground, name);
    let state = site.folder().join("state");
    std::fs::create_dir_all(&state).expect("a folder");
    let mount = "mount -t tmpfs -o size=12m none \"$0\" && exec \"$@\"";
    let words = ["unshare", "-rm", "sh", "-c", mount, state.to_str().expect("UTF-8"), BINARY];
    let engine = Engine::start_by(&words, &site, &["--start", "earliest"]);
    let root = PathBuf::from(format!("/proc/{}/root", engine.pid()));
    let disk = root.join(state.strip_prefix("/").expect("an absolute path"));
    Some((site, engine, disk))
}

/// Writes until there is no room.
fn fill(path: &Path) {
    use std::io::Write;
    let mut file = std::fs::File::create(path).expect("a file");
    while file.write_all(&[0; 4096]).is_ok() {}
    assert!(file.metadata().expect("its size").len() > 100_000, "the disk was full before");
}
