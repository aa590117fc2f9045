//! Files that another program wrote, files of every wrong kind, and files that are damaged.
//!
//! What `pyarrow` wrote lies under `samples/parquet`, with the script that made it.

use super::super::{AsOf, Reader};
use super::*;
use palermo_codec::{Limits, UnknownFields, decode_list_row, decode_party, decode_payment};
use parquet::data_type::{
    BoolType, ByteArrayType, DoubleType, FixedLenByteArrayType, Int32Type, Int64Type,
};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use std::sync::atomic::{AtomicUsize, Ordering};

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/parquet")
}

fn documents(path: &Path, schema: Schema) -> Vec<Vec<u8>> {
    let mut columns = Columns::documents(path, schema).unwrap();
    let mut all = Vec::new();
    while let Some((row, value)) = columns.next_row().unwrap() {
        all.push(value.to_vec());
        assert_eq!(row, all.len() as u64);
    }
    all
}

#[test]
fn every_field_comes_out_as_it_does_of_json_lines() {
    let (limits, mut unknown) = (Limits::default(), UnknownFields::default());
    let folder = samples().join("full");
    let lines = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let text = lines("payments.jsonl");
    for file in ["payments.parquet", "text.parquet"] {
        let rows = documents(&folder.join(file), Schema::Payment);
        assert_eq!(rows.len(), text.lines().count());
        for (row, line) in rows.iter().zip(text.lines()) {
            let expected = decode_payment(line.as_bytes(), &limits, &mut unknown).unwrap();
            let found = decode_payment(row, &limits, &mut unknown);
            assert_eq!(found, Ok(expected), "{file}: {}", String::from_utf8_lossy(row));
        }
    }
    let rows = documents(&folder.join("parties.parquet"), Schema::Party);
    let text = lines("parties.jsonl");
    assert_eq!(rows.len(), text.lines().count());
    for (row, line) in rows.iter().zip(text.lines()) {
        let expected = decode_party(line.as_bytes(), &limits, &mut unknown).unwrap();
        assert_eq!(decode_party(row, &limits, &mut unknown), Ok(expected));
    }
    let rows = documents(&folder.join("lists.parquet"), Schema::List);
    let text = lines("lists.jsonl");
    assert_eq!(rows.len(), text.lines().count());
    for (row, line) in rows.iter().zip(text.lines()) {
        let expected = decode_list_row(line.as_bytes(), &limits, &mut unknown).unwrap();
        assert_eq!(decode_list_row(row, &limits, &mut unknown), Ok(expected));
    }
    assert_eq!(unknown, UnknownFields::default(), "the samples are of the schemas");
}

#[test]
fn a_folder_gives_the_same_records_in_both_forms() {
    let (lines, columns) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for file in std::fs::read_dir(samples().join("full")).unwrap() {
        let file = file.unwrap().path();
        let name = file.file_name().unwrap();
        let parquet = file.extension().is_some_and(|ending| ending == "parquet");
        std::fs::copy(&file, if parquet { &columns } else { &lines }.path().join(name)).unwrap();
    }
    let read = |folder: &Path| {
        let mut reader = Reader::open(folder, &Limits::default(), AsOf::Event, None).unwrap();
        let mut records = Vec::new();
        while let Some(batch) = reader.batch().unwrap() {
            let of = |item: &super::super::Item| (item.role, item.offset, item.timestamp_ms);
            records.extend(batch.items.iter().map(of));
            assert!(batch.read_bytes <= reader.whole_bytes());
        }
        (records, reader.facts())
    };
    let (records, facts) = read(lines.path());
    let (found, of_columns) = read(columns.path());
    assert_eq!(found, records);
    assert!(records.len() > 30);
    assert_eq!(
        (of_columns.payments, of_columns.parties, of_columns.list_rows, of_columns.span),
        (facts.payments, facts.parties, facts.list_rows, facts.span)
    );
    assert_eq!((of_columns.by_day, of_columns.currencies), (facts.by_day, facts.currencies));
    for file in &of_columns.files {
        use sha2::Digest;
        let bytes = std::fs::read(columns.path().join(&file.name)).unwrap();
        let hash = super::super::hex(sha2::Sha256::new().chain_update(bytes));
        assert_eq!(file.sha256, hash, "{}", file.name);
    }
}

