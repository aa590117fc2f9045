//! The nearest known word, for proposals, and words in a row.
//!
//! Promise: only what is near enough to have been meant is proposed; ties go to the first. Cost: the
//! product of the lengths for each known word; used where something is wrong, never for each row.

/// More are not listed.
const LISTED_MAX: usize = 40;

/// The known word that was probably meant: at most a third of its letters differ, or two.
pub(super) fn closest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let most = (word.chars().count() / 3).max(2);
    let far = known.into_iter().map(|candidate| (distance(word, candidate), candidate));
    let near = far.filter(|(far, candidate)| *far <= most && *far < candidate.chars().count());
    near.min_by_key(|(far, _)| *far).map(|(_, candidate)| candidate)
}

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

/// Levenshtein distance in characters, cut at 64 of them.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(64).collect();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (row, letter) in a.chars().take(64).enumerate() {
        let mut left = row.saturating_add(1);
        let mut next = vec![left];
        for (other, pair) in b.iter().zip(above.windows(2)) {
            let [diagonal, up] = pair else { continue };
            let replaced = diagonal.saturating_add(usize::from(letter != *other));
            left = replaced.min(left.saturating_add(1)).min(up.saturating_add(1));
            next.push(left);
        }
        above = next;
    }
    above.last().copied().unwrap_or(0)
}
