//! Each check must be able to fail: a small sound repository, and violations planted in it one at a
//! time. A check that stays green on its violation, or a violation that nobody has planted, is red.

use crate::repo::{Dependency, Package, Repo, SourceFile, codes_in};
use crate::{CHECKS, Check};
use std::collections::BTreeSet;

fn put(repo: &mut Repo, path: &str, text: &str) {
    repo.files.retain(|file| file.path != path);
    repo.files.push(SourceFile { path: path.to_owned(), text: Some(text.to_owned()) });
}

fn package(name: &str, folder: &str, dependencies: &[(&str, bool)]) -> Package {
    Package {
        name: name.to_owned(),
        folder: folder.to_owned(),
        dependencies: dependencies
            .iter()
            .map(|&(name, dev)| Dependency { name: name.to_owned(), dev })
            .collect(),
    }
}

fn depend(repo: &mut Repo, name: &str, on: &str, dev: bool) {
    let package = repo.packages.iter_mut().find(|package| package.name == name).expect("a package");
    package.dependencies.push(Dependency { name: on.to_owned(), dev });
}

/// A source of the engine that says this.
fn name(repo: &mut Repo, what: &str) {
    put(repo, "crates/palermo-engine/src/x.rs", &format!("{SOUND}{what}\n"));
}

const SOUND: &str = "//! What this file is for, in one line.\n\npub fn f() {}\n";
const PAGE: &str = "**What happened.** Something.\n**Why it stops.** A reason.\n**What to do.** Something that helps.\n";

/// Three crates, nothing wrong.
fn sound() -> Repo {
    let mut repo = Repo {
        packages: vec![
            package("palermo-domain", "crates/palermo-domain", &[("hashbrown", false)]),
            package("palermo-testkit", "crates/palermo-testkit", &[("palermo-domain", false)]),
            package(
                "palermo-engine",
                "crates/palermo-engine",
                &[("palermo-domain", false), ("palermo-testkit", true)],
            ),
            package(
                "palermo-kafka",
                "crates/palermo-kafka",
                &[("palermo-engine", false), ("rdkafka", false)],
            ),
            package("palermo-ops", "crates/palermo-ops", &[("prometheus", false)]),
        ],
        ..Repo::default()
    };
    for (name, layer) in [("domain", 0), ("testkit", 1), ("engine", 5), ("kafka", 6), ("ops", 6)] {
        repo.layers.insert(format!("palermo-{name}"), layer);
        put(&mut repo, &format!("crates/palermo-{name}/Cargo.toml"), "[lints]\nworkspace = true\n");
        put(&mut repo, &format!("crates/palermo-{name}/src/lib.rs"), SOUND);
    }
    repo.core_libraries.insert("hashbrown".to_owned());
    repo.owners.insert("rdkafka".to_owned(), "palermo-kafka".to_owned());
    repo.owners.insert("prometheus".to_owned(), "palermo-ops".to_owned());
    let lock = "version = 4\n\n[[package]]\nname = \"hashbrown\"\nversion = \"1.0.0\"\nsource = \
                \"registry+https://github.com/rust-lang/crates.io-index\"\nchecksum = \"00\"\n\n\
                [[package]]\nname = \"palermo-domain\"\nversion = \"0.1.0\"\n";
    put(&mut repo, "Cargo.lock", lock);
    put(&mut repo, "Cargo.toml", "[workspace]\n");
    put(&mut repo, ".gitignore", "target/\n");
    repo.metrics.insert("palermo_records_total".to_owned());
    put(&mut repo, "docs/metrics.md", "| `palermo_records_total` | counter |\n");
    repo.keys.insert("kafka.group".to_owned());
    put(&mut repo, "docs/configuration.md", "| `kafka.group` | name |\n");
    repo.codes.insert("chain_mismatch".to_owned());
    put(&mut repo, "docs/errors/chain_mismatch.md", &format!("# chain_mismatch\n\n{PAGE}"));
    repo
}

/// One violation: the check that must see it, what is planted, and what the complaint says.
type Row = (&'static str, fn(&mut Repo), &'static str);

