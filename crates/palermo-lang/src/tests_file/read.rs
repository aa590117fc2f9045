//! Test files: reading and checking.

use super::event::{Places, template};
use super::expect::{Ids, expect, invariants};
use super::lint::{Facts, complete};
use super::party::parties as read_parties;
use super::{Invariants, Test, TestFile, World};
use crate::check::forbidden;
use crate::check::list::list;
use crate::check::pool::Lists;
use crate::diagnostic::{Diagnostics, RuleError};
use crate::program::{self, Literal};
use crate::read::{Cx, Fields};
use crate::source::Sources;
use crate::vocabulary;
use crate::yaml::{Node, Value};
use palermo_domain::{Currency, Date, Decimal, EventTime, Place, parse_amount};

/// The list that tests name places of.
const PLACES: &str = "places";

/// Reads every test file. The rules that it names and the places are looked up in the rule and
/// list files of the same sources, whose own problems [`crate::compile`] reports.
///
/// # Errors
/// Every problem of every test file.
pub fn parse_tests(sources: &Sources) -> Result<Vec<TestFile>, Diagnostics> {
    let (facts, places, mut errors) = context(sources);
    if !errors.is_empty() {
        return Err(Diagnostics::new(errors));
    }
    let mut files = Vec::new();
    for (path, text) in sources.tests() {
        let mut cx = Cx::new(path, text);
        let root = crate::compile::root(&mut cx);
        if cx.errors.is_empty() {
            forbidden::scan(&mut cx, &root);
            files.extend(file(&mut cx, &root, &facts, &places));
        }
        errors.append(&mut cx.errors);
    }
    if errors.is_empty() { Ok(files) } else { Err(Diagnostics::new(errors)) }
}

/// What is known of every rule, every place, and the rule files that cannot be read: a test of them, or of
/// whatever names them, would be wrong only for that.
fn context(sources: &Sources) -> (Facts, Places, Vec<RuleError>) {
    let mut facts = Facts::default();
    let mut lists = Lists::new();
    let mut errors = Vec::new();
    for (path, text) in sources.rules() {
        let mut cx = Cx::new(path, text);
        let root = crate::compile::root(&mut cx);
        errors.append(&mut cx.errors);
        let Value::Map(entries) = &root.value else { continue };
        let scalar = |key: &str| {
            entries.iter().find(|(k, _)| k.text == key).and_then(|(_, node)| node.scalar())
        };
        if let Some(kind) = scalar("kind") {
            facts.add(kind, scalar("id"), entries);
        } else if scalar("list") == Some(PLACES) {
            list(&mut cx, &root, &mut lists);
        }
    }
    (facts, places(&lists), errors)
}

fn places(lists: &Lists) -> Places {
    let Some(list) = lists.get(PLACES) else { return Places::new() };
    let (country, region, town) =
        (list.column("country"), list.column("region"), list.column("town"));
    let cell = |cells: &[Option<Literal>], at: Option<usize>| match cells.get(at?)? {
        Some(Literal::Text(text)) => Some(text.clone()),
        _ => None,
    };
    let rows = list.rows.iter().map(|row| {
        let place = Place {
            country: cell(&row.cells, country),
            region: cell(&row.cells, region),
            town: cell(&row.cells, town),
            locode: None,
            coordinates: program::coordinates(&list.columns, &row.cells),
        };
        (row.key.clone(), place)
    });
    rows.collect()
}

fn file(cx: &mut Cx, root: &Node, facts: &Facts, places: &Places) -> Option<TestFile> {
    let ids = &facts.ids;
    let keys = ["rule", "world", "parties", "tests"];
    let fields = Fields::open(cx, root, "a test file", &keys, &[])?;
    let rule = fields.need(cx, "rule").and_then(|node| {
        let rule = cx.filled(node)?;
        if !ids.contains(rule) {
            cx.unknown("E102", &node.range, "rule", rule, ids.iter().map(String::as_str));
        }
        Some(rule.to_owned())
    });
    let world = fields.need(cx, "world").and_then(|node| world(cx, node));
    let tests_node = fields.need(cx, "tests");
    let tests = tests_node.map_or_else(Vec::new, |node| tests(cx, node, ids, places));
    complete(cx, &fields, rule.as_deref(), &tests, facts);
    let world = world?;
    let mut parties = Vec::new();
    if let Some(node) = fields.get("parties") {
        for item in cx.items(node) {
            parties.extend(read_parties(cx, item, places, &world));
        }
    }
    Some(TestFile { path: cx.path().to_owned(), rule: rule?, world, parties, tests })
}

