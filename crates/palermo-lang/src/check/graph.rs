//! Graph patterns: one under `graph:`, with what it asks for.
//!
//! Numbers and lengths of time may be parameters; they are part of the search, as those of a
//! selection are. Where the payments of a pattern are looked at from either end, `edges` names a
//! selection that says the same of both.

use crate::check::analysis::{any, graph_cost};
use crate::check::condition::{booked, selection};
use crate::check::measure::Around;
use crate::check::pool::column;
use crate::check::scope::ParamDef;
use crate::program::{
    Expr, Field, Graph, Keeps, Literal, Measure, MeasureKind, PATTERNS, Pattern, SelectionId, Type,
};
use crate::read::{Cx, Fields};
use crate::syntax::{Kind, parse_expression};
use crate::yaml::{Key, Node, Value};
use palermo_domain::{Decimal, Span, Subject};

/// The list of routes, unless another is named.
const ROUTES: &str = "corridor";
/// A pattern with what it may be asked.
pub(crate) const ASKED: &[(&str, &[&str])] = &[
    ("fan_in", &["edges", "within"]),
    ("fan_out", &["edges", "within"]),
    ("chain", &["edges", "within", "hops", "keeps"]),
    ("cycle", &["edges", "within", "hops", "keeps"]),
    ("scatter_gather", &["edges", "within", "keeps"]),
    ("gather_scatter", &["edges", "within"]),
    ("bipartite", &["edges", "within", "sources", "sinks"]),
    ("mirror", &["edges", "within", "tolerance"]),
    ("corridor", &["edges", "within", "list"]),
    ("shared", &["by", "edges", "within"]),
];
/// What the language names beside [`Pattern::SHARED`] and no payment is kept by.
const SHARED_LATER: [&str; 3] = ["ip", "mandate", "merchant"];

/// Patterns that look at payments from either end; the others look at the subject's own only.
const ENDS: [&str; 5] = ["chain", "cycle", "scatter_gather", "bipartite", "mirror"];

/// Reads `graph:`.
pub(crate) fn graph(cx: &mut Cx, node: &Node, around: &mut Around<'_, '_>) -> Option<Graph> {
    let fields = Fields::any(cx, node, "`graph`")?;
    let all: Vec<(&Key, &Node)> = fields.entries().collect();
    let [(kind, asked)] = all.as_slice() else {
        let message = "`graph` has one pattern";
        cx.error("E107", &fields.anchor(), message, "write `graph: {cycle: {hops: 3..6}}`");
        return None;
    };
    let Some((name, keys)) = ASKED.iter().find(|(name, _)| *name == kind.text) else {
        cx.unknown("E102", &kind.range, "pattern", &kind.text, PATTERNS.iter().copied());
        return None;
    };
    let fields = Fields::open(cx, asked, &format!("`{name}`"), keys, &[])?;
    let mut reader = Reader { cx, around, fields: &fields };
    let pattern = reader.pattern(name);
    let edges = reader.edges(ENDS.contains(name));
    let within = reader.within();
    Some(Graph { pattern: pattern?, edges: edges?, within: within? })
}

/// The measures that the pattern gives, also where it is faulty, so that what names them is checked
/// all the same.
pub(crate) fn measures(node: &Node, graph: Option<&Graph>) -> Vec<Measure> {
    let kind = match &node.value {
        Value::Map(entries) => entries.first().map(|(key, _)| key.text.as_str()),
        _ => None,
    };
    let of_kind = kind.and_then(stand_in);
    let Some(pattern) = graph.map(|graph| graph.pattern).or(of_kind) else { return Vec::new() };
    let cost = graph_cost(&pattern);
    let measure = |(name, value, value_type): &(&str, _, Type)| Measure {
        name: (*name).to_owned(),
        value_type: *value_type,
        kind: MeasureKind::Graph(*value),
        cost,
    };
    pattern.values().iter().map(measure).collect()
}

/// A pattern of that name, whatever it asks.
fn stand_in(name: &str) -> Option<Pattern> {
    let keeps = Keeps { least: 0, most: 0 };
    let list = crate::program::ListId(0);
    [
        Pattern::FanIn,
        Pattern::FanOut,
        Pattern::Chain { hops: (2, 2), keeps },
        Pattern::Cycle { hops: (2, 2), keeps: None },
        Pattern::ScatterGather { keeps: None },
        Pattern::GatherScatter,
        Pattern::Bipartite { sources: 2, sinks: 2 },
        Pattern::Mirror { tolerance: 0 },
        Pattern::Corridor { list, columns: (0, 0) },
        Pattern::Shared { by: Subject::Device },
    ]
    .into_iter()
    .find(|pattern| pattern.name() == name)
}

