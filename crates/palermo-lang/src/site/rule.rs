//! The page of one rule.

use super::html::{code, esc, facts, link, list, page as whole, section, table};
use super::words::{Words, length, spaced, value};
use super::{Book, family, lists, logic};
use crate::check::typology::SUBJECT_UNLESS_CONTROL;
use crate::library::{Tree, Written};
use crate::test_notes::{Purpose, TestNote, notes};

pub(super) fn page(book: &Book<'_>, rule: &Written) -> String {
    let tree = &rule.tree;
    let title = format!("{} {}", tree.at("id"), tree.at("title"));
    let tests = notes(book.library, rule);
    let words = Words::of(tree);
    let body = [
        format!("<h1>{}</h1>\n", esc(&title)),
        format!("<p>{}</p>\n", esc(tree.at("description"))),
        head(rule),
        section("when", "When it holds", &logic::when(book, tree, &words)),
        section("selections", "Payments that it looks at", &logic::selections(tree, &words)),
        section("measures", "What is measured", &logic::measures(tree, &words)),
        section("parameters", "Parameters", &parameters(tree)),
        section("reads", "What a person reads", &texts(tree)),
        section("sources", "Sources", &sources(book, tree)),
        section("lookalikes", "Lawful look-alikes", &lookalikes(book, tree, &tests)),
        section("wrong", "Known to go wrong", &wrong(&tests)),
        section("tests", "Tests", &table_of(&tests)),
        section("users", "Used by", &users(book, tree.at("id"))),
        section("lists", "Lists that it reads", &lists_read(book, tree.at("id"))),
    ]
    .concat();
    whole(&title, "../", &body, "")
}

fn head(rule: &Written) -> String {
    let tree = &rule.tree;
    let all = |key: &str| {
        let words = tree.get(key).map_or_else(Vec::new, Tree::texts);
        esc(&words.into_iter().map(spaced).collect::<Vec<_>>().join(", "))
    };
    let letter = tree.at("family");
    facts(&[
        ("kind", esc(tree.at("kind"))),
        ("version", esc(tree.at("version"))),
        ("status", esc(tree.at("status"))),
        ("crime", all("crime")),
        ("family of evidence", esc(format!("{letter} {}", family(letter)).trim())),
        ("tier", esc(tree.at("tier"))),
        ("about", esc(tree.at("subject"))),
        ("anchor", esc(tree.at("anchor"))),
        ("window", esc(&length(tree.at("window")))),
        ("looked at", evaluated(tree).to_owned()),
        ("needs the feeds", all("feeds")),
        ("runs only in", all("regions")),
        ("stage of laundering", all("stage")),
        ("technique of AMLTRIX (by Amlyze)", all("amltrix")),
        ("file", code(&rule.path)),
    ])
}

fn evaluated(tree: &Tree) -> &'static str {
    match tree.at("evaluate") {
        "day" => "at each payment, and at the end of each UTC day for what stopped or never came",
        _ => "",
    }
}

fn parameters(tree: &Tree) -> String {
    let row = |(name, param): (&str, &Tree)| {
        let ends = param.get("range").map_or_else(Vec::new, Tree::texts);
        let ends: Vec<String> = ends.into_iter().map(|end| value(param, end)).collect();
        let step = param.at("step");
        let stricter = match param.at("stricter") {
            "up" => "higher",
            "down" => "lower",
            _ => "",
        };
        let basis = match param.at("cite") {
            "" => param.at("basis").to_owned(),
            key => format!("{} ({key})", param.at("basis")),
        };
        let cells = [
            value(param, param.at("value")),
            ends.join(" to "),
            if step.is_empty() { String::new() } else { value(param, step) },
            stricter.to_owned(),
            basis,
            param.at("why").to_owned(),
        ];
        let mut row = vec![code(name)];
        row.extend(cells.iter().map(|cell| esc(cell)));
        row
    };
    let params = tree.get("parameters").into_iter().flat_map(Tree::entries);
    let rows: Vec<Vec<String>> = params.map(row).collect();
    let heads = ["name", "value", "range", "step", "stricter is", "basis", "why"];
    table(
        "Numbers that decide. Published: the source prints this very number. Default: our choice",
        &heads,
        &rows,
    )
}

