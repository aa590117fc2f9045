//! `palermo doctor`: everything around a task is looked at, and nothing is changed.
//!
//! The brokers and topics are judged by `palermo-kafka`, by the functions that `palermo run` starts with;
//! here come rules, folders, limits, memory and secrets. What is judged is apart from what is read, so
//! that every row can be tested without the machine it would need.

use crate::admit::{configured, trust};
use crate::config::Config;
use crate::run::{RunError, reach};
use crate::snapshots::SnapshotFiles;
use palermo_kafka::survey::{Finding, Level, survey};
use rustix::fs::{Access, access, statvfs};
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

const RULES: &str = "rules_invalid";
const UNSIGNED: &str = "rules_unsigned";
const STATE: &str = "state_unwritable";
const DISK: &str = "disk_low";
const FILES: &str = "open_files_low";
const MEMORY: &str = "memory_max_high";
const SECRET: &str = "secret_open";
const UNREADABLE: &str = "secret_unreadable";
const DUMPS: &str = "core_dumps";

/// Codes of findings that have no stop of their own; each has a page under `docs/errors/`.
pub const DOCTOR_CODES: [&str; 5] = [DISK, FILES, MEMORY, SECRET, DUMPS];

/// Room for a first snapshot of a small bank, where none tells how large they are.
const DISK_LEAST: u64 = 1 << 30;
/// Fewer open files than this are soon used up by a cluster of some brokers.
const FILES_LEAST: u64 = 1_024;

/// Looks at everything that this configuration needs. `now_ms` is the clock.
pub fn examine(config: &Config, now_ms: i64) -> Vec<Finding> {
    let mut found = vec![rules(config)];
    found.extend(unsigned(config));
    found.extend(state(config));
    found.push(judge_files(limit("Max open files")));
    found.push(judge_memory(config.memory_max_bytes, memory()));
    let about = "core dumps";
    found.push(Finding::fine(DUMPS, about, "`palermo run` forbids them for its own process"));
    found.extend(secrets(config));
    // As at the start of a run: the client itself would try for a long time.
    match config.kafka().and_then(|kafka| reach(&kafka.bootstrap).map(|()| kafka)) {
        Ok(kafka) => found.extend(survey(&kafka, &config.topic_needs(), now_ms)),
        Err(error) => {
            let (code, text) = (error.code(), with_source(&error));
            let (seen, remedy) = text.split_once("; ").unwrap_or((&text, "look at the file"));
            found.push(Finding::new(Level::Error, code, "connection", seen, remedy));
        }
    }
    found
}

fn with_source(error: &RunError) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

/// Whether the rules compile, without keeping the bundle.
fn rules(config: &Config) -> Finding {
    let about = format!("rules in `{}`", config.rules_path.display());
    let trusted = trust(config).map_err(RunError::from);
    let files = match trusted.and_then(|trust| configured(config, &trust)) {
        Ok(file) => file.files,
        Err(error) => {
            let text = with_source(&error);
            let remedy = "look at `rules.path` and `rules.signed_by` (docs/changing.md)";
            return Finding::new(Level::Error, error.code(), about, text, remedy);
        }
    };
    let remedy = "run `palermo rules lint`, which shows each with its place";
    match files.compile() {
        Err(problems) => {
            let seen = format!("{} problems, so `palermo run` does not start", problems.len());
            Finding::new(Level::Error, RULES, about, seen, remedy)
        }
        Ok(compiled) => {
            let rates = palermo_lang::rate_warnings(
                &files.sources(),
                &compiled.rules,
                config.base_currency,
            );
            let warnings = compiled.warnings.len().saturating_add(rates.len());
            let (name, version) = (&compiled.rules.name, &compiled.rules.version);
            let typologies = compiled.rules.typologies.len();
            let seen = format!("`{name}` {version}, {typologies} typologies, {warnings} warnings");
            match compiled.warnings.iter().chain(rates.iter()).next() {
                None => Finding::fine(RULES, about, seen),
                Some(first) => Finding::new(Level::Warning, first.code, about, seen, remedy),
            }
        }
    }
}