const PLANTED: &[Row] = &[
    (
        "layers",
        |repo| depend(repo, "palermo-domain", "palermo-engine", false),
        "`palermo-domain` (layer 0) depends upward on `palermo-engine` (layer 5)",
    ),
    (
        "layers",
        |repo| depend(repo, "palermo-kafka", "palermo-ops", false),
        "`palermo-kafka` (layer 6) depends sideways on `palermo-ops` (layer 6)",
    ),
    (
        "layers",
        |repo| depend(repo, "palermo-domain", "palermo-testkit", true),
        "`palermo-domain` (layer 0) depends upward on `palermo-testkit` (layer 1) (in its tests)",
    ),
    (
        "layers",
        |repo| {
            repo.layers.remove("palermo-ops");
        },
        "`palermo-ops` is missing in [workspace.metadata.layers]",
    ),
    (
        "layers",
        |repo| {
            repo.layers.insert("palermo-gone".to_owned(), 3);
        },
        "names `palermo-gone`, which is no crate",
    ),
    (
        "owners",
        |repo| depend(repo, "palermo-engine", "rdkafka", false),
        "`palermo-engine` names `rdkafka`, which only `palermo-kafka` may",
    ),
    (
        "owners",
        |repo| depend(repo, "palermo-kafka", "prometheus", true),
        "`palermo-kafka` names `prometheus`, which only `palermo-ops` may",
    ),
    (
        "testkit is for tests",
        |repo| depend(repo, "palermo-engine", "palermo-testkit", false),
        "`palermo-engine` depends on palermo-testkit outside its tests",
    ),
    (
        "lints",
        |repo| put(repo, "crates/palermo-ops/Cargo.toml", "[package]\n"),
        "`palermo-ops` does not say `[lints] workspace = true`",
    ),
    (
        "lock",
        |repo| {
            let lock = repo.text("Cargo.lock").unwrap_or("").replace(
                "registry+https://github.com/rust-lang/crates.io-index",
                "git+https://example.org/hashbrown",
            );
            put(repo, "Cargo.lock", &lock);
        },
        "`hashbrown` comes from `git+https://example.org/hashbrown`",
    ),
    (
        "lock",
        |repo| {
            let lock = repo.text("Cargo.lock").unwrap_or("").replace("checksum = \"00\"\n", "");
            put(repo, "Cargo.lock", &lock);
        },
        "`hashbrown` has no checksum",
    ),
    (
        "lock",
        |repo| {
            let lock = repo.text("Cargo.lock").unwrap_or("").to_owned();
            put(
                repo,
                "Cargo.lock",
                &(lock + "\n[[package]]\nname = \"vendored\"\nversion = \"1.0.0\"\n"),
            );
        },
        "`vendored` comes from a path outside the workspace",
    ),
    ("lock", |repo| repo.files.retain(|file| file.path != "Cargo.lock"), "Cargo.lock is missing"),
    (
        "core is pure",
        |repo| {
            put(
                repo,
                "crates/palermo-engine/src/x.rs",
                &format!("{SOUND}use std::time::Instant;\n"),
            )
        },
        "crates/palermo-engine/src/x.rs:4 names `std::time::Instant`",
    ),
    (
        "core is pure",
        |repo| {
            put(
                repo,
                "crates/palermo-domain/src/x.rs",
                &format!("{SOUND}fn g() {{ std::fs::read(\"x\"); }}\n"),
            )
        },
        "names `std::fs::read`",
    ),
    (
        "core is pure",
        |repo| name(repo, "use std::{fmt,\n    thread};"),
        "x.rs:5 names `std::thread`",
    ),
    (
        "core is pure",
        |repo| name(repo, "use std::time::{Duration, Instant};"),
        "x.rs:4 names `std::time::Instant`",
    ),
    ("core is pure", |repo| name(repo, "use std::{self as s, fmt};"), "x.rs:4 names `std`"),
    ("core is pure", |repo| name(repo, "fn g() { ::std :: net::x(); }"), "names `std::net::x`"),
    ("core is pure", |repo| name(repo, "use std::env::*;"), "names `std::env::*`"),
    (
        "core libraries",
        |repo| depend(repo, "palermo-engine", "rand", false),
        "`palermo-engine` names `rand`, which is missing in [workspace.metadata.core-libraries]",
    ),
    (
        "core libraries",
        |repo| {
            repo.core_libraries.insert("rand".to_owned());
        },
        "lists `rand`, which no crate of the core names",
    ),
    (
        "first doc line",
        |repo| put(repo, "crates/palermo-ops/src/lib.rs", "pub fn f() {}\n"),
        "crates/palermo-ops/src/lib.rs does not begin with a `//!` line",
    ),
    (
        "first doc line",
        |repo| put(repo, "crates/palermo-ops/src/module.rs", "//!\nmod x;\n"),
        "crates/palermo-ops/src/module.rs",
    ),
    (
        "metrics",
        |repo| {
            repo.metrics.insert("palermo_new_total".to_owned());
        },
        "docs/metrics.md does not explain `palermo_new_total`",
    ),
    (
        "configuration keys",
        |repo| {
            repo.keys.insert("kafka.new".to_owned());
        },
        "docs/configuration.md does not explain `kafka.new`",
    ),
    (
        "error codes",
        |repo| {
            repo.codes.insert("new_code".to_owned());
        },
        "`new_code` has no page docs/errors/new_code.md",
    ),
    (
        "error codes",
        |repo| put(repo, "docs/errors/chain_mismatch.md", &format!("# other\n\n{PAGE}")),
        "does not begin with `# chain_mismatch`",
    ),
    (
        "error codes",
        |repo| put(repo, "docs/errors/chain_mismatch.md", "# chain_mismatch\n\nTo do.\n"),
        "explains nothing",
    ),
    (
        "error pages",
        |repo| put(repo, "docs/errors/gone.md", &format!("# gone\n\n{PAGE}")),
        "docs/errors/gone.md explains `gone`, which nothing says",
    ),
    ("tabs", |repo| put(repo, "rules/x.yaml", "a:\n\tb: 1\n"), "rules/x.yaml:2 holds a tab"),
    (
        "long files",
        |repo| put(repo, "crates/palermo-ops/src/long.rs", &format!("{SOUND}{}", "\n".repeat(700))),
        "crates/palermo-ops/src/long.rs has 703 lines",
    ),
    (
        "machine paths",
        |repo| put(repo, "docs/x.md", concat!("see /wo", "rk/main/x\n")),
        "docs/x.md:1 names",
    ),
    (
        "machine paths",
        |repo| put(repo, "deploy/x.sh", concat!("cd /ro", "ot/x\n")),
        "deploy/x.sh:1 names",
    ),
    (
        "machine paths",
        |repo| put(repo, "docs/x.md", concat!("\nin /tmp/bash", "_jobs.0\n")),
        "docs/x.md:2 names",
    ),
    (
        "registry hosts",
        |repo| {
            put(
                repo,
                ".cargo/config.toml",
                concat!("[source.x]\nregistry = \"https://index.cra", "tes.io/\"\n"),
            )
        },
        ".cargo/config.toml:2 names",
    ),
    ("top level", |repo| put(repo, "notes.txt", "x\n"), "`notes.txt` does not belong"),
    ("top level", |repo| put(repo, "tools/x.sh", "x\n"), "`tools` does not belong"),
    (
        "allow without reason",
        |repo| {
            put(
                repo,
                "crates/palermo-ops/src/x.rs",
                &format!("{SOUND}#[allow(dead_code)]\nfn g() {{}}\n"),
            )
        },
        "crates/palermo-ops/src/x.rs:4 makes an exception without a reason",
    ),
    (
        "allow without reason",
        |repo| {
            put(
                repo,
                "crates/palermo-ops/src/x.rs",
                &format!("{SOUND}    #[expect(\n    dead_code\n)]\nfn g() {{}}\n"),
            )
        },
        "makes an exception without a reason",
    ),
];

