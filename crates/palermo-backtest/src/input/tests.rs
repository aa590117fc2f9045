//! Files in every form, and rows that are wrong.

use super::*;
use std::io::Write;

fn payment(id: &str, time: &str) -> String {
    format!(
        r#"{{"schema":"payment.v1","payment_id":"{id}","event_time":"{time}","kind":"transfer","rail":"p2p","amount":"12.50","currency":"EUR","debtor":{{"account":"BANK:1"}},"creditor":{{"account":"BANK:2"}}}}"#
    )
}

fn party(id: &str, as_of: &str) -> String {
    format!(
        r#"{{"schema":"party.v1","party":"{id}","as_of":"{as_of}","kind":"person","accounts":[{{"account":"BANK:{id}"}}]}}"#
    )
}

const RATE: &str = r#"{"schema":"list.v1","list":"fx","row":"USD/2026-03-01","fields":{"per_base":"1.1"},"valid_from":"2026-03-01","source":"test"}"#;

fn write(path: &Path, lines: &[String]) {
    let text = lines.iter().map(|line| format!("{line}\n")).collect::<String>();
    let file = std::fs::File::create(path).unwrap();
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("gz") => {
            let mut file = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
            file.write_all(text.as_bytes()).unwrap();
            file.finish().unwrap();
        }
        Some("zst") => {
            let mut file = zstd::Encoder::new(file, 1).unwrap();
            file.write_all(text.as_bytes()).unwrap();
            file.finish().unwrap();
        }
        _ => (&file).write_all(text.as_bytes()).unwrap(),
    }
}

/// What an engine would read: role, record time, first characters of the id.
fn records(reader: &mut Reader) -> Vec<(TopicRole, i64, String)> {
    let mut all = Vec::new();
    while let Some(batch) = reader.batch().unwrap() {
        for item in &batch.items {
            let value: serde_json::Value = serde_json::from_slice(batch.value(item)).unwrap();
            let id = ["payment_id", "party", "row"].iter().find_map(|key| value[*key].as_str());
            all.push((item.role, item.timestamp_ms, id.unwrap().to_owned()));
        }
    }
    all
}

fn at(text: &str) -> i64 {
    EventTime::parse(text).unwrap().0
}

#[test]
fn parts_are_read_in_order_and_parties_when_they_are_known() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    write(
        &path("payments-01.jsonl.gz"),
        &[payment("p1", "2026-03-02T10:00:00Z"), payment("p2", "2026-03-02T09:00:00Z")],
    );
    write(&path("payments-02.jsonl.zst"), &[payment("p3", "2026-03-04T00:00:00Z")]);
    write(
        &path("parties.jsonl"),
        &[
            party("late", "2027-01-01T00:00:00Z"),
            party("then", "2026-03-03T00:00:00Z"),
            party("before", "2025-01-01T00:00:00Z"),
        ],
    );
    write(&path("lists.jsonl"), &[RATE.to_owned(), String::new()]);
    write(&path("other.jsonl"), &["no row".to_owned()]);
    let limits = Limits::default();
    let mut reader = Reader::open(folder.path(), &limits, AsOf::Event, None).unwrap();
    assert_eq!(reader.first().0, at("2026-03-02T10:00:00Z"));
    assert_eq!(reader.currency().map(|currency| currency.as_str().to_owned()), Some("EUR".into()));
    let read = records(&mut reader);
    let names: Vec<&str> = read.iter().map(|(_, _, id)| id.as_str()).collect();
    assert_eq!(names, ["USD/2026-03-01", "before", "p1", "p2", "then", "p3"]);
    // What is out of order is late, as it would have been live.
    assert_eq!(read[3].1, at("2026-03-02T10:00:00Z"));
    let facts = reader.facts();
    assert_eq!((facts.payments, facts.parties, facts.list_rows), (3, 2, 1));
    assert_eq!(facts.parties_unused, 1);
    let files: Vec<(&str, u64)> =
        facts.files.iter().map(|file| (file.name.as_str(), file.rows)).collect();
    assert_eq!(
        files,
        [
            ("lists.jsonl", 1),
            ("parties.jsonl", 3),
            ("payments-01.jsonl.gz", 2),
            ("payments-02.jsonl.zst", 1)
        ]
    );
    use sha2::Digest;
    for file in &facts.files {
        let bytes = std::fs::read(path(&file.name)).unwrap();
        assert_eq!(file.sha256, hex(sha2::Sha256::new().chain_update(bytes)), "{}", file.name);
    }
    let (first, last) = facts.days().unwrap();
    assert_eq!((first.to_string(), last.to_string()), ("2026-03-02".into(), "2026-03-04".into()));

    let mut reader = Reader::open(folder.path(), &limits, AsOf::Start, None).unwrap();
    let names: Vec<String> = records(&mut reader).into_iter().map(|(_, _, id)| id).collect();
    assert_eq!(names, ["USD/2026-03-01", "before", "then", "late", "p1", "p2", "p3"]);
}

