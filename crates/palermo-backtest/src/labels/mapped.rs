//! Labels of payments that stand beside them in a CSV file.

use super::{Label, Labels, Level, Verdict};
use crate::error::BacktestError;
use crate::foreign::Mapping;
use crate::input::payments_of;
use palermo_domain::EventTime;
use std::collections::BTreeSet;
use std::path::Path;

/// Reads the labels that the mapping's `label` and `typology` say of each row. What the file says of
/// every row is all that there is to know: whatever it does not call true is innocent.
pub(super) fn read(path: &Path, mapping: &Mapping) -> Result<Labels, BacktestError> {
    let mut all = Vec::new();
    payments_of(path, mapping, &mut |line, row| {
        if row.label == Some(true) {
            all.push(Label {
                id: row.id.clone(),
                level: Level::Payment,
                verdict: Verdict::True,
                typology: row.typology.clone(),
                entities: BTreeSet::new(),
                payments: BTreeSet::from([row.id]),
                span: (row.time, EventTime::MAX),
                decidable: None,
                source: "data".to_owned(),
                line,
            });
        }
    })?;
    Ok(Labels { all, complete: true, ..Labels::default() })
}
