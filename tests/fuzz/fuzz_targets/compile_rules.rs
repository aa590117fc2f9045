//! No text of a rule, list, test or lock file panics the compiler or keeps it busy (`-timeout=5`);
//! what the formatter accepts comes to rest.
#![no_main]

use libfuzzer_sys::fuzz_target;
use palermo_domain::Span;
use palermo_lang::{Limits, Lock, Sources, compile_all, format, parse_tests};
use std::collections::BTreeMap;

/// A list of sources, so that a rule can compile at all.
const SOURCES: &str = "list: sources\ntitle: Sources\nversion: 1.0.0\ncolumns: {source: text, doc: text, status: text}\nsource: none\nreviewed: 2026-01-01\nrows:\n  - {row: D, source: Palermo, doc: default, status: default, valid_from: 2020-01-01}\n";

fuzz_target!(|text: &str| {
    let limits = Limits { horizon: Span::from_days(90), evidence_horizon: Span::from_days(400), cost: Limits::COST };
    let files = ["rules/a.yaml", "rules/a.test.yaml", "rules/rules.lock"];
    let mut files: BTreeMap<String, String> =
        files.into_iter().map(|path| (path.to_owned(), text.to_owned())).collect();
    files.insert("rules/lists/sources.yaml".to_owned(), SOURCES.to_owned());
    let sources = Sources::new(files);
    for sources in [&sources, &sources.without_lock()] {
        if let Err(problems) = compile_all(sources, &limits) {
            let _ = problems.render(false);
        }
    }
    let _ = parse_tests(&sources);
    let _ = Lock::parse(text).map(|lock| lock.to_string());
    if let Some(formatted) = format(text) {
        assert_eq!(format(&formatted), Some(formatted));
    }
});
