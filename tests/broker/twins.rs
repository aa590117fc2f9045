//! Two engines with one identity: the older one is fenced.

use crate::BINARY;
use crate::ground::{Ground, PATIENCE, audit, send, small_feed};
use palermo_domain::TopicRole;
use palermo_kafka::tools::NewRecord;
use palermo_tests::{Engine, Site, Upstream, oracle, wait_until};
use std::time::Duration;

/// The older one sleeps through the start of the newer one, wakes with payments before it, and may
/// publish none of what it makes of them.
pub(crate) fn fenced(ground: &Ground) {
    let site = ground.small("twins");
    let mut older = Engine::start(BINARY, &site, &["--start", "earliest"]);
    older.wait_caught_up(&site, PATIENCE);
    older.signal("STOP");
    // New work for whoever is awake; the older one has it waiting when it wakes.
    send(&site, site.input(TopicRole::Payments), more_payments(500));
    let twin = site.twin();
    let mut newer = Engine::start(BINARY, &twin, &[]);
    newer.wait_ready(PATIENCE);
    newer.wait_caught_up(&site, PATIENCE);
    let ends = |site: &Site| -> Vec<i64> {
        site.ends().into_iter().map(|ends| ends.log_end_offset).collect()
    };
    let before = ends(&site);
    older.signal("CONT");
    let exit = older.wait_exit(PATIENCE);
    assert!(exit.code.is_some_and(|code| code != 0), "exit {:?}\n{}", exit.code, exit.stderr);
    let said = exit.stderr.to_lowercase();
    assert!(said.contains("fenced") && said.contains("another engine"), "{}", exit.stderr);
    // Nothing, not even uncommitted: the newer one is idle, so every record would be the older's.
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(ends(&site), before, "the fenced engine wrote");
    // The newer one goes on.
    assert!(newer.is_running() && newer.is_ready(), "{}", newer.stderr());
    send(&site, site.input(TopicRole::Payments), more_payments(200));
    newer.wait_caught_up(&site, PATIENCE);
    wait_until("it stays ready", Duration::from_secs(5), || newer.is_ready());
    let exit = newer.terminate(PATIENCE);
    assert_eq!(exit.code, Some(0), "{}", exit.stderr);
    // A commit of a zombie would repeat a number or take a position back.
    assert_eq!(oracle::chained(&site.progress()), Vec::<String>::new());
    audit(&site);
}

/// Payments of the small feed once more, under new ids and after it.
fn more_payments(count: usize) -> Vec<NewRecord> {
    let plain = small_feed().payments.iter().filter_map(|step| match step {
        Upstream::Plain(records) => Some(records),
        _ => None,
    });
    let last = small_feed().payments.iter().flat_map(|step| match step {
        Upstream::Plain(r) | Upstream::Committed(r) | Upstream::Aborted(r) => r,
    });
    let end = last.filter_map(|record| record.timestamp_ms).max().unwrap_or(0);
    let records = plain.flatten().filter(|record| {
        record.value.as_deref().is_some_and(|value| {
            value.starts_with(b"{\"schema\":\"payment.v1\",\"payment_id\":\"p-0")
        })
    });
    (0..)
        .zip(records.take(count))
        .map(|(n, record)| {
            let text = String::from_utf8_lossy(record.value.as_deref().unwrap_or_default());
            let text = text.replacen("\"p-0", &format!("\"more-{end}-{count}-"), 1);
            NewRecord {
                value: Some(text.into_bytes()),
                timestamp_ms: Some(end + n),
                ..record.clone()
            }
        })
        .collect()
}
