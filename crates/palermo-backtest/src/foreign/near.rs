//! What is said of a word that is none of the known ones, and words in a row.
//!
//! Cost: that of [`palermo_lang::closest`]; used where something is wrong, never for each row.

use palermo_lang::closest;

/// More are not listed.
const LISTED_MAX: usize = 40;

/// What to say after a word that is none of the known ones.
pub(super) fn proposal(word: &str, known: &[&str]) -> String {
    match closest(word, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known: {}", listed(known.iter().copied())),
    }
}

/// Words in a row, each in backticks.
pub(super) fn listed<'k>(words: impl IntoIterator<Item = &'k str>) -> String {
    let mut text = String::new();
    for (at, word) in words.into_iter().enumerate() {
        if at == LISTED_MAX {
            text.push_str(" and more");
            break;
        }
        if at > 0 {
            text.push_str(", ");
        }
        text.push('`');
        text.push_str(word);
        text.push('`');
    }
    text
}