/// The text of `graph:` for the hash.
pub(crate) fn canonical(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

struct Reader<'r, 's, 'l, 'n> {
    cx: &'r mut Cx,
    around: &'r mut Around<'s, 'l>,
    fields: &'r Fields<'n>,
}

impl<'n> Reader<'_, '_, '_, 'n> {
    fn pattern(&mut self, name: &str) -> Option<Pattern> {
        Some(match name {
            "fan_in" => Pattern::FanIn,
            "fan_out" => Pattern::FanOut,
            "chain" => {
                let (hops, keeps) = (self.hops(), self.need("keeps").and_then(|n| self.keeps(n)));
                Pattern::Chain { hops: hops?, keeps: keeps? }
            }
            "cycle" => {
                let (hops, keeps) = (self.hops(), self.optional_keeps());
                Pattern::Cycle { hops: hops?, keeps: keeps? }
            }
            "scatter_gather" => Pattern::ScatterGather { keeps: self.optional_keeps()? },
            "gather_scatter" => Pattern::GatherScatter,
            "bipartite" => {
                let (sources, sinks) = (self.least("sources"), self.least("sinks"));
                Pattern::Bipartite { sources: sources?, sinks: sinks? }
            }
            "mirror" => {
                let node = self.need("tolerance")?;
                let text = self.cx.scalar(node)?;
                Pattern::Mirror { tolerance: self.share(node, text, Decimal::ONE)? }
            }
            "shared" => Pattern::Shared { by: self.attribute()? },
            _ => self.corridor()?,
        })
    }

    /// What is shared.
    fn attribute(&mut self) -> Option<Subject> {
        let node = self.need("by")?;
        let text = self.cx.scalar(node)?;
        if SHARED_LATER.contains(&text) {
            self.cx.unsupported(&node.range, &format!("`shared` by {text}"));
            return None;
        }
        let known = Pattern::SHARED.map(Subject::as_str);
        let read = |word: &str| Pattern::SHARED.into_iter().find(|kind| kind.as_str() == word);
        self.cx.word(node, "attribute", &known, read)
    }

    fn need(&mut self, key: &str) -> Option<&'n Node> {
        self.fields.need(self.cx, key)
    }

    fn wrong(&mut self, node: &Node, message: &str, help: &str) {
        self.cx.error("E107", &node.range, message, help);
    }

    /// The selection of the payments; every booked one where none is named.
    /// `both` where the pattern looks at payments from either end.
    fn edges(&mut self, both: bool) -> Option<SelectionId> {
        let Some(node) = self.fields.get("edges") else {
            return Some(selection(self.around.pool, "edges".to_owned(), booked()));
        };
        let name = self.cx.filled(node)?;
        let Some((_, id)) = self.around.selections.iter().find(|(known, _)| known == name) else {
            let known = self.around.selections.iter().map(|(known, _)| known.as_str());
            self.cx.unknown("E102", &node.range, "selection", name, known);
            return None;
        };
        if both && any(self.around.pool.condition(*id)?, &seen_from_one_end) {
            let message = format!("`{name}` does not say the same of both ends of a payment");
            let help = "name a selection without `direction`, `self`, `other`, `place` and local \
                        time: what both ends know of a payment, such as its kind, rail and amount";
            self.cx.error("E114", &node.range, message, help);
            return None;
        }
        Some(*id)
    }

    fn within(&mut self) -> Option<Span> {
        let window = self.around.window;
        let Some(node) = self.fields.get("within") else { return Some(window) };
        let text = self.cx.scalar(node)?;
        let Literal::Duration(span) = self.value(node, text)? else {
            self.wrong(node, "expected a length of time", "write `within: 10d`");
            return None;
        };
        if span > window {
            let message = format!("`within: {span}` is longer than the window {window}");
            self.cx.error("E112", &node.range, message, "shorten it, or lengthen `window`");
            return None;
        }
        Some(span)
    }

    /// `3..6`, or one number for both.
    fn hops(&mut self) -> Option<(u8, u8)> {
        let node = self.need("hops")?;
        let text = self.cx.scalar(node)?;
        let (least, most) = text.split_once("..").unwrap_or((text, text));
        let (least, most) = (self.value(node, least), self.value(node, most));
        let number = |literal: &Literal| match literal {
            Literal::Int(hops) => u8::try_from(*hops).ok().filter(|hops| (2..=8).contains(hops)),
            _ => None,
        };
        match (number(&least?), number(&most?)) {
            (Some(least), Some(most)) if least <= most => Some((least, most)),
            _ => {
                self.wrong(node, "`hops` are whole numbers from 2 to 8", "write `hops: 3..6`");
                None
            }
        }
    }

    /// `Some(None)` where it is not asked.
    fn optional_keeps(&mut self) -> Option<Option<Keeps>> {
        match self.fields.get("keeps") {
            Some(node) => self.keeps(node).map(Some),
            None => Some(None),
        }
    }

    /// `0.7`, which is at least so much and at most all of it, or `0.5..1.2`.
    fn keeps(&mut self, node: &Node) -> Option<Keeps> {
        let text = self.cx.scalar(node)?;
        let (least, most) = text.split_once("..").unwrap_or((text, "1"));
        let most = self.share(node, most, Decimal::TEN);
        let least = self.share(node, least, Decimal::TEN);
        let (least, most) = (least?, most?);
        if least > most {
            self.wrong(node, "no share lies between the two", "write `keeps: 0.7`");
            return None;
        }
        Some(Keeps { least, most })
    }

    /// A share in millionths.
    fn share(&mut self, node: &Node, text: &str, most: Decimal) -> Option<u32> {
        let share = match self.value(node, text)? {
            Literal::Decimal(share) => Some(share),
            Literal::Int(share) => Some(share.into()),
            _ => None,
        };
        let share = share.filter(|share| (Decimal::ZERO..=most).contains(share));
        let millionths = share.and_then(|share| share.checked_mul(1_000_000.into()));
        let millionths = millionths.and_then(|share| u32::try_from(share.trunc().mantissa()).ok());
        if millionths.is_none() {
            self.wrong(node, "expected a share", "write it like `0.7`");
        }
        millionths
    }

    fn least(&mut self, key: &str) -> Option<u32> {
        let node = self.need(key)?;
        let text = self.cx.scalar(node)?;
        let number = match self.value(node, text)? {
            Literal::Int(number) => u32::try_from(number).ok().filter(|number| *number >= 2),
            _ => None,
        };
        if number.is_none() {
            let help = format!("write `{key}: 3`");
            self.wrong(node, "expected a whole number from 2", &help);
        }
        number
    }

    /// Routes are a list of places with a text `route` and a whole number `stage`.
    fn corridor(&mut self) -> Option<Pattern> {
        let node = self.fields.get("list");
        let name = node.map_or(Some(ROUTES), |node| self.cx.filled(node))?;
        let range = node.map_or_else(|| self.fields.anchor(), |node| node.range.clone());
        let Some((list, known)) = self.around.pool.list(name) else {
            let names = self.around.pool.list_names();
            self.cx.unknown("E102", &range, "list", name, names);
            return None;
        };
        match (column(known, "route"), column(known, "stage")) {
            (Some((route, Type::Text)), Some((stage, Type::Int))) => {
                Some(Pattern::Corridor { list, columns: (route, stage) })
            }
            _ => {
                let message = format!("list `{name}` has no routes");
                let help = "a list of routes has the columns `route: text` and `stage: int`";
                self.cx.error("E103", &range, message, help);
                None
            }
        }
    }

    /// A number, a length of time, or a parameter that is one.
    fn value(&mut self, node: &Node, text: &str) -> Option<Literal> {
        let text = text.trim();
        let syntax = parse_expression(text).ok();
        let found = match syntax.map(|syntax| syntax.kind) {
            Some(Kind::Int(value)) => Some(Literal::Int(value)),
            Some(Kind::Decimal(value)) => Some(Literal::Decimal(value)),
            Some(Kind::Duration(value)) => Some(Literal::Duration(value)),
            Some(Kind::Param(name)) => return self.param(node, &name),
            _ => None,
        };
        if found.is_none() {
            let help = "write `hops: 3..6`, `keeps: 0.7`, `within: 10d`";
            self.wrong(node, &format!("expected a number, found `{text}`"), help);
        }
        found
    }

    fn param(&mut self, node: &Node, name: &str) -> Option<Literal> {
        let def = self.around.params.iter().find(|def| def.param.name == name);
        let Some(def) = def else {
            let message = format!("parameter `${name}` is used and not declared");
            let help = format!("declare `{name}` under `parameters`");
            self.cx.error("E105", &node.range, message, help);
            return None;
        };
        used(def);
        Some(def.param.value.clone())
    }
}