fn check(name: &str) -> Check {
    *CHECKS.iter().find(|(other, _)| *other == name).expect("the check of the row")
}

#[test]
fn a_sound_repository_has_no_complaint() {
    for (name, check) in CHECKS {
        assert_eq!(check(&sound()), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn every_planted_violation_is_seen() {
    for (name, plant, said) in PLANTED {
        let mut repo = sound();
        plant(&mut repo);
        let complaints = check(name).1(&repo);
        assert_eq!(complaints.len(), 1, "{name}, `{said}`: {complaints:?}");
        assert!(complaints[0].contains(said), "{name}: `{}` does not say `{said}`", complaints[0]);
    }
}

#[test]
fn every_check_has_a_planted_violation() {
    let planted: BTreeSet<&str> = PLANTED.iter().map(|(name, ..)| *name).collect();
    let unproved: Vec<&str> =
        CHECKS.iter().map(|(name, _)| *name).filter(|name| !planted.contains(name)).collect();
    assert!(unproved.is_empty(), "no violation is planted for {unproved:?}");
}

/// What looks like a violation and is none.
#[test]
fn no_false_complaint() {
    let mut repo = sound();
    let tests_only =
        format!("{SOUND}#[cfg(test)]\nmod tests {{\n    use std::time::Instant;\n}}\n");
    put(&mut repo, "crates/palermo-engine/src/x.rs", &tests_only);
    put(&mut repo, "crates/palermo-engine/src/y.rs", &format!("{SOUND}// not std::fs\n"));
    let texts = "use std::{fmt, io};\nconst A: &str = \"std::fs\";\n/* std::env */\nuse std::time::Duration;\n";
    put(&mut repo, "crates/palermo-engine/src/z.rs", &format!("{SOUND}{texts}"));
    depend(&mut repo, "palermo-ops", "rand", false);
    depend(&mut repo, "palermo-engine", "proptest", true);
    put(&mut repo, "crates/palermo-ops/src/x.rs", &format!("{SOUND}use std::time::Instant;\n"));
    let reason = "#[allow(dead_code, reason = \"a (reason)\")]\nfn g() {}\n";
    put(&mut repo, "crates/palermo-ops/src/y.rs", &format!("{SOUND}{reason}"));
    put(&mut repo, "Makefile", "all:\n\techo\n");
    put(&mut repo, "docs/x.md", "artwork/ and framework/main and /var/lib/palermo\n");
    for (name, check) in CHECKS {
        assert_eq!(check(&repo), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn codes_are_found_where_the_sources_say_them() {
    let text = "
        EngineStop { code: \"one\", reason }
            code: \"two\",
    pub const fn code(&self) -> &'static str {
        match self {
            Self::A { .. } | Self::B => \"three\",
        }
    }
    fn other() { \"four\"; }
    code: \"Not A Code\",
    pub const CODE: &str = \"five\";
    self.error(\"E104\", span, \"E10\");
    ";
    let mut codes = BTreeSet::new();
    codes_in(text, &mut codes);
    assert_eq!(codes.into_iter().collect::<Vec<_>>(), ["E104", "five", "one", "three", "two"]);
}
