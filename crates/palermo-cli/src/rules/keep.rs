//! `palermo rules fmt`, `lock` and `diff`: how rules are kept.

use super::{limits, sources};
use crate::args::{RulesDiffArgs, RulesFmtArgs, RulesLockArgs};
use crate::exit::{Exit, Failure};
use crate::out::Out;
use palermo_lang::change::{Change, Detail, Effect, Step, compare};
use palermo_lang::{Diagnostics, LOCK_FILE, Lock, Sources};
use serde_json::{Value, json};
use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// `palermo rules fmt`.
pub(crate) fn fmt(arguments: &RulesFmtArgs, out: &mut Out) -> Result<Exit, Failure> {
    let (mut changed, mut refused) = (Vec::new(), Vec::new());
    for path in &arguments.paths {
        for file in files(path)? {
            let text = read(&file)?;
            let Some(new) = palermo_lang::format(&text) else {
                refused.push(file.display().to_string());
                continue;
            };
            if new != text {
                if !arguments.check {
                    write(&file, &new)?;
                }
                changed.push(file.display().to_string());
            }
        }
    }
    if out.json() {
        out.json_data(&json!({"changed": changed, "refused": refused}));
    } else {
        for file in &refused {
            out.talk(&format!("{file}: left as it is; `palermo rules lint` says whether it reads"));
        }
        let word = if arguments.check { "would change" } else { "formatted" };
        for file in &changed {
            out.data(&format!("{word} {file}"));
        }
    }
    let to_do = !refused.is_empty() || (arguments.check && !changed.is_empty());
    Ok(if to_do { Exit::Findings } else { Exit::Fine })
}

/// The YAML files of a path that are not tests, in order.
fn files(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    if path.is_file() {
        return Ok(vec![path.to_path_buf()]);
    }
    let all = sources(path)?;
    let prefix = path.display().to_string();
    let prefix = prefix.trim_end_matches('/');
    let inside = all.iter().map(|(file, _)| file.to_owned());
    let is_rule = |file: &String| {
        let stem = file.strip_suffix(".yaml").or(file.strip_suffix(".yml"));
        stem.is_some_and(|stem| !stem.ends_with(".test"))
    };
    let wanted = inside.filter(is_rule);
    Ok(wanted
        .map(|file| path.join(file.strip_prefix(prefix).unwrap_or(&file).trim_start_matches('/')))
        .collect())
}

fn read(file: &Path) -> Result<String, Failure> {
    fs::read_to_string(file).map_err(|error| {
        let text = format!("cannot read `{}`: {error}", file.display());
        Failure::words(Exit::Environment, text)
    })
}

/// Writes beside the file and renames, so that no reader meets half of it. A link stays one, and
/// the file keeps its mode.
pub(super) fn write(file: &Path, text: &str) -> Result<(), Failure> {
    write_bytes(file, text.as_bytes(), None)
}

/// As [`write`], for any bytes; a new file is made with this mode, and is never there with another.
pub(super) fn write_bytes(file: &Path, bytes: &[u8], mode: Option<u32>) -> Result<(), Failure> {
    replace(file, bytes, mode).map_err(|error| {
        let text = format!("cannot write `{}`: {error}", file.display());
        Failure::words(Exit::Environment, text)
    })
}