#[test]
fn a_long_file_comes_in_batches_and_every_row_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("only.jsonl");
    let many = BATCH_PAYMENTS * 2 + 1;
    let rows: Vec<String> =
        (0..many).map(|n| payment(&format!("p{n}"), "2026-03-02T10:00:00Z")).collect();
    write(&file, &rows);
    let mut reader = Reader::open(&file, &Limits::default(), AsOf::Event, None).unwrap();
    let mut sizes = Vec::new();
    let mut next = 0_i64;
    while let Some(batch) = reader.batch().unwrap() {
        sizes.push(batch.items.len());
        for item in &batch.items {
            assert_eq!((item.offset, i64::try_from(item.line).unwrap()), (next, next + 1));
            next += 1;
        }
    }
    assert_eq!(sizes, [BATCH_PAYMENTS, BATCH_PAYMENTS, 1]);
}

/// A file, its lines, and what is said of it.
fn refused(name: &str, lines: &[String], expected: &str) {
    let folder = tempfile::tempdir().unwrap();
    if name != "payments.jsonl" {
        write(&folder.path().join("payments.jsonl"), &[payment("p", "2026-03-02T10:00:00Z")]);
    }
    write(&folder.path().join(name), lines);
    let opened = Reader::open(folder.path(), &Limits::default(), AsOf::Event, None);
    let error = match opened {
        Err(error) => error,
        Ok(mut reader) => loop {
            match reader.batch() {
                Err(error) => break error,
                Ok(batch) => assert!(batch.is_some(), "{name}: nothing was refused"),
            }
        },
    };
    let text = error.to_string();
    assert!(text.contains(expected), "{name}: {text}");
    assert!(!text.contains("CANARY"), "{text}");
}

#[test]
fn a_row_that_is_wrong_is_named_by_file_and_line() {
    let good = || payment("p0", "2026-03-02T10:00:00Z");
    let cut = || payment("CANARY", "2026-03-02T10:00:00Z").replace("\"12.50\"", "12.50");
    for (name, lines, expected) in [
        (
            "payments.jsonl",
            vec![good(), cut()],
            "payments.jsonl`, line 2: is no `payment.v1`: `field_type` in `amount`",
        ),
        (
            "payments.jsonl",
            vec![good(), String::new(), "{CANARY".into()],
            "line 3: is no `payment.v1`: `not_json`",
        ),
        (
            "parties.jsonl",
            vec![party("CANARY", "yesterday")],
            "parties.jsonl`, line 1: is no `party.v1`: ",
        ),
        (
            "lists.jsonl",
            vec![RATE.replace("2026-03-01\",\"source", "CANARY\",\"source")],
            "lists.jsonl`, line 1: is no `list.v1`: ",
        ),
    ] {
        refused(name, &lines, expected);
    }
}

#[test]
fn a_folder_without_payments_says_how_they_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let open =
        |path: &Path| Reader::open(path, &Limits::default(), AsOf::Event, None).err().unwrap();
    let error = open(folder.path());
    assert_eq!(error.code(), Some("data_missing"));
    assert!(error.to_string().contains("`payments.jsonl.gz`"), "{error}");
    write(&folder.path().join("payments.jsonl"), &[]);
    assert!(open(folder.path()).to_string().ends_with("holds no payment"));
    assert_eq!(open(&folder.path().join("none")).code(), Some("input_unreadable"));
}

#[test]
fn a_table_is_read_through_its_mapping() {
    let folder = tempfile::tempdir().unwrap();
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    std::fs::copy(samples.join("edges.csv"), folder.path().join("payments.csv")).unwrap();
    let limits = Limits::default();
    let mapping = Mapping::shipped("edges").unwrap();
    let mut reader = Reader::open(folder.path(), &limits, AsOf::Event, Some(&mapping)).unwrap();
    let read = records(&mut reader);
    assert!(read.len() > 1 && read.iter().all(|(role, _, _)| *role == TopicRole::Payments));
    let facts = reader.facts();
    assert_eq!(facts.files[0].rows, read.len() as u64);
    use sha2::Digest;
    let bytes = std::fs::read(folder.path().join("payments.csv")).unwrap();
    assert_eq!(facts.files[0].sha256, hex(sha2::Sha256::new().chain_update(bytes)));
    // Without a mapping there is no file of payments, and a single file says what it lacks.
    let none = Reader::open(folder.path(), &limits, AsOf::Event, None).err().unwrap();
    assert_eq!(none.code(), Some("data_missing"));
    let one = folder.path().join("payments.csv");
    let error = Reader::open(&one, &limits, AsOf::Event, None).err().unwrap();
    assert!(error.to_string().contains("`--mapping`"), "{error}");
    let other = Mapping::shipped("paysim").unwrap();
    let error = Reader::open(&one, &limits, AsOf::Event, Some(&other)).err().unwrap();
    assert!(error.to_string().contains("payments.csv` has "), "{error}");
}

#[test]
fn names_of_parts() {
    for (name, is) in [
        ("payments.jsonl", true),
        ("payments.jsonl.gz", true),
        ("payments-2026-01.jsonl.zst", true),
        ("payments_eu.jsonl", true),
        ("payments.csv", false),
        ("paymentsold.jsonl", false),
        ("payments.jsonl.tmp", false),
    ] {
        assert_eq!(is_part(name, "payments", ".jsonl"), is, "{name}");
    }
}
