//! What must be written down.

use crate::repo::{Repo, SourceFile};

/// Every source file says first what it is for.
pub fn first_lines(repo: &Repo) -> Vec<String> {
    let silent = |file: &&SourceFile| {
        let first = file.lines().map(|(_, line)| line.trim()).find(|line| !line.is_empty());
        let said = first.and_then(|line| line.strip_prefix("//!")).unwrap_or("").trim();
        said.len() <= 10
    };
    let sources = repo.files.iter().filter(|file| file.is_rust());
    sources
        .filter(silent)
        .map(|file| format!("{} does not begin with a `//!` line", file.path))
        .collect()
}

/// Every metric stands in docs/metrics.md.
pub fn metrics(repo: &Repo) -> Vec<String> {
    listed(repo, "docs/metrics.md", &repo.metrics)
}

/// Every configuration key stands in docs/configuration.md.
pub fn keys(repo: &Repo) -> Vec<String> {
    listed(repo, "docs/configuration.md", &repo.keys)
}

fn listed(repo: &Repo, page: &str, names: &std::collections::BTreeSet<String>) -> Vec<String> {
    let text = repo.text(page).unwrap_or("");
    let unlisted = names.iter().filter(|name| !text.contains(&format!("`{name}`")));
    unlisted.map(|name| format!("{page} does not explain `{name}`")).collect()
}

/// Every code has a page that says more than its name.
pub fn codes(repo: &Repo) -> Vec<String> {
    let mut complaints = Vec::new();
    for code in &repo.codes {
        let path = format!("docs/errors/{code}.md");
        match repo.text(&path) {
            None => complaints.push(format!("`{code}` has no page {path}")),
            Some(text) if !is_headed(text, code) => {
                complaints.push(format!("{path} does not begin with `# {code}`"));
            }
            Some(text) if text.len() < 100 => complaints.push(format!("{path} explains nothing")),
            Some(_) => {}
        }
    }
    complaints
}

/// `# code`, alone or with a title behind it.
fn is_headed(text: &str, code: &str) -> bool {
    let rest = text.strip_prefix("# ").and_then(|text| text.strip_prefix(code));
    rest.is_some_and(|rest| rest.starts_with(['\n', ':', ' ']))
}

/// Every page is of a code that the product can say.
pub fn pages(repo: &Repo) -> Vec<String> {
    let said = |code: &str| {
        let literal = format!("\"{code}\"");
        let product = repo.files.iter().filter(|f| f.is_rust() && f.path.starts_with("crates/"));
        repo.codes.contains(code)
            || product.into_iter().any(|f| f.text.as_deref().is_some_and(|t| t.contains(&literal)))
    };
    let pages = repo.files.iter().filter_map(|file| {
        let code = file.path.strip_prefix("docs/errors/")?.strip_suffix(".md")?;
        (code != "README").then_some((file, code))
    });
    pages
        .filter(|(_, code)| !said(code))
        .map(|(file, code)| format!("{} explains `{code}`, which nothing says", file.path))
        .collect()
}
