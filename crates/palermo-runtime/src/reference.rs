//! Bounds for alarms that a backtest wrote (`rules.reference`): how long a rule may be quiet, and how many
//! alerts in an hour are a flood. They decide nothing.

use crate::run::RunError;
use std::io;
use std::path::Path;

/// The first line.
const FIRST_LINE: &str = "# palermo reference 1";
/// Longest file.
const BYTES_MAX: u64 = 1 << 20;

/// The bounds of one rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bounds {
    pub(crate) rule: String,
    /// In event time.
    pub(crate) silence_seconds: Option<u64>,
    /// In an hour.
    pub(crate) flood_alerts: Option<u64>,
}

/// Reads the file.
///
/// # Errors
/// A file that cannot be read, with the line that is wrong.
pub(crate) fn read(path: &Path) -> Result<Vec<Bounds>, RunError> {
    let wrap = |source| RunError::Reference { path: path.to_path_buf(), source };
    let wrong = |text: String| wrap(io::Error::new(io::ErrorKind::InvalidData, text));
    if std::fs::metadata(path).map_err(wrap)?.len() > BYTES_MAX {
        return Err(wrong("it is longer than 1 MiB".to_owned()));
    }
    parse(&std::fs::read_to_string(path).map_err(wrap)?).map_err(wrong)
}

/// Bounds by line, or which one is wrong.
fn parse(text: &str) -> Result<Vec<Bounds>, String> {
    let mut lines = (1..).zip(text.lines());
    if lines.next().is_none_or(|(_, line)| line != FIRST_LINE) {
        return Err(format!("its first line is not `{FIRST_LINE}`"));
    }
    let content = lines.filter(|(_, line)| !line.starts_with('#') && !line.is_empty());
    let mut bounds: Vec<Bounds> = Vec::new();
    for (number, line) in content.skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        let [rule, silence, flood] = cells.as_slice() else {
            return Err(format!("line {number} has {} cells and not three", cells.len()));
        };
        let value = |cell: &str| match cell {
            "-" => Ok(None),
            cell => cell.parse::<u64>().ok().filter(|bound| *bound > 0).map(Some).ok_or(number),
        };
        let told = |number| format!("line {number}: a bound is a whole number above 0, or `-`");
        let (silence_seconds, flood_alerts) =
            (value(silence).map_err(told)?, value(flood).map_err(told)?);
        if bounds.iter().any(|known| known.rule == *rule) {
            return Err(format!("line {number}: a second line of this rule"));
        }
        bounds.push(Bounds { rule: (*rule).to_owned(), silence_seconds, flood_alerts });
    }
    Ok(bounds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_or_its_line_named() {
        let head = "# palermo reference 1\n# of\nrule\texpected_silence_seconds\tflood_alerts\n";
        let row = |rule: &str, silence_seconds, flood_alerts| Bounds {
            rule: rule.to_owned(),
            silence_seconds,
            flood_alerts,
        };
        let good = format!("{head}MS-08\t86400\t-\n\nCT-14\t-\t10\n");
        let expected = vec![row("MS-08", Some(86_400), None), row("CT-14", None, Some(10))];
        assert_eq!(parse(&good), Ok(expected));
        for (text, wrong) in [
            (String::new(), "its first line is not `# palermo reference 1`"),
            (format!("{head}MS-08\t1\n"), "line 4 has 2 cells and not three"),
            (
                format!("{head}MS-08\tsoon\t-\n"),
                "line 4: a bound is a whole number above 0, or `-`",
            ),
            (format!("{head}CT-14\t-\t0\n"), "line 4: a bound is a whole number above 0, or `-`"),
            (format!("{head}A\t1\t-\nA\t2\t-\n"), "line 5: a second line of this rule"),
        ] {
            assert_eq!(parse(&text), Err(wrong.to_owned()));
        }
    }
}
