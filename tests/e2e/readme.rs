//! What the README, the pages under `docs/` and that of the rules say can be done can be done.

use crate::command::palermo;
use std::collections::BTreeMap;
use std::path::Path;

fn readme() -> String {
    std::fs::read_to_string(palermo_tests::root().join("README.md")).expect("README.md")
}

/// Every page that tells a reader what to type, by its path from the root.
fn pages() -> BTreeMap<String, String> {
    fn add(folder: &Path, pages: &mut BTreeMap<String, String>) {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                add(&path, pages);
            } else if path.extension().is_some_and(|end| end == "md") {
                let shown = path.strip_prefix(palermo_tests::root()).expect("below the root");
                let text = std::fs::read_to_string(&path).expect("a page");
                pages.insert(shown.display().to_string(), text);
            }
        }
    }
    let mut pages = BTreeMap::new();
    add(&palermo_tests::root().join("docs"), &mut pages);
    add(&palermo_tests::root().join("rules"), &mut pages);
    pages.insert("README.md".to_owned(), readme());
    pages
}

/// What a page tells to type after `palermo `: in blocks of code, and in the text between
/// backticks.
fn commands(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let (mut fenced, mut printed) = (false, false);
    for line in text.lines() {
        if let Some(language) = line.strip_prefix("```") {
            fenced = !fenced;
            // What a terminal shows: only what follows a prompt is a command.
            printed = language == "text";
            continue;
        }
        if fenced || line.starts_with("    ") {
            let line = line.trim_start();
            let prompted = line.strip_prefix("$ ");
            if !printed || prompted.is_some() {
                found.extend(prompted.unwrap_or(line).strip_prefix("palermo "));
            }
        } else {
            let quoted = line.split('`').skip(1).step_by(2);
            found.extend(quoted.filter_map(|quoted| quoted.strip_prefix("palermo ")));
        }
    }
    found
}

/// Every `palermo …` is a command with arguments that exist.
#[test]
fn its_commands_exist() {
    let (mut seen, mut help) = (BTreeMap::new(), BTreeMap::new());
    for (page, text) in pages() {
        for command in commands(&text) {
            exists(&page, command, &mut help);
            *seen.entry(page.clone()).or_insert(0) += 1;
        }
    }
    for page in ["README.md", "rules/README.md", "docs/rules.md", "docs/errors/config.md"] {
        assert!(seen.contains_key(page), "{page} shows no command");
    }
}

/// Looks at the help of the command; each is asked for once.
fn exists(page: &str, command: &str, known: &mut BTreeMap<Vec<String>, Option<String>>) {
    // Up to a comment, a pipe or a redirection.
    let arguments = command.split(['#', '|', '>', '&']).next().unwrap_or("");
    let words: Vec<&str> = arguments.split_whitespace().collect();
    let is_name = |word: &str| {
        word.chars().all(|c| c.is_ascii_lowercase() || c == '-') && !word.starts_with('-')
    };
    let names: Vec<&str> = words.iter().copied().take_while(|word| is_name(word)).take(2).collect();
    let mut found = None;
    for n in (0..=names.len()).rev() {
        if found.is_some() {
            break;
        }
        let key: Vec<String> = names[..n].iter().map(|name| (*name).to_owned()).collect();
        let asked = known.entry(key).or_insert_with(|| {
            let done = palermo(&[&names[..n], &["--help"]].concat());
            (done.code == 0).then_some(done.stdout)
        });
        found = asked.clone().map(|help| (n, help));
    }
    let (n, help) = found.expect("the command has help");
    // A group of commands takes no argument of its own: a word behind it must be one of its names.
    let group = help.contains("<COMMAND>");
    assert!(!group || n == names.len(), "{page}: no such command: {command}");
    for flag in words.iter().filter(|word| word.starts_with("--")) {
        let flag = flag.split('=').next().unwrap_or(flag);
        assert!(help.contains(flag), "{page}: `{flag}` of `{command}` does not exist");
    }
}

/// Every relative link leads to a file, every guarantee's test to a test.
#[test]
fn its_links_lead_somewhere() {
    let root = palermo_tests::root();
    for (page, text) in pages() {
        let folder = root.join(&page).parent().expect("a folder").to_owned();
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let path = target.split('#').next().unwrap_or("");
            if path.is_empty() || path.contains("://") {
                continue;
            }
            assert!(folder.join(path).exists(), "{page} links to `{path}`, which is not there");
        }
    }
}

/// Every `make` target that it names is in the Makefile.
#[test]
fn its_make_targets_exist() {
    let makefile =
        std::fs::read_to_string(palermo_tests::root().join("Makefile")).expect("Makefile");
    let text = readme();
    let named = text.split("make ").skip(1).filter_map(|rest| {
        let word = rest.split(|c: char| !c.is_ascii_lowercase() && c != '-').next()?;
        ["demo", "test", "bench", "soak", "build", "run"].contains(&word).then_some(word)
    });
    for target in named {
        assert!(
            makefile.lines().any(|line| line.starts_with(&format!("{target}:"))),
            "make {target}"
        );
    }
    assert!(text.contains("make demo") && text.contains("make test"));
}
