//! Texts as rules compare them: words, folded.
//!
//! A word is a run of letters and digits (Unicode's alphanumeric), in Unicode lower case. Lexicons,
//! aliases and names are all cut by the same two functions, so that they agree. Combining marks are no
//! letters: a text in decomposed form is cut at them, as the term in the same form is.
//!
//! Cost: one pass over the text, one buffer for all of its words.

use crate::Date;
use std::hash::BuildHasher;

/// Calls `each` with every word of a text, folded, in order.
pub fn words(text: &str, each: &mut dyn FnMut(&str)) {
    let mut word = String::new();
    for letter in text.chars() {
        if letter.is_alphanumeric() {
            // Lower case may add a mark (`İ`); the sigma that ends a word is the one inside it.
            let lower = letter.to_lowercase().filter(|c| c.is_alphanumeric());
            word.extend(lower.map(|c| if c == 'ς' { 'σ' } else { c }));
        } else if !word.is_empty() {
            each(&word);
            word.clear();
        }
    }
    if !word.is_empty() {
        each(&word);
    }
}

/// What stands for a name where names must not be kept: a hash of its words in their order. Names
/// written alike but for case, marks and blanks have the same one. `None` for a name without letters.
/// It hides a name from a reader, not from somebody who tries names.
pub fn name_key(name: &str) -> Option<String> {
    let mut folded = String::new();
    words(name, &mut |word| {
        folded.push_str(word);
        folded.push(' ');
    });
    let state = foldhash::quality::FixedState::with_seed(0x7061_6c65_726d_6f32);
    (!folded.is_empty()).then(|| format!("{:016x}", state.hash_one(&folded)))
}

/// Whether an hour and minute of a week lies in opening hours. `Hours` that close when they open are
/// open for a whole day.
pub fn is_open(hours: &[crate::Hours], day: Date, minute: u16) -> bool {
    // 1970-01-01 was a Thursday; Monday is bit 0.
    let weekday = |day: i32| i64::from(day).saturating_add(3).rem_euclid(7);
    let (today, yesterday) = (weekday(day.0), weekday(day.0.saturating_sub(1)));
    hours.iter().any(|hours| {
        let on = |weekday: i64| hours.days >> weekday & 1 == 1;
        let (open, close) = (hours.open_minute, hours.close_minute);
        if open < close {
            on(today) && (open..close).contains(&minute)
        } else {
            on(today) && minute >= open || on(yesterday) && minute < close
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Hours;

    fn cut(text: &str) -> Vec<String> {
        let mut all = Vec::new();
        words(text, &mut |word| all.push(word.to_owned()));
        all
    }

    #[test]
    fn words_are_folded_and_cut_at_everything_else() {
        for (text, expected) in [
            ("", vec![]),
            (" -- ", vec![]),
            ("Rent 2026-03", vec!["rent", "2026", "03"]),
            ("RÉSUMÉ,zürich/ŁÓDŹ", vec!["résumé", "zürich", "łódź"]),
            ("ΟΔΟΣ οδος", vec!["οδοσ", "οδοσ"]),
            ("İzmir", vec!["izmir"]),
            ("送金 テスト", vec!["送金", "テスト"]),
            ("a_b.c@d", vec!["a", "b", "c", "d"]),
        ] {
            assert_eq!(cut(text), expected, "{text}");
        }
    }

    #[test]
    fn names_written_alike_have_one_key() {
        assert_eq!(name_key("Ana-María  LÓPEZ"), name_key("ana maría lópez"));
        assert_ne!(name_key("Ana López"), name_key("Anal Ópez"));
        assert_eq!(name_key("?!"), None);
        let key = name_key("Ana López").unwrap();
        assert!(key.len() == 16 && key.bytes().all(|b| b.is_ascii_hexdigit()), "{key}");
    }

    #[test]
    fn hours_over_midnight_belong_to_the_day_they_begin_on() {
        let monday = Date::parse("2026-03-02").unwrap();
        let on = |days, open_minute, close_minute| [Hours { days, open_minute, close_minute }];
        for (hours, after, minute, expected) in [
            (on(1, 540, 1080), 0, 539, false),
            (on(1, 540, 1080), 0, 540, true),
            (on(1, 540, 1080), 0, 1080, false),
            (on(1, 540, 1080), 1, 600, false),
            (on(1, 1200, 120), 0, 1200, true),
            (on(1, 1200, 120), 1, 119, true),
            (on(1, 1200, 120), 1, 120, false),
            (on(1, 1200, 120), 0, 60, false),
            (on(64, 1200, 120), 0, 60, true),
            (on(1, 0, 0), 0, 1439, true),
            (on(1, 0, 0), 1, 0, false),
        ] {
            let day = Date(monday.0 + after);
            assert_eq!(is_open(&hours, day, minute), expected, "{hours:?} {after} {minute}");
        }
    }
}