/// Whoever can write the rules of an engine that takes unsigned ones can blind it.
fn unsigned(config: &Config) -> Option<Finding> {
    let remedy = "in production leave it out and set `rules.signed_by` (docs/changing.md)";
    let seen = "rules that nobody signed are taken: this is for development";
    config.rules_unsigned.then(|| {
        Finding::new(Level::Warning, UNSIGNED, "`rules.unsigned` is `accept`", seen, remedy)
    })
}

/// Whether snapshots and bundles can be kept, and for how long.
fn state(config: &Config) -> Vec<Finding> {
    let about = format!("`{}` (`state.dir`)", config.state_dir.display());
    let Some(at) = existing(&config.state_dir) else {
        let remedy = "set `state.dir` to a folder that this user may write";
        return vec![Finding::new(Level::Error, STATE, about, "it is no folder", remedy)];
    };
    if let Err(error) = access(&at, Access::WRITE_OK | Access::EXEC_OK) {
        let seen = format!("`{}` cannot be written: {error}", at.display());
        let remedy =
            "let it belong to the user that runs the engine, on a disk that can be written";
        return vec![Finding::new(Level::Error, STATE, about, seen, remedy)];
    }
    let newest = SnapshotFiles::of(config).standing().ok();
    let newest = newest.and_then(|all| all.first().map(|first| first.bytes));
    let free = statvfs(&at).map(|disk| disk.f_bavail.saturating_mul(disk.f_frsize)).ok();
    let mut found = vec![Finding::fine(STATE, &about, "it can be written")];
    found.extend(free.map(|free| judge_disk(&about, free, newest, config.snapshots_kept)));
    found
}

/// The folder, or the nearest one above it; none where something else is in the way.
fn existing(path: &Path) -> Option<PathBuf> {
    let absolute = std::path::absolute(path).ok()?;
    let nearest = absolute.ancestors().find(|above| above.symlink_metadata().is_ok())?;
    nearest.is_dir().then(|| nearest.to_path_buf())
}

fn judge_disk(about: &str, free: u64, newest: Option<u64>, kept: u32) -> Finding {
    let one_more = u64::from(kept).saturating_add(1);
    let needed = newest.map_or(DISK_LEAST, |bytes| bytes.saturating_mul(one_more));
    let seen = match newest {
        Some(bytes) => format!("{} free, the newest snapshot has {}", mib(free), mib(bytes)),
        None => format!("{} free, no snapshot yet", mib(free)),
    };
    if free >= needed {
        return Finding::fine(DISK, about, seen);
    }
    let remedy = format!("make room for at least {}", mib(needed));
    Finding::new(Level::Warning, DISK, about, seen, remedy)
}

fn mib(bytes: u64) -> String {
    format!("{} MiB", bytes >> 20)
}

/// The soft limit of this process in `/proc/self/limits`; `None` where it is unlimited or not told.
fn limit(name: &str) -> Option<u64> {
    soft_limit(&fs::read_to_string("/proc/self/limits").ok()?, name)
}

fn soft_limit(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

fn judge_files(soft: Option<u64>) -> Finding {
    let about = "open files";
    let seen = soft.map_or("no limit".to_owned(), |soft| format!("{soft} at most"));
    if soft.is_none_or(|soft| soft >= FILES_LEAST) {
        return Finding::fine(FILES, about, seen);
    }
    let remedy = format!("raise the limit to at least {FILES_LEAST}, such as by `LimitNOFILE=`");
    Finding::new(Level::Warning, FILES, about, seen, remedy)
}

/// The memory that this process can have: of the machine, or of its control group where that is less.
fn memory() -> Option<u64> {
    let info = fs::read_to_string("/proc/meminfo").ok()?;
    let machine = memory_total(&info)?;
    let group = fs::read_to_string("/proc/self/cgroup").ok();
    let group = group.and_then(|text| {
        let path = text.lines().find_map(|line| line.strip_prefix("0::"))?.to_owned();
        fs::read_to_string(format!("/sys/fs/cgroup{path}/memory.max")).ok()
    });
    let group = group.and_then(|text| text.trim().parse().ok());
    Some(group.map_or(machine, |group: u64| group.min(machine)))
}

fn memory_total(info: &str) -> Option<u64> {
    let line = info.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib.saturating_mul(1024))
}