fn texts(tree: &Tree) -> String {
    let mut all = String::new();
    for (key, what) in [
        ("headline", "Headline of the alert"),
        ("text", "Text where it holds"),
        ("text_not", "Text where it does not"),
    ] {
        if tree.get(key).is_some() {
            all.push_str(&format!(
                "<h3>{what}</h3>\n<pre><code>{}</code></pre>\n",
                esc(tree.at(key))
            ));
        }
    }
    let mut roles = Vec::new();
    for key in ["role", "roles"] {
        let entries = tree.get(key).into_iter().flat_map(Tree::entries);
        roles.extend(entries.map(|(who, role)| {
            let role = match role.text().unwrap_or("") {
                SUBJECT_UNLESS_CONTROL => "subject, or undetermined where another person controls",
                role => role,
            };
            format!("{}: {}", esc(who), esc(&spaced(role)))
        }));
    }
    if !roles.is_empty() {
        all.push_str(&format!("<h3>Roles in a report</h3>\n{}", list(&roles)));
    }
    let next = tree.get("investigate").map_or_else(Vec::new, Tree::texts);
    if !next.is_empty() {
        let next: Vec<String> = next.into_iter().map(esc).collect();
        all.push_str(&format!("<h3>To look at next</h3>\n{}", list(&next)));
    }
    all
}

fn sources(book: &Book<'_>, tree: &Tree) -> String {
    let row = |cite: &Tree| {
        let (source, doc) = book.sources.get(cite.at("key")).copied().unwrap_or(("", ""));
        let read = match cite.at("status") {
            "found" => "found: the text was read",
            "found_secondary" => {
                "found in another author’s paraphrase: open the original before citing it"
            }
            "recalled" => "recalled from memory: verify",
            "default" => "ours: no source claims it",
            other => other,
        };
        vec![code(cite.at("key")), esc(source), esc(doc), esc(cite.at("item")), esc(read)]
    };
    let rows: Vec<Vec<String>> =
        tree.get("cite").map_or(&[][..], Tree::items).iter().map(row).collect();
    table(
        "Where it comes from",
        &["key", "institution", "document", "item", "how it was read"],
        &rows,
    )
}

fn lookalikes(book: &Book<'_>, tree: &Tree, tests: &[TestNote]) -> String {
    let mut all: Vec<String> = Vec::new();
    for key in ["lookalikes", "suppress"] {
        all.extend(
            tree.get(key).map_or_else(Vec::new, Tree::texts).into_iter().map(|id| book.beside(id)),
        );
    }
    let mut told: Vec<&str> = tests.iter().map(|test| test.lookalike.as_str()).collect();
    told.sort_unstable();
    told.dedup();
    let tested =
        told.into_iter().filter(|told| !told.is_empty() && book.library.rule(told).is_none());
    all.extend(tested.map(|told| format!("{} (tested)", esc(told))));
    list(&all)
}

/// What a person must know before opening an alert.
fn wrong(tests: &[TestNote]) -> String {
    let known = tests
        .iter()
        .filter(|test| matches!(test.purpose, Purpose::KnownGap | Purpose::KnownFalsePositive));
    let each: Vec<String> = known
        .map(|test| {
            let about = if test.lookalike.is_empty() {
                String::new()
            } else {
                format!(" ({})", test.lookalike)
            };
            let text = format!("{}{about}: {}", spaced(&test.name.replace('-', " ")), test.comment);
            format!(
                "<strong>{}</strong>: {}",
                test.purpose.as_str(),
                esc(text.trim_end_matches([' ', ':']))
            )
        })
        .collect();
    if each.is_empty() {
        String::new()
    } else {
        format!("<div class=\"care\">{}</div>\n", list(&each))
    }
}

fn table_of(tests: &[TestNote]) -> String {
    let row = |test: &TestNote| {
        let purpose = match (test.purpose, test.missing.as_str()) {
            (purpose, "") => purpose.as_str().to_owned(),
            (purpose, field) => format!("{}: {field}", purpose.as_str()),
        };
        vec![code(&test.name), esc(&purpose), esc(&test.lookalike), esc(&test.comment)]
    };
    let rows: Vec<Vec<String>> = tests.iter().map(row).collect();
    table("Cases that run with every change", &["name", "purpose", "look-alike", "remark"], &rows)
}

fn users(book: &Book<'_>, id: &str) -> String {
    let uses = book.edges.iter().filter(|(_, _, to)| to == id);
    let said = |how: &str| match how {
        "requires" => "requires it",
        "is boosted by" => "is boosted by it",
        "raises in the queue" => "raises its alerts in the queue",
        _ => "is suppressed by it",
    };
    let uses: Vec<String> =
        uses.map(|(from, how, _)| format!("{}: {}", book.beside(from), said(how))).collect();
    list(&uses)
}

fn lists_read(book: &Book<'_>, id: &str) -> String {
    let reads = book.edges.iter().filter(|(from, how, _)| from == id && *how == "reads");
    let read = |name: &str| {
        let name = name.strip_prefix("list ").unwrap_or(name);
        let title = book.library.lists.iter().find(|list| list.tree.at("list") == name);
        let title = title.map_or("", |list| list.tree.at("title"));
        format!("{} {}", link(&format!("../lists.html#{}", lists::anchor(name)), name), esc(title))
    };
    let reads: Vec<String> = reads.map(|(_, _, name)| read(name)).collect();
    list(&reads)
}
