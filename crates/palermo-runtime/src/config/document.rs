//! `docs/configuration.md`, generated from the keys.

use super::keys::CONFIG_KEYS;
use std::fmt::Write as _;

const HEAD: &str = "\
# Configuration

Generated from `crates/palermo-runtime/src/config/keys.rs`; `UPDATE_DOCS=1 cargo test -p palermo-runtime`
writes it anew.

One YAML file, `palermo.yaml`, two levels deep; `deploy/palermo.yaml` is an example with every block.
`palermo config check -c FILE` reads it as `palermo run` would, `palermo config show --origin -c FILE`
shows each value in force and where it came from. A key that is not given has its
default; an unknown key is refused with a proposal. Durations are `90d`, `2h`, `15m`, `10s`, `100ms`
or sums of them; sizes are `64KiB`, `1MiB`, `16GiB` or a plain number of bytes. Relative paths are
meant from the working directory. Secrets are read from files, never from the configuration or the
command line.

A key that **decides** results is part of the bundle (with the rules and lists): changing it changes
the bundle's hash, and the change is recorded with its position in the progress topic.

`PALERMO_BOOTSTRAP=host:port` replaces `kafka.bootstrap`.

| key | default | takes | meaning | decides |
|---|---|---|---|---|
";

/// The text of `docs/configuration.md`.
pub fn configuration_markdown() -> String {
    let mut text = HEAD.to_owned();
    for row in CONFIG_KEYS {
        let default = if row.default.is_empty() {
            "not set".to_owned()
        } else {
            format!("`{}`", row.default)
        };
        let decides = if row.decides_results { "yes" } else { "" };
        let takes = row.key_type.describe().replace('|', "\\|");
        // Writing to a string cannot fail.
        let _ =
            writeln!(text, "| `{}` | {default} | {takes} | {} | {decides} |", row.key, row.meaning);
    }
    text
}
