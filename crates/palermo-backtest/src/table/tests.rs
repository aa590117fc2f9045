//! Tables read back: quotes and decimals of CSV, row groups and nulls of Parquet.

use super::*;
use parquet::file::reader::{FileReader, SerializedFileReader};
use std::io::Seek;
use std::sync::{Mutex, PoisonError};

/// An output that a test can look into.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn columns() -> Vec<Column> {
    let column = |name: &str, kind| Column { name: name.to_owned(), kind };
    vec![
        column("id", Kind::Text),
        column("n", Kind::Whole),
        column("amount", Kind::Decimal(2)),
        column("share", Kind::Decimal(6)),
    ]
}

const ROWS: [(&str, u32, Option<i64>, Option<i64>); 4] = [
    ("plain", 0, Some(1250), Some(1_000_000)),
    ("with,comma", 7, Some(-5), None),
    ("with\"quote", 10, None, Some(1)),
    ("", 4_000_000_000, Some(0), Some(123_456_789)),
];

fn written(format: Format, times: usize) -> Vec<u8> {
    let shared = Shared::default();
    let mut table = Table::new(format, columns(), Box::new(shared.clone())).unwrap();
    for &(id, count, amount, share) in ROWS.iter().cycle().take(times) {
        table.text(id.as_bytes());
        table.count(count);
        table.number(amount);
        table.number(share);
        table.end_row().unwrap();
    }
    table.finish().unwrap();
    let bytes = shared.0.lock().unwrap_or_else(PoisonError::into_inner);
    bytes.clone()
}

#[test]
fn csv_has_a_header_and_quotes_and_decimals() {
    let text = String::from_utf8(written(Format::Csv, 4)).unwrap();
    assert_eq!(
        text,
        "id,n,amount,share\nplain,0,12.5,1\n\"with,comma\",7,-0.05,\n\
         \"with\"\"quote\",10,,0.000001\n,4000000000,0,123.456789\n"
    );
}

#[test]
fn parquet_says_the_same_over_several_row_groups() {
    let rows = GROUP_ROWS + 3;
    let bytes = written(Format::Parquet, rows);
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&bytes).unwrap();
    file.rewind().unwrap();
    let reader = SerializedFileReader::new(file).unwrap();
    assert_eq!(reader.metadata().num_row_groups(), 2);
    let names: Vec<_> = reader
        .metadata()
        .file_metadata()
        .schema_descr()
        .columns()
        .iter()
        .map(|column| column.name().to_owned())
        .collect();
    assert_eq!(names, ["id", "n", "amount", "share"]);
    let read: Vec<String> =
        reader.get_row_iter(None).unwrap().map(|row| row.unwrap().to_string()).collect();
    assert_eq!(read.len(), rows);
    assert_eq!(read[0], r#"{id: "plain", n: 0, amount: 12.50, share: 1.000000}"#);
    assert_eq!(read[1], r#"{id: "with,comma", n: 7, amount: -0.05, share: null}"#);
    assert_eq!(read[rows - 1], read[2]);
}