/// A value of a row.
#[derive(Clone, Copy)]
enum Cell {
    Text(&'static [u8]),
    Int(i32),
    Long(i64),
    Double(f64),
    Flag(bool),
}

/// What most rows hold: text columns.
const PLAIN: [(&str, &str); 6] = [
    ("payment_id", "p-1"),
    ("event_time", "2026-03-02T10:00:00Z"),
    ("kind", "transfer"),
    ("rail", "p2p"),
    ("amount", "12.50"),
    ("currency", "EUR"),
];

/// A file with one row, each column of which is `required`: the plain ones, but where `other` says something
/// else, and both ends.
fn write(path: &Path, other: &[(&str, &str, Cell)]) {
    let plain = PLAIN.iter().filter(|(name, _)| !other.iter().any(|(of, _, _)| of == name));
    let plain = plain.map(|(name, text)| {
        (format!("required binary {name} (UTF8);"), Cell::Text(text.as_bytes()))
    });
    let more = other.iter().map(|(name, column, cell)| (column.replace("NAME", name), *cell));
    let ends = ["debtor", "creditor"].map(|end| {
        let group = format!("required group {end} {{ required binary account (UTF8); }}");
        (group, Cell::Text(b"BANK:1"))
    });
    let columns: Vec<(String, Cell)> = plain.chain(more).chain(ends).collect();
    let schema: String = columns.iter().map(|(column, _)| column.as_str()).collect();
    let schema = parse_message_type(&format!("message row {{ {schema} }}")).unwrap();
    let file = File::create(path).unwrap();
    let mut writer =
        SerializedFileWriter::new(file, Arc::new(schema), Arc::new(WriterProperties::default()))
            .unwrap();
    let mut group = writer.next_row_group().unwrap();
    let mut cells = columns.iter().map(|(_, cell)| *cell);
    while let Some(mut column) = group.next_column().unwrap() {
        let cell = cells.next().unwrap();
        match cell {
            Cell::Text(text) => {
                let text = text.to_vec();
                let fixed = column.untyped();
                let fixed = matches!(
                    fixed,
                    parquet::column::writer::ColumnWriter::FixedLenByteArrayColumnWriter(_)
                );
                if fixed {
                    let text = parquet::data_type::FixedLenByteArray::from(text);
                    column.typed::<FixedLenByteArrayType>().write_batch(&[text], None, None)
                } else {
                    column.typed::<ByteArrayType>().write_batch(&[text.into()], None, None)
                }
            }
            Cell::Int(n) => column.typed::<Int32Type>().write_batch(&[n], None, None),
            Cell::Long(n) => column.typed::<Int64Type>().write_batch(&[n], None, None),
            Cell::Double(n) => column.typed::<DoubleType>().write_batch(&[n], None, None),
            Cell::Flag(n) => column.typed::<BoolType>().write_batch(&[n], None, None),
        }
        .unwrap();
        column.close().unwrap();
    }
    group.close().unwrap();
    writer.close().unwrap();
}

/// The document of the one row, or what is said of the file.
fn read(other: &[(&str, &str, Cell)]) -> Result<String, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("payments.parquet");
    write(&path, other);
    let error = |error: BacktestError| error.to_string();
    let mut columns = Columns::documents(&path, Schema::Payment).map_err(error)?;
    let (_, value) = columns.next_row().map_err(error)?.unwrap();
    let value = value.to_vec();
    decode_payment(&value, &Limits::default(), &mut UnknownFields::default())
        .map_err(|refusal| super::super::in_words("payment.v1", &refusal))?;
    Ok(String::from_utf8(value).unwrap())
}

