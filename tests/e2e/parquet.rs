//! `--data` as Parquet: the same alerts as of JSON lines, and words for files that cannot be read.

use crate::command::{Done, palermo_in, with_rules};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// One planted network, as JSON lines and as `pyarrow` writes them.
fn network() -> PathBuf {
    palermo_tests::root().join("crates/palermo-backtest/samples/parquet/network")
}

/// `lines/` and `columns/` beside `rules/`.
fn both(folder: &Path) {
    for (to, files) in [
        ("lines", ["payments.jsonl.gz", "parties.jsonl"]),
        ("columns", ["payments.parquet", "parties.parquet"]),
    ] {
        fs::create_dir(folder.join(to)).unwrap();
        for file in files {
            fs::copy(network().join(file), folder.join(to).join(file)).unwrap();
        }
    }
}

fn backtest(folder: &Path, data: &str, more: &[&str]) -> Done {
    let out = format!("of-{}", data.replace(['/', '.'], "-"));
    let arguments = ["backtest", "--data", data, "--environment", "pilot", "--out", out.as_str()];
    palermo_in(folder, &[&arguments[..], more].concat())
}

#[test]
fn columns_give_the_alerts_that_lines_give() {
    let place = with_rules();
    both(place.path());
    let mut reports = Vec::new();
    for data in ["lines", "columns"] {
        let done = backtest(place.path(), data, &["--format", "json"]);
        assert_eq!(done.code, 0, "{}", done.stderr);
        let mut report: Value = serde_json::from_str(&done.stdout).unwrap();
        for file in report["data"].as_array_mut().expect("files") {
            file["name"].take();
            assert_eq!(file["sha256"].take().as_str().map(str::len), Some(64));
        }
        // A hash over the bytes of every record, which are other bytes here.
        report["candidate"]["chain"].take();
        let told =
            fs::read_to_string(place.path().join(format!("of-{data}/alerts.jsonl"))).unwrap();
        assert!(told.contains("CT-14"), "{told}");
        reports.push((report, told));
    }
    assert_eq!(reports[0], reports[1]);
    let profile = |data: &str| {
        let done = palermo_in(place.path(), &["data", "profile", "--data", data]);
        assert_eq!(done.code, 0, "{}", done.stderr);
        // The first lines are the names and hashes of the files.
        done.stdout.lines().skip(2).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(profile("columns"), profile("lines"));
    // One file alone, without what the bank knows.
    let done = backtest(place.path(), "columns/payments.parquet", &[]);
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert!(done.stdout.contains("219 payments, 0 parties"), "{}", done.stdout);
}

#[test]
fn a_file_that_is_damaged_or_none_is_named_and_nothing_is_written() {
    let place = with_rules();
    both(place.path());
    let file = place.path().join("columns/payments.parquet");
    let whole = fs::read(&file).unwrap();
    let half = whole.get(..whole.len() / 2).unwrap().to_vec();
    // The number of rows that the head says, and the pages that follow it.
    let mut page = whole.clone();
    for at in (4..whole.len() / 4).step_by(7) {
        page[at] ^= 0xff;
    }
    for (bytes, said) in [
        (half, "error[data_parquet]: `columns/payments.parquet` is cut short or damaged"),
        (b"{}\n".to_vec(), "is no Parquet file"),
        (page, "damaged"),
    ] {
        fs::write(&file, bytes).unwrap();
        let done = backtest(place.path(), "columns", &[]);
        assert_eq!(done.code, 2, "{}", done.stderr);
        assert!(done.stderr.contains(said), "{}", done.stderr);
        assert!(!done.stderr.contains("panicked"), "{}", done.stderr);
        assert!(!place.path().join("of-columns/alerts.jsonl").exists());
    }
}
