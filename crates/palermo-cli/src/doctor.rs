//! The pages behind codes: `palermo doctor explain`, `palermo rules explain`.

use crate::exit::{Exit, Failure};
use crate::out::Out;
use palermo_domain::DeadLetterReason;
use serde_json::json;

/// Every page of `docs/errors/` by its code, as of the build.
const PAGES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/pages.rs"));

/// Explains a code.
pub(crate) fn explain(code: &str, out: &mut Out) -> Result<Exit, Failure> {
    let page = PAGES.iter().find(|(known, _)| known.eq_ignore_ascii_case(code));
    let reason = DeadLetterReason::parse(code).map(DeadLetterReason::help);
    let text = match (page, reason) {
        (Some((_, page)), _) => page.trim_end().to_owned(),
        (None, Some(help)) => format!("# {code}\n\n{help}"),
        (None, None) => return Err(unknown(code)),
    };
    if out.json() {
        out.json_data(&json!({"code": code, "page": text}));
    } else {
        out.data(&text);
    }
    Ok(Exit::Fine)
}

fn unknown(code: &str) -> Failure {
    let reasons = DeadLetterReason::ALL.iter().map(|reason| reason.as_str());
    let mut known: Vec<&str> = PAGES.iter().map(|(code, _)| *code).chain(reasons).collect();
    known.sort_unstable();
    known.dedup();
    let text = format!("`{code}` is not a code; known are {}", known.join(", "));
    Failure::words(Exit::Usage, text)
}