fn replace(file: &Path, bytes: &[u8], mode: Option<u32>) -> std::io::Result<()> {
    let target = fs::canonicalize(file).unwrap_or_else(|_| file.to_path_buf());
    let name = target.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let beside = target.with_file_name(format!(".{name}.{}.tmp", std::process::id()));
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    if let Some(mode) = mode {
        options.mode(mode);
    }
    let mut new = options.open(&beside)?;
    let written = new.write_all(bytes).and_then(|()| new.sync_all()).and_then(|()| {
        if let Ok(old) = fs::metadata(&target) {
            fs::set_permissions(&beside, old.permissions())?;
        }
        fs::rename(&beside, &target)
    });
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

pub(super) fn invalid(problems: &Diagnostics) -> Failure {
    Failure {
        exit: Exit::Content,
        code: Some("rules_invalid"),
        text: format!("the rules do not compile\n\n{}", problems.render(false).trim_end()),
    }
}

/// `palermo rules lock`.
pub(crate) fn lock(arguments: &RulesLockArgs, out: &mut Out) -> Result<Exit, Failure> {
    let sources = sources(&arguments.path)?;
    let now = Lock::of(&sources, &limits()).map_err(|problems| invalid(&problems))?;
    let file = arguments.path.join(LOCK_FILE);
    let locked = match fs::read_to_string(&file) {
        Ok(text) => Lock::parse(&text).map_err(|line| {
            let text = format!("line {line} of `{}` is not one of a lock", file.display());
            Failure::words(Exit::Content, text)
        })?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Lock::default(),
        Err(error) => {
            let text = format!("cannot read `{}`: {error}", file.display());
            return Err(Failure::words(Exit::Environment, text));
        }
    };
    let broken = locked.broken_by(&now);
    if !broken.is_empty() {
        let each: Vec<String> =
            broken.iter().map(|one| format!("{}@{}", one.id, one.version)).collect();
        let text = format!(
            "these decide otherwise than their locked version did: {}; raise their versions \
             (`palermo rules diff` says by which step)",
            each.join(", ")
        );
        return Err(Failure { exit: Exit::Content, code: Some("E180"), text });
    }
    let missing = locked.missing(&now);
    if arguments.check {
        told(&missing, "not locked", out);
        return Ok(if missing.is_empty() { Exit::Fine } else { Exit::Findings });
    }
    let extended = locked.extended(now);
    if !missing.is_empty() {
        write(&file, &extended.to_string())?;
    }
    told(&missing, "locked", out);
    if !out.json() {
        out.data(&format!("{}: {} versions", file.display(), extended.len()));
    }
    Ok(Exit::Fine)
}

fn told(versions: &[String], word: &str, out: &mut Out) {
    if out.json() {
        out.json_data(&json!({word: versions}));
    } else {
        for version in versions {
            out.data(&format!("{word} {version}"));
        }
    }
}

/// `palermo rules diff`.
pub(crate) fn diff(arguments: &RulesDiffArgs, out: &mut Out) -> Result<Exit, Failure> {
    let [before, after]: [Sources; 2] = [sources(&arguments.before)?, sources(&arguments.after)?];
    let changes = compare(&before, &after, &limits()).map_err(|problems| invalid(&problems))?;
    let too_small = changes.iter().any(Change::too_small);
    if out.json() {
        out.json_data(&json!({"changes": changes.iter().map(row).collect::<Vec<_>>()}));
    } else {
        for change in &changes {
            show(change, out);
        }
        if changes.is_empty() {
            out.data("nothing changed");
        }
    }
    Ok(if too_small { Exit::Findings } else { Exit::Fine })
}

fn show(change: &Change, out: &mut Out) {
    let version = match (change.from.as_str(), change.to.as_str()) {
        ("", to) => format!("new {to}"),
        (from, "") => format!("{from} removed"),
        (from, to) if from == to => from.to_owned(),
        (from, to) => format!("{from} -> {to}"),
    };
    let needs = match change.needs() {
        Some(step) if change.too_small() => {
            format!("; needs a {} step: {}", step.as_str(), step.above(&change.from))
        }
        _ => String::new(),
    };
    out.data(&format!("{}  {version}  {}{needs}", change.id, change.effect().as_str()));
    for detail in &change.details {
        out.data(&format!("    {:<9}  {}", detail.effect.as_str(), line(detail)));
    }
}

fn line(detail: &Detail) -> String {
    let Detail { place, was, is, .. } = detail;
    match (place.is_empty(), was.is_empty(), is.is_empty()) {
        (true, _, _) => is.clone(),
        (_, true, true) => place.clone(),
        (_, true, false) => format!("{place}: + {is}"),
        (_, false, true) => format!("{place}: - {was}"),
        (_, false, false) => format!("{place}: {was} -> {is}"),
    }
}

fn row(change: &Change) -> Value {
    let details: Vec<Value> = change
        .details
        .iter()
        .map(|detail| {
            json!({"effect": detail.effect.as_str(), "place": detail.place,
                   "was": detail.was, "is": detail.is})
        })
        .collect();
    let effect: Effect = change.effect();
    json!({"id": change.id, "from": change.from, "to": change.to, "effect": effect.as_str(),
           "needs": change.needs().map(Step::as_str), "too_small": change.too_small(),
           "details": details})
}