#[test]
fn amounts_times_and_numbers_come_in_every_form_that_is_exact() {
    for (name, column, cell, expected) in [
        (
            "amount",
            "required int64 NAME (DECIMAL(18,2));",
            Cell::Long(1_250),
            r#""amount":"12.50""#,
        ),
        ("amount", "required int32 NAME (DECIMAL(9,4));", Cell::Int(12_500), r#""amount":"1.25""#),
        (
            "amount",
            "required fixed_len_byte_array(3) NAME (DECIMAL(6,2));",
            Cell::Text(&[0x01, 0x86, 0xa0]),
            r#""amount":"1000.00""#,
        ),
        ("amount", "required int64 NAME;", Cell::Long(40), r#""amount":"40""#),
        ("amount", "required int32 NAME (INTEGER(16,false));", Cell::Int(40), r#""amount":"40""#),
        (
            "event_time",
            "required int64 NAME (TIMESTAMP(NANOS,true));",
            Cell::Long(1_772_445_600_123_456_789),
            r#""event_time":"2026-03-02T10:00:00.123Z""#,
        ),
        (
            "event_time",
            "required int64 NAME (TIMESTAMP_MICROS);",
            Cell::Long(1_772_445_600_000_001),
            r#""event_time":"2026-03-02T10:00:00.000Z""#,
        ),
        ("utc_offset_minutes", "required double NAME;", Cell::Double(60.0), r#"minutes":60"#),
        ("payment_id", "required int64 NAME;", Cell::Long(7), r#""payment_id":"7""#),
        ("payment_id", "required binary NAME;", Cell::Text(b"raw"), r#""payment_id":"raw""#),
        // What no schema knows is not looked at, whatever it holds.
        ("weight", "required double NAME;", Cell::Double(0.1), r#"{"schema":"payment.v1""#),
    ] {
        let read = read(&[(name, column, cell)]);
        assert!(read.as_ref().is_ok_and(|text| text.contains(expected)), "{column}: {read:?}");
    }
    let negative = read(&[("amount", "required int64 NAME (DECIMAL(18,2));", Cell::Long(-1_250))]);
    assert_eq!(negative, Err("is no `payment.v1`: `amount` in `amount`".to_owned()));
}

#[test]
fn a_column_that_is_not_exact_is_refused_by_name_with_what_to_do() {
    let long = Cell::Long(1_772_445_600_000);
    for (name, column, cell, expected) in [
        (
            "amount",
            "required double NAME;",
            Cell::Double(12.5),
            "holds floating-point numbers in column `amount`, where `payment.v1` has an amount: a \
             floating-point number is not money: write it as text, DECIMAL or a whole number",
        ),
        (
            "event_time",
            "required int64 NAME (TIMESTAMP(MILLIS,false));",
            long,
            "holds local times without an offset in column `event_time`, where `payment.v1` has a \
             time: write it as text with an offset (RFC 3339), or as a TIMESTAMP that is adjusted",
        ),
        ("event_time", "required int64 NAME;", long, "holds whole numbers in column `event_time`"),
        ("event_time", "required int32 NAME (DATE);", Cell::Int(20_000), "holds days in column"),
        ("kind", "required boolean NAME;", Cell::Flag(true), "holds true and false in column"),
        (
            "payment_id",
            "required double NAME;",
            Cell::Double(7.0),
            "where `payment.v1` has a text: write it as text",
        ),
        (
            "batch",
            "required fixed_len_byte_array(16) NAME (UUID);",
            Cell::Text(b"CANARYCANARYCANA"),
            "holds UUIDs in column `batch`",
        ),
        (
            "card",
            "required binary NAME (JSON);",
            Cell::Text(b"{}"),
            "holds no group of columns in column `card`",
        ),
        (
            "travel",
            "required group NAME { required int64 depart (TIMESTAMP(MILLIS,true)); }",
            long,
            "holds times in column `travel.depart`, where `payment.v1` has a day: write it as DATE",
        ),
        (
            "cash",
            "required group NAME { required group notes_in { required double value; } }",
            Cell::Double(5.0),
            "holds no LIST in column `cash.notes_in`",
        ),
    ] {
        let said = read(&[(name, column, cell)]).unwrap_err();
        assert!(said.contains("payments.parquet` "), "{said}");
        assert!(said.contains(expected), "{column}: {said}");
        assert!(!said.contains("CANARY"), "{said}");
    }
}

#[test]
fn a_value_that_cannot_be_is_named_by_its_row_and_column() {
    for (name, column, cell, expected) in [
        (
            "payment_id",
            "required binary NAME;",
            Cell::Text(b"CANARY\xff"),
            "row 1: column `payment_id` is not UTF-8",
        ),
        (
            "terminal",
            "required group NAME { required double lat; }",
            Cell::Double(f64::NAN),
            "row 1: column `terminal.lat` is no number",
        ),
        (
            "payment_id",
            "required binary NAME (UTF8);",
            Cell::Text(b"CANARY\xff"),
            "row 1: cannot be read: the file is damaged there",
        ),
        ("utc_offset_minutes", "required double NAME;", Cell::Double(0.5), "`field_type`"),
    ] {
        let said = read(&[(name, column, cell)]).unwrap_err();
        assert!(said.contains(expected) && !said.contains("CANARY"), "{column}: {said}");
    }
}

fn open_error(name: &str, bytes: &[u8]) -> BacktestError {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    let opened = Reader::open(folder.path(), &Limits::default(), AsOf::Event, None);
    opened.err().unwrap()
}

#[test]
fn a_file_that_is_none_or_is_cut_short_says_so() {
    let whole = std::fs::read(samples().join("full/payments.parquet")).unwrap();
    let cut = whole.get(..whole.len() - 9).unwrap();
    for (bytes, expected) in [
        (&b"{\"schema\":\"payment.v1\"}"[..], "is no Parquet file: it does not begin as one"),
        (b"", "is no Parquet file"),
        (b"PAR1", "is cut short or damaged"),
        (b"PAREnothing", "is encrypted"),
        (cut, "is cut short or damaged"),
    ] {
        let error = open_error("payments.parquet", bytes);
        assert_eq!(error.code(), Some("data_parquet"));
        assert!(error.to_string().contains(expected), "{error}");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("payments.parquet");
    let schema = "message row { required binary Sender (UTF8); required double Amount; }";
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let file = File::create(&path).unwrap();
    SerializedFileWriter::new(file, schema, Arc::default()).unwrap().close().unwrap();
    let error = Reader::open(&path, &Limits::default(), AsOf::Event, None).err().unwrap();
    let expected = "has no column `payment_id`, which `payment.v1` needs; if it is of another \
                    system, `--mapping` says what is what";
    assert!(error.to_string().ends_with(expected), "{error}");
}

/// Panics that nobody explains.
static OTHERS: AtomicUsize = AtomicUsize::new(0);

/// Wherever a bit is wrong, the answer is a row, or an error without content.
#[test]
fn a_damaged_file_is_an_error_and_no_end_of_the_program() {
    let whole = std::fs::read(samples().join("full/lists.parquet")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lists.parquet");
    let usual = std::panic::take_hook();
    // Of other tests, which run beside it, nothing is asked.
    let own = std::thread::current().id();
    std::panic::set_hook(Box::new(move |panic| match of_damage(panic) {
        Some(error) => assert_eq!(error.code(), Some("data_parquet")),
        None => {
            let is_own = std::thread::current().id() == own;
            OTHERS.fetch_add(usize::from(is_own), Ordering::Relaxed);
            usual(panic);
        }
    }));
    let mut refused = 0;
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << (at % 8);
        std::fs::write(&path, &bytes).unwrap();
        let read = || -> Result<(), BacktestError> {
            let mut columns = Columns::documents(&path, Schema::List)?;
            while columns.next_row()?.is_some() {}
            Ok(())
        };
        match std::panic::catch_unwind(std::panic::AssertUnwindSafe(read)) {
            Ok(read) => refused += usize::from(read.is_err()),
            // The command says so and ends.
            Err(_) => refused += 1,
        }
    }
    assert_eq!(OTHERS.load(Ordering::Relaxed), 0, "a panic that is not the library's");
    assert!(refused > whole.len() / 10);
}

#[test]
fn what_cannot_be_unpacked_is_damage_and_no_fault_of_the_system() {
    let whole = std::fs::read(samples().join("network/payments.parquet")).unwrap();
    let mark = [0x28, 0xb5, 0x2f, 0xfd];
    let at = whole.windows(4).position(|four| four == mark).unwrap();
    let bytes = [&whole[..at], &[0; 4], &whole[at + 4..]].concat();
    let error = open_error("payments.parquet", &bytes);
    let expected = "row 1: cannot be read: the file is damaged there";
    assert!(error.to_string().ends_with(expected), "{error}");
}

#[test]
fn a_foreign_table_is_read_through_its_mapping() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("payments.parquet");
    let schema = "message row { required int64 id; required binary source (UTF8);
        required binary target (UTF8); required int64 time (TIMESTAMP(MILLIS,false));
        required int64 amount (DECIMAL(18,2)); required binary label (UTF8); required double w; }";
    let file = File::create(&path).unwrap();
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let mut writer = SerializedFileWriter::new(file, schema, Arc::default()).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let mut texts = [["a", "b"], ["b", "c"], ["1", "0"]].into_iter();
    let mut longs = [[1, 2], [1_772_445_600_000, 1_772_445_601_500], [1_250, 100]].into_iter();
    while let Some(mut column) = group.next_column().unwrap() {
        match column.untyped() {
            parquet::column::writer::ColumnWriter::ByteArrayColumnWriter(column) => {
                let texts = texts.next().unwrap().map(|text| text.as_bytes().to_vec().into());
                column.write_batch(&texts, None, None).unwrap();
            }
            parquet::column::writer::ColumnWriter::Int64ColumnWriter(column) => {
                column.write_batch(&longs.next().unwrap(), None, None).unwrap();
            }
            parquet::column::writer::ColumnWriter::DoubleColumnWriter(column) => {
                column.write_batch(&[0.1, 0.2], None, None).unwrap();
            }
            _ => panic!("another column"),
        }
        column.close().unwrap();
    }
    group.close().unwrap();
    writer.close().unwrap();
    let text = r#"
id: "{id}"
time: {column: time, format: "%Y-%m-%dT%H:%M:%S.%f", utc_offset: "+01:00"}
kinds: {always: {kind: transfer, rail: internal}}
amount: {column: amount}
currency: {const: EUR}
debtor: {account: "{source}"}
creditor: {account: "{target}"}
label: {column: label, positive: ["1"], negative: ["0"]}
"#;
    let mapping = Mapping::parse(text).unwrap();
    let limits = Limits::default();
    let mut reader = Reader::open(folder.path(), &limits, AsOf::Event, Some(&mapping)).unwrap();
    let batch = reader.batch().unwrap().unwrap();
    let values: Vec<serde_json::Value> =
        batch.items.iter().map(|item| serde_json::from_slice(batch.value(item)).unwrap()).collect();
    assert_eq!(values[0]["amount"], "12.5");
    assert_eq!(values[1]["event_time"], "2026-03-02T09:00:01.500Z");
    let mut labels = Vec::new();
    let mut each = |row, mapped: Mapped| labels.push((row, mapped.label));
    super::super::payments_of(folder.path(), &mapping, &mut each).unwrap();
    assert_eq!(labels, [(1, Some(true)), (2, Some(false))]);
    // The same without the words that make the amount exact.
    let float = Mapping::parse(&text.replace("{column: amount}", "{column: w}")).unwrap();
    let error = Reader::open(folder.path(), &limits, AsOf::Event, Some(&float)).err().unwrap();
    let expected = "holds floating-point numbers, which no amount may come from in column `w`";
    assert!(error.to_string().contains(expected), "{error}");
}
