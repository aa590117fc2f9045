//! No input breaks the compiler: bytes at random, files cut anywhere, pieces exchanged.

use super::folder::folder;
use super::shipped::{limits, shipped};
use crate::{Sources, compile, compile_all, parse_tests};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn everything(sources: &Sources) {
    for result in [compile(sources, "prod", &limits()), compile_all(sources, &limits())] {
        if let Err(errors) = result {
            assert!(!errors.is_empty());
            let _ = (errors.render(true), errors.to_string());
        }
    }
    if let Ok(files) = parse_tests(sources) {
        for file in &files {
            for test in &file.tests {
                file.events(test).iter().for_each(|event| drop(event.to_payment()));
            }
        }
    }
}

fn with(path: &str, text: String) -> Sources {
    let mut files: BTreeMap<String, String> =
        folder(&[]).iter().map(|(path, text)| (path.to_owned(), text.to_owned())).collect();
    files.insert(path.to_owned(), text);
    Sources::new(files)
}

/// The text with the characters at `at` replaced.
fn edited(text: &str, at: usize, length: usize, by: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let start = at.checked_rem(chars.len()).unwrap_or(0);
    let end = start.saturating_add(length).min(chars.len());
    chars[..start].iter().copied().chain(by.chars()).chain(chars[end..].iter().copied()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn random_text_is_refused_or_read(text in "\\PC{0,200}") {
        everything(&with("rules/flow.yaml", text.clone()));
        everything(&with("rules/flow.test.yaml", text));
    }

    #[test]
    fn random_yaml_is_refused_or_read(text in "[-a-z0-9:\\[\\]{}, \n'\"&*!|>#%$@.]{0,200}") {
        everything(&with("rules/case.yaml", text.clone()));
        everything(&with("rules/lists/limit.yaml", format!("list: limit\n{text}")));
    }

    #[test]
    fn damaged_rules_are_refused_or_read(
        file in 0..1000_usize,
        at in any::<usize>(),
        length in 0..12_usize,
        by in "[-a-z0-9:\\[\\]{}, \n'\"&*!|>#$().=<ßä]{0,6}",
    ) {
        let base = folder(&[]);
        let all: Vec<(&str, &str)> = base.iter().collect();
        let (path, text) = all[file.checked_rem(all.len()).unwrap_or(0)];
        everything(&with(path, edited(text, at, length, &by)));
    }
}

#[test]
fn files_cut_anywhere() {
    let base = folder(&[]);
    for (path, text) in base.iter() {
        for end in (0..text.len()).step_by(3).filter(|end| text.is_char_boundary(*end)) {
            everything(&with(path, text[..end].to_owned()));
        }
    }
}

#[test]
fn shipped_tests_cut_anywhere() {
    let base = shipped();
    let all: BTreeMap<String, String> =
        base.iter().map(|(path, text)| (path.to_owned(), text.to_owned())).collect();
    for (path, text) in base.iter().filter(|(path, _)| path.ends_with(".test.yaml")) {
        for end in (0..text.len()).step_by(97).filter(|end| text.is_char_boundary(*end)) {
            let mut files = all.clone();
            files.retain(|path, _| path.ends_with("places.yaml"));
            files.insert(path.to_owned(), text[..end].to_owned());
            let _ = parse_tests(&Sources::new(files)).map_err(|errors| errors.render(false));
        }
    }
}

#[test]
fn deep_and_long_files() {
    for text in [
        "[".repeat(100_000),
        "{a: ".repeat(100_000),
        "- ".repeat(100_000),
        "a:\n ".repeat(10_000),
        format!("kind: Indicator\nhit: {}", "(".repeat(100_000)),
        "x".repeat(2 << 20),
    ] {
        everything(&with("rules/flow.yaml", text));
    }
}
