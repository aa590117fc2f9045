//! The closest known word, for proposals.

/// The word of `known` that is nearest to `word`, if it is near enough to be what was meant: at
/// most a third of its letters differ (two at least are allowed). Ties go to the first. Cost:
/// the product of the lengths per known word.
pub fn closest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let most = (word.chars().count() / 3).max(2);
    known
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= most && *distance < candidate.chars().count())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Levenshtein distance in characters, cut at 64 of them.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().take(64).enumerate() {
        let mut next = Vec::with_capacity(row.len());
        next.push(i.saturating_add(1));
        for (cb, pair) in b.iter().zip(row.windows(2)) {
            let [diagonal, above] = pair else { continue };
            let replaced = diagonal.saturating_add(usize::from(ca != *cb));
            let left = next.last().copied().unwrap_or(0).saturating_add(1);
            next.push(replaced.min(left).min(above.saturating_add(1)));
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proposes_what_was_meant() {
        let known = ["window", "hit", "measure", "other.account", "p2p"];
        for (word, expected) in [
            ("windw", Some("window")),
            ("hitt", Some("hit")),
            ("other.acount", Some("other.account")),
            ("p2", Some("p2p")),
            ("velocity", None),
            ("", None),
        ] {
            assert_eq!(closest(word, known), expected, "{word}");
        }
    }
}