fn judge_memory(most: u64, machine: Option<u64>) -> Finding {
    let about = "`state.memory_max`";
    let Some(machine) = machine else {
        return Finding::fine(MEMORY, about, "this system does not tell how much memory there is");
    };
    let seen = format!("{} of {}", mib(most), mib(machine));
    if most <= (machine / 10).saturating_mul(9) {
        return Finding::fine(MEMORY, about, seen);
    }
    let remedy = format!(
        "set it to at most {}, else the system ends the engine before the engine can say why",
        mib((machine / 5).saturating_mul(4))
    );
    Finding::new(Level::Warning, MEMORY, about, seen, remedy)
}

/// The files that nobody else may read.
fn secrets(config: &Config) -> Vec<Finding> {
    let kafka = &config.kafka;
    let files = [
        ("kafka.tls_key_file", &kafka.tls_key_file),
        ("kafka.sasl_password_file", &kafka.sasl_password_file),
    ];
    files
        .into_iter()
        .filter_map(|(key, path)| Some((key, path.as_ref()?)))
        .map(|(key, path)| judge_secret(key, path, fs::metadata(path).map(|meta| meta.mode())))
        .collect()
}

fn judge_secret(key: &str, path: &Path, mode: std::io::Result<u32>) -> Finding {
    let about = format!("`{}` (`{key}`)", path.display());
    match mode {
        Err(error) => {
            let remedy = "look at the path and at its permissions";
            Finding::new(Level::Error, UNREADABLE, about, error.to_string(), remedy)
        }
        Ok(mode) if mode & 0o007 != 0 => {
            let seen = format!("its mode is {:03o}: every user may read it", mode & 0o777);
            let remedy = "take the rights of others away: `chmod o-rwx`";
            Finding::new(Level::Error, SECRET, about, seen, remedy)
        }
        Ok(mode) => Finding::fine(SECRET, about, format!("its mode is {:03o}", mode & 0o777)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_page() {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/errors");
        for code in DOCTOR_CODES {
            let page = fs::read_to_string(format!("{root}/{code}.md")).unwrap_or_default();
            assert!(page.starts_with(&format!("# {code}\n")), "docs/errors/{code}.md is missing");
        }
    }

    #[test]
    fn limits_are_read_and_judged() {
        let text = "Limit                     Soft Limit           Hard Limit           Units     \n\
                    Max open files            256                  524288               files     \n\
                    Max core file size        unlimited            unlimited            bytes     \n";
        assert_eq!(soft_limit(text, "Max open files"), Some(256));
        assert_eq!(soft_limit(text, "Max core file size"), None);
        assert_eq!(judge_files(Some(256)).level, Level::Warning);
        assert_eq!(judge_files(Some(1_024)).level, Level::Ok);
        assert_eq!(judge_files(None).level, Level::Ok);
    }

    #[test]
    fn memory_must_hold_what_the_engine_may_take() {
        assert_eq!(memory_total("MemTotal:       16000 kB\n"), Some(16_384_000));
        for (most, level) in [(100, Level::Warning), (91, Level::Warning), (90, Level::Ok)] {
            assert_eq!(judge_memory(most, Some(100)).level, level, "{most}");
        }
        assert_eq!(judge_memory(u64::MAX, None).level, Level::Ok);
    }

    #[test]
    fn a_disk_must_hold_one_snapshot_more_than_are_kept() {
        for (free, newest, level) in [
            (DISK_LEAST, None, Level::Ok),
            (DISK_LEAST - 1, None, Level::Warning),
            (400, Some(100), Level::Ok),
            (399, Some(100), Level::Warning),
        ] {
            assert_eq!(judge_disk("d", free, newest, 3).level, level, "{free} {newest:?}");
        }
    }

    #[test]
    fn a_secret_is_nobody_elses() {
        let path = Path::new("p");
        for (mode, level) in [(0o600, Level::Ok), (0o640, Level::Ok), (0o644, Level::Error)] {
            assert_eq!(judge_secret("k", path, Ok(mode)).level, level, "{mode:o}");
        }
        let gone = judge_secret("k", path, Err(std::io::ErrorKind::NotFound.into()));
        assert_eq!((gone.level, gone.code), (Level::Error, UNREADABLE));
    }

    #[test]
    fn the_nearest_folder_is_looked_at() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("a/b/c");
        assert_eq!(existing(&deep).as_deref(), Some(folder.path()));
        fs::write(folder.path().join("a"), "").unwrap();
        assert_eq!(existing(&deep), None);
    }
}
