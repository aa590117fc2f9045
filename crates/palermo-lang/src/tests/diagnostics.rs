//! What an author reads: for every code at least one mistake, and the whole message with its
//! underlined source.
//!
//! A message that changes on purpose is copied here from the failure.

mod first;
mod fourth;
mod linked;
mod measures;
mod second;
mod subjects;
mod third;

use super::folder::folder;
use super::shipped::limits;
use crate::{codes, compile};

/// A code, the edits that make the mistake, and the message.
type Row = (&'static str, &'static [(&'static str, &'static str, &'static str)], &'static str);

fn check((code, edits, expected): &Row) {
    let found = compile(&folder(edits), "prod", &limits()).map_err(|errors| errors.render(false));
    let found = found.err().unwrap_or_else(|| panic!("{edits:?} compiles"));
    assert!(found.starts_with(&format!("error[{code}]")), "{edits:?}:\n{found}");
    assert_eq!(found.trim_end(), expected.trim(), "{edits:?}:\n{found}");
}

#[test]
fn every_mistake_is_explained() {
    rows().for_each(check);
}

#[test]
fn every_code_has_a_row() {
    // Tested where they arise: cost and tests by rows of their own, warnings with what they warn of.
    let elsewhere = ["E113", "E160", "W340", "W341", "W342"];
    for (code, _) in codes() {
        let known = elsewhere.contains(code) || rows().any(|(row, ..)| row == code);
        assert!(known, "{code} has no row");
    }
}

fn rows() -> impl Iterator<Item = &'static Row> {
    let rows = first::ROWS.iter().chain(second::ROWS).chain(third::ROWS);
    rows.chain(subjects::ROWS).chain(measures::ROWS).chain(fourth::ROWS).chain(linked::ROWS)
}
