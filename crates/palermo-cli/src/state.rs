//! `palermo state`: what snapshots there are, whether they are whole, and what they hold.
//!
//! Reads the folder below `state.dir` and nothing else: it asks no broker, and may run beside the engine.

use crate::args::StateArgs;
use crate::config;
use crate::exit::{Exit, Failure};
use crate::out::Out;
use palermo_domain::TopicRole;
use palermo_engine::snapshot::Head;
use palermo_runtime::{Config, SnapshotFiles, snapshot_folder};
use serde_json::{Value, json};

/// A snapshot that is looked at: its number, bytes, and head, or why that cannot be read.
type One = (u64, u64, Result<Head, String>);

/// `palermo state inspect`.
pub(crate) fn inspect(arguments: &StateArgs, out: &mut Out) -> Result<Exit, Failure> {
    let config = config::read(&arguments.config.config)?;
    let files = SnapshotFiles::of(&config);
    let all = chosen(&config, &files, arguments, out)?;
    let unreadable = all.iter().any(|(.., head)| head.is_err());
    if out.json() {
        let all: Vec<Value> = all.iter().map(one_json).collect();
        out.json_data(&json!({"task": config.task, "snapshots": all}));
    } else if let (Some(_), [(_, bytes, Ok(head))]) = (arguments.seq, &all[..]) {
        in_full(head, *bytes, &files, out)?;
    } else {
        let row = |cells: [&str; 6]| {
            let [seq, bytes, payments, applied, bundle, word] = cells;
            format!("{seq:>10}  {bytes:>14}  {payments:>12}  {applied:>12}  {bundle:<12}  {word}")
        };
        if !all.is_empty() {
            let titles = ["after", "bytes", "payments", "records", "bundle", "engine"];
            out.data(&row(titles));
        }
        for (seq, bytes, head) in &all {
            let [seq, bytes] = [seq, bytes].map(u64::to_string);
            out.data(&match head {
                Ok(head) => {
                    let [payments, applied] = [head.payments, head.applied].map(|n| n.to_string());
                    let bundle = head.bundle.get(..12).unwrap_or(&head.bundle);
                    row([&seq, &bytes, &payments, &applied, bundle, &head.engine])
                }
                Err(why) => row([&seq, &bytes, "-", "-", "-", why]),
            });
        }
    }
    Ok(if unreadable { Exit::Findings } else { Exit::Fine })
}

fn in_full(
    head: &Head,
    bytes: u64,
    files: &SnapshotFiles<'_>,
    out: &mut Out,
) -> Result<(), Failure> {
    let lines = [
        ("task", head.task.clone()),
        ("engine", head.engine.clone()),
        ("after progress record", head.seq.to_string()),
        ("bundle", head.bundle.clone()),
        ("chained hash", head.chain.clone()),
        ("payments held", head.payments.to_string()),
        ("records applied", head.applied.to_string()),
        ("bytes", bytes.to_string()),
    ];
    for (name, value) in lines {
        out.data(&format!("{name:<22} {value}"));
    }
    for (partition, position) in &head.positions {
        out.data(&format!("{:<22} {position}", format!("position {partition}")));
    }
    for gap in &head.started.gaps {
        let value = format!("accepted at {}, went on from snapshot {}", gap.until, gap.base);
        out.data(&format!("{:<22} {value}", "gap"));
    }
    let verified = files.verify(head.seq).map_err(|error| damaged(head.seq, &error))?;
    out.data(&format!("{:<22} {:032x}", "hash of the state", verified.trailer.state));
    for (name, parts, size) in verified.parts {
        out.data(&format!("{:<22} {size} bytes in {parts} parts", format!("part {name}")));
    }
    Ok(())
}

/// `palermo state verify`.
pub(crate) fn verify(arguments: &StateArgs, out: &mut Out) -> Result<Exit, Failure> {
    let config = config::read(&arguments.config.config)?;
    let files = SnapshotFiles::of(&config);
    let mut results = Vec::new();
    for (seq, _, head) in chosen(&config, &files, arguments, out)? {
        let whole = head.and_then(|_| files.verify(seq).map_err(|error| error.to_string()));
        let result = whole.and_then(|verified| {
            files.engine(seq).map_err(|error| error.to_string())?;
            Ok(verified.trailer.state)
        });
        if !out.json() {
            out.data(&match &result {
                Ok(state) => format!("snapshot {seq}: whole, state {state:032x}"),
                Err(why) => format!("snapshot {seq}: cannot be used: {why}"),
            });
        }
        results.push((seq, result));
    }
    if out.json() {
        let one = |(seq, result): &(u64, Result<u128, String>)| match result {
            Ok(state) => json!({"seq": seq, "ok": true, "state": format!("{state:032x}")}),
            Err(why) => json!({"seq": seq, "ok": false, "error": why}),
        };
        let all: Vec<Value> = results.iter().map(one).collect();
        out.json_data(&json!({"task": config.task, "snapshots": all}));
    }
    let fine = results.iter().all(|(_, result)| result.is_ok());
    Ok(if fine { Exit::Fine } else { Exit::Findings })
}

