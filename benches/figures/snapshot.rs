//! Snapshots: how long the engine stands still, what one takes, how long it takes back.
//!
//! The engine of `memory` after its last payment, with the shipped rules; the file goes to the folder
//! for temporary files and is synced there. What is read back must have the state that was written.

use crate::memory::{filled, frozen_every};
use palermo_benches::{Shipped, Work, figure, median_of, now, setting};
use palermo_checkpoint::{Disk, Folder};
use palermo_engine::snapshot::Head;
use palermo_engine::{Engine, Machine};
use palermo_runtime::Ahead;

pub(crate) fn figures(runs: usize) {
    let payments = setting("PALERMO_BENCH_PAYMENTS", 300_000);
    let shipped = Shipped::load();
    let work = Work::new(payments, 3);
    // What is shared with a snapshot is copied when it is changed: that is paid beside the pause.
    let alone = median_of("no snapshot", runs, || filled(&work, &shipped).0);
    let every = setting("PALERMO_SNAPSHOT_EVERY", 60_000);
    let shared = median_of("snapshots", runs, || frozen_every(every, &work, &shipped).0);
    let each = (shared - alone) * every as f64 / 1e6;
    figure("snapshot_copying", format!("{each:.1}"), "ms/snapshot");
    let (_, engine) = filled(&work, &shipped);
    drop(work);
    let held = engine.totals().payments_held;
    eprintln!("snapshot: {held} payments held");
    let pause = median_of("snapshot pause", runs, || {
        let begun = now();
        let frozen = engine.freeze().expect("a state");
        let took = begun.elapsed().as_secs_f64() * 1e3;
        drop(frozen);
        took
    });
    figure("snapshot_pause", format!("{pause:.2}"), "ms");
    let scratch = tempfile::tempdir().expect("a folder");
    let folder = Folder::new(Box::new(Disk::at(scratch.path())), "bench", 1);
    let head = head(&engine);
    let mut kept = None;
    let write = median_of("snapshot write", runs, || {
        let frozen = Machine::freeze(&engine).expect("a state");
        let begun = now();
        kept = Some(folder.write(&head, &*frozen).expect("it is kept"));
        begun.elapsed().as_secs_f64() * 1e3
    });
    let kept = kept.expect("a run");
    figure("snapshot_write", format!("{write:.0}"), "ms");
    let each = |bytes: u64| format!("{:.1}", bytes as f64 / held.max(1) as f64);
    figure("snapshot_file", each(kept.bytes), "bytes/payment");
    let mut restored = None;
    let read = median_of("snapshot read", runs, || {
        restored = None;
        let begun = now();
        let (_, parts) = folder.read(head.seq).expect("it is there");
        let mut parts = Ahead::new(parts).expect("a thread");
        let config = engine.config().clone();
        let read = Engine::read(config, shipped.bundle.clone(), &mut parts).expect("an engine");
        let took = begun.elapsed().as_secs_f64() * 1e3;
        restored = Some(read);
        took
    });
    figure("snapshot_read", format!("{read:.0}"), "ms");
    let per_million = read * 1e6 / held.max(1) as f64;
    figure("snapshot_read_per_million", format!("{per_million:.0}"), "ms");
    let frozen = Machine::freeze(&restored.expect("a run")).expect("a state");
    let again = folder.write(&head, &*frozen).expect("it is kept");
    assert_eq!(again.trailer, kept.trailer, "what was read back is another state");
}

fn head(engine: &Engine) -> Head {
    let (applied, payments) = engine.extent();
    Head {
        task: "bench".into(),
        engine: engine.config().version.clone(),
        seq: 1,
        positions: engine.positions().clone(),
        bundle: engine.bundle().sha256.clone(),
        bundle_since: 1,
        chain: engine.chain(),
        payments,
        applied,
        ..Head::default()
    }
}
