//! What the README says can be done can be done.

use crate::command::palermo;

fn readme() -> String {
    std::fs::read_to_string(palermo_tests::root().join("README.md")).expect("README.md")
}

/// Every `palermo …` in a code block is a command with arguments that exist.
#[test]
fn its_commands_exist() {
    let text = readme();
    let mut seen = 0;
    let mut printed = false;
    for line in text.lines() {
        if let Some(language) = line.strip_prefix("```") {
            // What a terminal shows: only what follows a prompt is a command.
            printed = language == "text";
        }
        let line = line.trim_start();
        let prompted = line.strip_prefix("$ ");
        if printed && prompted.is_none() {
            continue;
        }
        let line = prompted.unwrap_or(line);
        let Some(arguments) = line.strip_prefix("palermo ") else { continue };
        // Up to a comment, a pipe or a redirection.
        let arguments = arguments.split(['#', '|', '>', '&']).next().unwrap_or("");
        let words: Vec<&str> = arguments.split_whitespace().collect();
        let command: Vec<&str> = words
            .iter()
            .copied()
            .take_while(|word| {
                word.chars().all(|c| c.is_ascii_lowercase() || c == '-') && !word.starts_with('-')
            })
            .take(2)
            .collect();
        let known = (1..=command.len())
            .rev()
            .map(|n| palermo(&[&command[..n], &["--help"]].concat()))
            .find(|done| done.code == 0);
        let help = known.unwrap_or_else(|| panic!("no such command: {line}")).stdout;
        for flag in words.iter().filter(|word| word.starts_with("--")) {
            let flag = flag.split('=').next().unwrap_or(flag);
            assert!(help.contains(flag), "`{flag}` of `{line}` does not exist");
        }
        seen += 1;
    }
    assert!(seen > 0, "the README shows no command");
}

/// Every relative link leads to a file, every guarantee's test to a test.
#[test]
fn its_links_lead_somewhere() {
    let root = palermo_tests::root();
    for target in readme().split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
        let path = target.split('#').next().unwrap_or("");
        if path.is_empty() || path.contains("://") {
            continue;
        }
        assert!(root.join(path).exists(), "README.md links to `{path}`, which is not there");
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