/// It decides what is searched, and not only what is said of it.
fn used(def: &ParamDef) {
    def.used.set(true);
    def.in_selection.set(true);
}

/// Whether a part of a condition may say another thing of the other end. What is not known to be the
/// same counts as such.
fn seen_from_one_end(expr: &Expr) -> bool {
    match expr {
        Expr::Field(field) | Expr::Present(field) => !is_of_the_payment(*field),
        Expr::EndInList(..) | Expr::Step(..) | Expr::Measure(_) => true,
        _ => false,
    }
}

/// Fields that a payment has, whichever end it is seen from.
fn is_of_the_payment(field: Field) -> bool {
    use Field as F;
    matches!(
        field,
        F::Kind
            | F::Rail
            | F::Channel
            | F::Status
            | F::Amount
            | F::AmountOriginal
            | F::Currency
            | F::Fee
            | F::GrossAmount
            | F::Purpose
            | F::Relation
            | F::RefersTo
            | F::EventTime
            | F::MerchantId
            | F::MerchantMcc
            | F::MerchantDomain
            | F::MerchantCountry
            | F::MerchantRegion
            | F::MerchantTown
            | F::MerchantPlace
            | F::TerminalId
            | F::TerminalKind
            | F::TerminalCountry
            | F::TerminalRegion
            | F::TerminalTown
            | F::TerminalPlace
            | F::DeviceId
            | F::DeviceIpCountry
            | F::CardToken
            | F::CardPrepaid
            | F::CardPresent
            | F::CardReload
            | F::ConductorParty
            | F::ConductorDocument
            | F::ConductorIsHolder
            | F::ServiceKind
            | F::StayNights
            | F::StayRooms
    )
}