fn world(cx: &mut Cx, node: &Node) -> Option<World> {
    let keys = ["base_currency", "start", "horizon", "evidence_horizon", "lateness", "rates"];
    let fields = Fields::open(cx, node, "`world`", &keys, &[])?;
    let base_currency = fields
        .need(cx, "base_currency")
        .and_then(|node| cx.parsed(node, "a currency", "USD", Currency::try_new));
    let start = fields.need(cx, "start").and_then(|node| {
        let read =
            |text: &str| Date::parse(text).ok().map(Date::midnight).or(EventTime::parse(text).ok());
        cx.parsed(node, "a day or a time", "2026-03-02", read)
    });
    let mut span = |key| fields.get(key).and_then(|node| cx.duration(node));
    let (horizon, evidence_horizon, lateness) =
        (span("horizon"), span("evidence_horizon"), span("lateness"));
    let rates = fields.get("rates").map_or_else(Vec::new, |node| rates(cx, node));
    Some(World {
        base_currency: base_currency?,
        start: start?,
        horizon,
        evidence_horizon,
        lateness,
        rates,
    })
}

/// Units of other currencies for one of the base currency, as in the list `fx`.
fn rates(cx: &mut Cx, node: &Node) -> Vec<(Currency, Decimal)> {
    let Some(fields) = Fields::any(cx, node, "`rates`") else { return Vec::new() };
    let mut all = Vec::new();
    for (key, node) in fields.entries() {
        let Some(currency) = Currency::try_new(&key.text) else {
            let message = format!("`{}` is no currency", key.text);
            cx.error("E104", &key.range, message, "write `rates: {EUR: \"0.92\"}`");
            continue;
        };
        let read = |text: &str| parse_amount(text).ok().filter(|rate| !rate.is_zero());
        let rate = cx.parsed(node, "units for one of the base currency", "0.92", read);
        all.extend(rate.map(|rate| (currency, rate)));
    }
    all
}

fn tests(cx: &mut Cx, node: &Node, ids: &Ids, places: &Places) -> Vec<Test> {
    let mut all: Vec<Test> = Vec::new();
    let mut borrowed: Vec<(&Node, String)> = Vec::new();
    for item in cx.items(node) {
        let Some((test, from, name)) = test(cx, item, ids, places) else { continue };
        if all.iter().any(|seen| seen.name == test.name) {
            let message = format!("a second test named `{}`", test.name);
            cx.error("E170", &name.range, message, "choose another name");
            continue;
        }
        borrowed.extend(from.zip(test.from.clone()));
        all.push(test);
    }
    let names: Vec<&str> =
        all.iter().filter(|test| test.from.is_none()).map(|test| test.name.as_str()).collect();
    for (node, from) in borrowed {
        if !names.contains(&from.as_str()) {
            cx.unknown("E102", &node.range, "test with events", &from, names.iter().copied());
        }
    }
    all
}

const KEYS: [&str; 10] = [
    "name",
    "lookalike",
    "known_gap",
    "known_false_positive",
    "missing",
    "from",
    "boundary",
    "events",
    "expect",
    "invariants",
];

type ReadTest<'n> = (Test, Option<&'n Node>, &'n Node);

fn test<'n>(cx: &mut Cx, item: &'n Node, ids: &Ids, places: &Places) -> Option<ReadTest<'n>> {
    let fields = Fields::open(cx, item, "a test", &KEYS, &[])?;
    let name_node = fields.need(cx, "name")?;
    let name = cx.filled(name_node)?;
    let boundary_auto = fields.get("boundary").is_some_and(|node| {
        cx.word(node, "boundary", &["auto"], |word| (word == "auto").then_some(())).is_some()
    });
    let from_node = fields.get("from");
    let from = from_node.and_then(|node| cx.filled(node)).map(str::to_owned);
    let events = fields.get("events").map_or_else(Vec::new, |node| {
        let items = cx.items(node);
        items.iter().filter_map(|item| template(cx, item, places)).collect()
    });
    if fields.get("events").is_none() && from.is_none() {
        fields.need(cx, "events");
    }
    let mut truth = |key| fields.get(key).and_then(|node| cx.boolean(node)).unwrap_or(false);
    let (known_gap, known_false_positive) = (truth("known_gap"), truth("known_false_positive"));
    let missing = fields.get("missing").and_then(|node| field(cx, node));
    let expect_node = fields.get("expect");
    if expect_node.is_none() && !boundary_auto && !known_gap && !known_false_positive {
        fields.need(cx, "expect");
    }
    let expect = expect_node.and_then(|node| expect(cx, node, ids)).unwrap_or_default();
    let varied = fields.get("invariants");
    let test = Test {
        name: name.to_owned(),
        position: cx.position(name_node.range.start),
        lookalike: fields.get("lookalike").and_then(|node| cx.filled(node)).map(str::to_owned),
        known_gap,
        known_false_positive,
        missing,
        from,
        boundary_auto,
        events,
        expect,
        invariants: varied.map_or_else(Invariants::default, |node| invariants(cx, node)),
    };
    Some((test, from_node, name_node))
}

/// A field as rules write it.
fn field(cx: &mut Cx, node: &Node) -> Option<String> {
    let name = cx.filled(node)?;
    let parts: Vec<String> = name.split('.').map(str::to_owned).collect();
    if let vocabulary::Path::Field(..) = vocabulary::path(&parts) {
        return Some(name.to_owned());
    }
    cx.unknown("E102", &node.range, "field", name, vocabulary::paths().iter().map(String::as_str));
    None
}
