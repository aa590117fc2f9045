//! `docs/metrics.md`, generated from the list of metrics so that the two cannot drift apart.

use crate::METRICS;
use crate::catalog::ABSENT;
use std::fmt::Write as _;

const HEAD: &str = "\
# Metrics

Generated from `crates/palermo-ops/src/catalog.rs`; `UPDATE_DOCS=1 cargo test -p palermo-ops` writes it anew.

Exposed at `/metrics` (`http.listen`, loopback only) in the Prometheus text format. No label holds
an account, a name or a payment id. `topic` and `sink` are the keys under `topics:` in
`palermo.yaml`, not the names of the topics on the broker.

Alarm rules over them are in `deploy/prometheus`, and what to do about each in
[runbooks](runbooks/README.md). Dashboards for Grafana are in `deploy/grafana`, written from the list
in `crates/palermo-ops/src/dashboards.rs`.

| metric | kind | labels | unit | meaning |
|---|---|---|---|---|
";

const NOT_YET: &str = "
## Not there yet

The contract with dashboards and alarm rules names more. These show *no data* and not a comforting
zero until their part of the program exists.

| metric | why not |
|---|---|
";

/// The text of `docs/metrics.md`.
pub fn metrics_markdown() -> String {
    let mut text = HEAD.to_owned();
    for def in METRICS {
        let labels: Vec<String> = def.labels.iter().map(|label| format!("`{label}`")).collect();
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "| `{}` | {} | {} | {} | {}: {} |",
            def.name,
            def.kind.as_str(),
            labels.join(", "),
            def.unit.as_str(),
            def.help,
            def.note
        );
    }
    text.push_str(NOT_YET);
    for (name, why) in ABSENT {
        let _ = writeln!(text, "| `{name}` | {why} |");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the environment asks for a renewal")]
    fn the_page_is_what_the_list_says() {
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/metrics.md");
        let fresh = metrics_markdown();
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(&page, &fresh).unwrap();
        }
        let stored = std::fs::read_to_string(&page).unwrap_or_default();
        assert!(
            stored == fresh,
            "docs/metrics.md is stale: UPDATE_DOCS=1 cargo test -p palermo-ops"
        );
    }
}