/// `palermo state stats`.
pub(crate) fn stats(arguments: &StateArgs, out: &mut Out) -> Result<Exit, Failure> {
    let config = config::read(&arguments.config.config)?;
    let files = SnapshotFiles::of(&config);
    let all = chosen(&config, &files, arguments, out)?;
    let Some((seq, ..)) = all.first() else { return Ok(Exit::Fine) };
    let engine = files
        .engine(*seq)
        .map_err(|error| Failure::new(Exit::Environment, Some(error.code()), &error))?;
    let counters = engine.totals();
    let watermark = engine.watermark().map(|mark| mark.to_string());
    let alerts: u64 = counters.alerts.values().fold(0, |sum, count| sum.saturating_add(*count));
    let of = |role: TopicRole| {
        let fates = counters.fates.iter().filter(move |(partition, _)| partition.role == role);
        fates.flat_map(|(_, fates)| fates.counts).fold(0, u64::saturating_add)
    };
    if out.json() {
        out.json_data(&json!({
            "task": config.task,
            "seq": seq,
            "watermark": watermark,
            "payments_held": counters.payments_held,
            "records": TopicRole::ALL.map(|role| json!({"topic": role.as_str(), "applied": of(role)})),
            "alert_revisions": alerts,
            "state_bytes": counters.state_bytes,
        }));
        return Ok(Exit::Fine);
    }
    let mut line = |name: &str, value: String| out.data(&format!("{name:<22} {value}"));
    line("after progress record", seq.to_string());
    line("watermark", watermark.unwrap_or_else(|| "none yet".to_owned()));
    line("payments held", counters.payments_held.to_string());
    for role in TopicRole::ALL {
        line(&format!("records of {role}"), of(role).to_string());
    }
    line("alert revisions", alerts.to_string());
    for (part, bytes) in &counters.state_bytes {
        line(&format!("bytes of {part}"), bytes.to_string());
    }
    Ok(Exit::Fine)
}

/// The snapshots that were asked for; says so where there are none.
fn chosen(
    config: &Config,
    files: &SnapshotFiles<'_>,
    arguments: &StateArgs,
    out: &mut Out,
) -> Result<Vec<One>, Failure> {
    let folder = snapshot_folder(&config.state_dir, &config.task);
    let standing = files.standing().map_err(|error| {
        let text = format!("cannot read `{}` (`state.dir`): {error}", folder.display());
        Failure::words(Exit::Environment, text)
    })?;
    let asked = |seq: u64| arguments.seq.is_none_or(|asked| asked == seq);
    let all: Vec<One> = standing
        .into_iter()
        .filter(|one| asked(one.seq))
        .map(|one| (one.seq, one.bytes, one.head.map_err(|error| error.to_string())))
        .collect();
    match arguments.seq {
        Some(seq) if all.is_empty() => {
            let text = format!("no snapshot {seq} in `{}`", folder.display());
            Err(Failure::words(Exit::Environment, text))
        }
        _ => {
            if all.is_empty() {
                out.talk(&format!("no snapshots in `{}` yet", folder.display()));
            }
            Ok(all)
        }
    }
}

fn damaged(seq: u64, error: &dyn std::fmt::Display) -> Failure {
    Failure {
        exit: Exit::Environment,
        code: Some("snapshot_unreadable"),
        text: format!("snapshot {seq} cannot be read: {error}"),
    }
}

fn one_json((seq, bytes, head): &One) -> Value {
    match head {
        Ok(head) => {
            let position = |(partition, position): (&palermo_domain::Partition, &i64)| {
                (partition.to_string(), json!(position))
            };
            json!({
                "seq": seq,
                "bytes": bytes,
                "engine": head.engine,
                "bundle": head.bundle,
                "chain": head.chain,
                "payments": head.payments,
                "records": head.applied,
                "positions": head.positions.iter().map(position).collect::<serde_json::Map<_, _>>(),
            })
        }
        Err(why) => json!({"seq": seq, "bytes": bytes, "error": why}),
    }
}
