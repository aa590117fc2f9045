//! Terms of a lexicon, found in a text as whole words.
//!
//! A text is cut into folded words once ([`Words`]); a term is one word or several in a row. Promises:
//! what is found depends on the terms alone, not on the order in which they came; no word of a text
//! reaches `Debug`. Cost: one look-up per word of the text, and one comparison for each term that
//! begins with that word; linear in the text.

use palermo_domain::{FixedHashMap, words};
use palermo_ledger::Atom;

/// A text as folded words. `Debug` shows nothing of it.
#[derive(Default)]
pub(crate) struct Words {
    folded: String,
    /// Where each word ends; the next one begins there.
    ends: Vec<usize>,
}

impl std::fmt::Debug for Words {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Words(‹redacted›)")
    }
}

impl Words {
    /// The words of a text.
    pub(crate) fn of(text: &str) -> Self {
        let mut all = Self::default();
        words(text, &mut |word| {
            all.folded.push_str(word);
            all.ends.push(all.folded.len());
        });
        all
    }

    fn word(&self, at: usize) -> Option<&str> {
        let end = *self.ends.get(at)?;
        let begin = at.checked_sub(1).and_then(|before| self.ends.get(before)).copied();
        self.folded.get(begin.unwrap_or(0)..end)
    }
}

/// Terms by their first word.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lexicon {
    by_first: FixedHashMap<Box<str>, Vec<Term>>,
}

/// A term without its first word, and the row that it is.
#[derive(Clone, Debug)]
struct Term {
    rest: Vec<Box<str>>,
    row: Atom,
}

impl Lexicon {
    /// Adds the term that a row is; twice is once.
    pub(crate) fn insert(&mut self, key: &str, row: Atom) {
        let all = Words::of(key);
        let Some(first) = all.word(0) else { return };
        let terms = self.by_first.entry(first.into()).or_default();
        if terms.iter().all(|term| term.row != row) {
            let rest = (1..all.ends.len()).filter_map(|at| all.word(at)).map(Into::into).collect();
            terms.push(Term { rest, row });
        }
    }

    /// Takes a term out.
    pub(crate) fn remove(&mut self, key: &str, row: Atom) {
        let all = Words::of(key);
        if let Some(terms) = all.word(0).and_then(|first| self.by_first.get_mut(first)) {
            terms.retain(|term| term.row != row);
        }
    }

    /// Whether a term that counts is in the text.
    pub(crate) fn find(&self, text: &Words, counts: impl Fn(Atom) -> bool) -> bool {
        let follows = |term: &Term, at: usize| {
            let rest = term.rest.iter().enumerate();
            rest.into_iter().all(|(more, word)| {
                text.word(at.saturating_add(more)).is_some_and(|found| *found == **word)
            })
        };
        (0..text.ends.len()).any(|at| {
            let terms = text.word(at).and_then(|word| self.by_first.get(word));
            terms
                .into_iter()
                .flatten()
                .any(|term| follows(term, at.saturating_add(1)) && counts(term.row))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use palermo_ledger::Atoms;

    #[test]
    fn terms_are_whole_words_in_a_row() {
        let mut atoms = Atoms::default();
        let mut lexicon = Lexicon::default();
        for term in ["release fee", "Release the files", "ÉTÉ", "pay-off", "送金", "x", "fee x"]
        {
            let row = atoms.intern(term);
            lexicon.insert(term, row);
            lexicon.insert(term, row);
        }
        for (text, expected) in [
            ("", false),
            ("RELEASE FEE", true),
            ("the release-fee, please", true),
            ("release  the\nfee", false),
            ("release the FILES now", true),
            ("release", false),
            ("fee release", false),
            ("prerelease fee", false),
            ("release fees", false),
            ("un été", true),
            ("ete", false),
            ("Été!", true),
            ("étés", false),
            ("pay off", true),
            ("payoff", false),
            ("送金", true),
            ("送金します", false),
            ("x", true),
            ("xx", false),
            ("release release fee", true),
        ] {
            assert_eq!(lexicon.find(&Words::of(text), |_| true), expected, "{text}");
        }
        assert!(!lexicon.find(&Words::of("release fee"), |_| false), "no row in force");
        lexicon.remove("release fee", atoms.intern("release fee"));
        assert!(!lexicon.find(&Words::of("release fee"), |_| true));
        assert!(lexicon.find(&Words::of("release the files"), |_| true));
    }

    #[test]
    fn no_word_of_a_text_is_shown() {
        assert_eq!(format!("{:?}", Words::of("canary")), "Words(‹redacted›)");
    }
}
