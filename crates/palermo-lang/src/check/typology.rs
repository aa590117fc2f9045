//! Typologies: which indicators together make a case.

use crate::check::condition::{Env, expression_text, tier, window};
use crate::check::head::{HEAD, head, regions_text};
use crate::check::linked::{self, NamedLinked};
use crate::check::logic::{self, FAMILIES, Logic2, Named, NamedNeed};
use crate::check::pool::index;
use crate::check::template::{Names, template};
use crate::program::{
    Anchor, AnchorRole, Emit, Family, Far, Indicator, IndicatorId, Link, Linked, Logic, Need,
    Suppressor, SuppressorId, Template, Tier, Type, Typology, least_families,
};
use crate::read::{Cx, Fields};
use crate::source::sha256_hex;
use crate::yaml::{Node, Value};
use palermo_domain::Span;
use palermo_domain::alert::{Mode, Role};
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// Keys of a typology, behind those of every rule.
pub(crate) const TYPOLOGY: [&str; 17] = [
    "crime",
    "stage",
    "amltrix",
    "anchor",
    "window",
    "require",
    "families",
    "link",
    "boost",
    "suppress",
    "score",
    "roles",
    "emit",
    "headline",
    "investigate",
    "report",
    "protective",
];
/// The role of an anchor that may be controlled by another.
pub(crate) const SUBJECT_UNLESS_CONTROL: &str = "subject_unless(control)";

/// The rules a typology may name. An id that is known and has no rule had errors of its own.
pub(crate) struct Rules<'r> {
    pub indicators: &'r [Indicator],
    pub suppressors: &'r [Suppressor],
    pub indicator_ids: &'r BTreeSet<String>,
    pub suppressor_ids: &'r BTreeSet<String>,
    pub typology_ids: &'r BTreeSet<String>,
    /// Every file could be read: an id that is not known is wrong.
    pub complete: bool,
}

impl<'r> Rules<'r> {
    fn indicator(&self, id: &str) -> Option<(IndicatorId, &'r Indicator)> {
        let at = self.indicators.iter().position(|known| known.condition.id == id)?;
        self.indicators.get(at).map(|found| (IndicatorId(index(at)), found))
    }

    /// Every indicator with its number.
    pub(crate) fn numbered(&self) -> impl Iterator<Item = (IndicatorId, &'r Indicator)> {
        self.indicators.iter().enumerate().map(|(at, rule)| (IndicatorId(index(at)), rule))
    }

    /// What an id on a linked account is the id of; one that nothing has is told.
    pub(crate) fn far(&self, cx: &mut Cx, id: &str, range: &Range<usize>) -> Option<Far> {
        if self.typology_ids.contains(id) {
            return Some(Far::Typology(id.to_owned()));
        }
        if !self.indicator_ids.contains(id) && self.complete {
            let known = self.indicator_ids.iter().chain(self.typology_ids).map(String::as_str);
            cx.unknown("E102", range, "indicator or typology", id, known);
        }
        self.indicator(id).map(|(id, _)| Far::Indicator(id))
    }

    fn suppressor(&self, id: &str) -> Option<SuppressorId> {
        let at = self.suppressors.iter().position(|known| known.condition.id == id)?;
        Some(SuppressorId(index(at)))
    }
}

/// Checks a typology.
pub(crate) fn typology(
    cx: &mut Cx,
    node: &Node,
    env: &mut Env<'_, '_>,
    rules: &Rules<'_>,
) -> Option<Typology> {
    let known: Vec<&str> = HEAD.into_iter().chain(TYPOLOGY).collect();
    let fields = Fields::open(cx, node, "a typology", &known, &[])?;
    let head = head(cx, &fields, false, env.lists);
    let evidence = evidence(cx, &fields, rules);
    let (anchor_role, payers_role) = roles(cx, &fields);
    let anchor = anchor(cx, &fields);
    let horizon = env.limits.evidence_horizon;
    let window = window(cx, &fields, "window", horizon, "state.evidence_horizon");
    let suppress = ids(cx, &fields, "suppress", rules.suppressor_ids, "suppressor", rules);
    let (points, bands) = score(cx, &fields);
    let emit = emit(cx, &fields);
    let headline = headline(cx, &fields, rules, evidence.as_ref());
    let (report_codes, key_term) = report(cx, &fields);
    let mut list = |key| fields.get(key).map_or_else(Vec::new, |node| cx.texts(node));
    let (crime, stage, amltrix) = (list("crime"), list("stage"), list("amltrix"));
    let investigate = list("investigate");
    fields.need(cx, "crime");
    let protective = fields.get("protective").and_then(|node| cx.boolean(node)).unwrap_or(false);
    let (head, evidence) = (head?, evidence?);
    few_families(cx, &fields, &evidence.families, protective);
    let logic = logic_text(&fields, &evidence, &suppress);
    let suppress = suppress.iter().filter_map(|(id, _)| rules.suppressor(id)).collect();
    Some(Typology {
        id: head.id,
        version: head.version,
        title: head.title,
        mode: Mode::Live,
        crime,
        stage,
        amltrix,
        anchor: anchor?,
        window: window?,
        require: evidence.require,
        required: evidence.required,
        linked: evidence.linked,
        link: evidence.link,
        boost: evidence.boost,
        families: evidence.families,
        suppress,
        logic_sha256: sha256_hex(&logic),
        params_sha256: sha256_hex(&params_text(&points, bands, emit)),
        points,
        bands: bands?,
        anchor_role: anchor_role?,
        payers_role,
        emit: emit?,
        headline,
        investigate,
        key_term,
        report_codes,
        protective,
    })
}

/// Everything that decides, in canonical form.
fn logic_text(fields: &Fields<'_>, evidence: &Evidence, suppress: &[Named]) -> String {
    let mut lines = Vec::new();
    for key in ["anchor", "window", "protective"] {
        lines.extend(fields.get(key).and_then(Node::scalar).map(|text| format!("{key} {text}")));
    }
    for key in ["require", "families"] {
        let text = fields.get(key).and_then(Node::scalar).and_then(expression_text);
        lines.extend(text.map(|text| format!("{key} {text}")));
    }
    lines.extend(evidence.link.as_ref().map(|link| {
        let by: Vec<&str> = link.by.iter().map(|kind| kind.as_str()).collect();
        format!("link {} {}", by.join(" "), link.hops)
    }));
    lines.extend(regions_text(fields));
    lines.push(format!("boost {}", evidence.boost_ids.join(" ")));
    let suppress: Vec<&str> = suppress.iter().map(|(id, _)| id.as_str()).collect();
    lines.push(format!("suppress {}", suppress.join(" ")));
    if let Some(Node { value: Value::Map(entries), .. }) = fields.get("roles") {
        lines.extend(
            entries
                .iter()
                .filter_map(|(key, node)| Some(format!("role {} {}", key.text, node.scalar()?))),
        );
    }
    lines.join("\n")
}

fn params_text(
    points: &BTreeMap<Tier, u32>,
    bands: Option<(u32, u32, u32)>,
    emit: Option<Emit>,
) -> String {
    let mut lines: Vec<String> =
        points.iter().map(|(tier, points)| format!("{} {points}", tier.as_str())).collect();
    lines.extend(bands.map(|(a, b, c)| format!("bands {a} {b} {c}")));
    lines.extend(emit.map(|emit| {
        let percent = emit.amount_percent.unwrap_or(0);
        format!("emit {} {percent} {}", emit.new_indicator, emit.rearm)
    }));
    lines.join("\n")
}

/// What `require`, `boost` and `families` say.
struct Evidence {
    require: Logic<Need>,
    required: Vec<IndicatorId>,
    linked: Vec<Linked>,
    link: Option<Link>,
    boost: Vec<IndicatorId>,
    boost_ids: Vec<String>,
    families: Logic<Family>,
}

fn evidence(cx: &mut Cx, fields: &Fields<'_>, rules: &Rules<'_>) -> Option<Evidence> {
    let boost = ids(cx, fields, "boost", rules.indicator_ids, "indicator", rules);
    let families_node = fields.need(cx, "families");
    let families = families_node.and_then(|node| logic::families(cx, node));
    let require_node = fields.need(cx, "require")?;
    let named = logic::require(cx, require_node)?;
    let (mut here, mut far): (Vec<&Named>, Vec<NamedLinked>) = (Vec::new(), Vec::new());
    for need in named.variables() {
        match need {
            NamedNeed::Here(id) => here.push(id),
            NamedNeed::Linked(linked) => far.push(linked.clone()),
        }
    }
    for (id, range) in &here {
        if let Some((_, twice)) = boost.iter().find(|(boost, _)| boost == id) {
            let message = format!("`{id}` stands in `require` and in `boost`");
            let help = "what is required adds its points already: take it out of `boost`";
            cx.error("E108", twice, message, help);
        }
        known_id(cx, id, range, rules.indicator_ids, "indicator", rules);
        geography(cx, id, range, rules);
    }
    single(cx, require_node, &named);
    let link = linked::link(cx, fields, &far);
    let linked: Vec<Option<Linked>> =
        far.iter().map(|one| linked::checked(cx, one, rules)).collect();
    let linked = linked.into_iter().collect::<Option<Vec<Linked>>>()?;
    let families = families?;
    let mut indexed = Vec::new();
    for (id, _) in here {
        indexed.push(rules.indicator(id)?.0);
    }
    let boost_indexed: Option<Vec<IndicatorId>> =
        boost.iter().map(|(id, _)| rules.indicator(id).map(|(at, _)| at)).collect();
    let boost_indexed = boost_indexed?;
    let counts = link.as_ref().is_some_and(|link| link.families);
    let elsewhere = linked.iter().filter(|_| counts).flat_map(Linked::indicators);
    let reach = indexed.iter().chain(&boost_indexed).copied().chain(elsewhere);
    reachable(cx, families_node?, &families, reach, !linked.is_empty(), rules);
    let mut required = Vec::new();
    for id in indexed {
        if !required.contains(&id) {
            required.push(id);
        }
    }
    Some(Evidence {
        require: numbered(&named, rules),
        required,
        linked,
        link,
        boost: boost_indexed,
        boost_ids: boost.into_iter().map(|(id, _)| id).collect(),
        families,
    })
}

/// `require` by numbers; the n-th `linked(…)` in order of writing is number n.
fn numbered(named: &Logic2<NamedNeed>, rules: &Rules<'_>) -> Logic<Need> {
    let next = Cell::new(0_u8);
    named.map(&|need| match need {
        NamedNeed::Here((id, _)) => {
            let nowhere = IndicatorId(u16::MAX);
            Need::Here(rules.indicator(id).map_or(nowhere, |(at, _)| at))
        }
        NamedNeed::Linked(_) => Need::Linked(next.replace(next.get().saturating_add(1))),
    })
}

fn known_id(
    cx: &mut Cx,
    id: &str,
    range: &Range<usize>,
    known: &BTreeSet<String>,
    what: &str,
    rules: &Rules<'_>,
) -> bool {
    if known.contains(id) {
        return true;
    }
    if rules.typology_ids.contains(id) {
        cx.unsupported(range, &format!("the typology `{id}` as an {what}"));
    } else if rules.complete {
        cx.unknown("E102", range, what, id, known.iter().map(String::as_str));
    }
    false
}

/// Ids of a list, those that are known.
fn ids(
    cx: &mut Cx,
    fields: &Fields<'_>,
    key: &str,
    known: &BTreeSet<String>,
    what: &str,
    rules: &Rules<'_>,
) -> Vec<Named> {
    let Some(node) = fields.get(key) else { return Vec::new() };
    let mut all = Vec::new();
    for item in cx.items(node) {
        let Some(id) = cx.filled(item) else { continue };
        if all.iter().any(|(seen, _): &Named| seen == id) {
            let message = format!("`{id}` is written twice under `{key}`");
            cx.error("E108", &item.range, message, "keep one of the two");
        } else if known_id(cx, id, &item.range, known, what, rules) {
            all.push((id.to_owned(), item.range.clone()));
        }
    }
    all
}

fn geography(cx: &mut Cx, id: &str, range: &Range<usize>, rules: &Rules<'_>) {
    let Some((_, indicator)) = rules.indicator(id) else { return };
    let money = indicator.condition.measures.iter().any(|m| m.value_type == Type::Money);
    if indicator.family == Family('G') && !money {
        let message = format!("`{id}` is geography alone, and stands in `require`");
        let help = "a place is never a reason: require an indicator that also measures money, and \
                    put this one into `boost`";
        cx.error("E143", range, message, help);
    }
}

/// Refuses what one indicator, or none, can satisfy.
fn single(cx: &mut Cx, node: &Node, require: &Logic2<NamedNeed>) {
    let text = |need: &NamedNeed| match need {
        NamedNeed::Here((id, _)) => id.clone(),
        NamedNeed::Linked(_) => "linked(…)".to_owned(),
    };
    let ids: Vec<String> = require.variables().into_iter().map(text).collect();
    let formula = require.map(&|need| ids.iter().position(|known| *known == text(need)));
    let holds = |only: Option<usize>| formula.eval(&mut |id: Option<usize>| id == only);
    let alone = (0..ids.len()).find(|at| holds(Some(*at))).and_then(|at| ids.get(at));
    let message = match alone {
        _ if holds(Some(usize::MAX)) => "`require` holds without any indicator".to_owned(),
        Some(id) => format!("`{id}` alone satisfies `require`"),
        None => return,
    };
    let help = "no single red flag is proof: require at least two indicators, `A && B`";
    cx.error("E141", &node.range, message, help);
}

fn reachable(
    cx: &mut Cx,
    node: &Node,
    families: &Logic<Family>,
    named: impl Iterator<Item = IndicatorId>,
    is_linked: bool,
    rules: &Rules<'_>,
) {
    // A path to evidence elsewhere is evidence of a network.
    let path = is_linked.then_some(Family('N'));
    let reached: BTreeSet<Family> = named
        .filter_map(|id| rules.indicators.get(usize::from(id.0)))
        .map(|indicator| indicator.family)
        .filter(|family| *family != Family('G'))
        .chain(path)
        .collect();
    if !families.eval(&mut |family| reached.contains(&family)) {
        let letters: Vec<String> = reached.iter().map(|family| format!("`{}`", family.0)).collect();
        let message = "`require` and `boost` cannot reach these families".to_owned();
        let help = format!("they reach {}; add an indicator of a missing one", letters.join(", "));
        cx.error("E142", &node.range, message, help);
    }
}

/// Refuses a formula that too few families satisfy: three, two for protective typologies.
fn few_families(cx: &mut Cx, fields: &Fields<'_>, families: &Logic<Family>, protective: bool) {
    let Some(node) = fields.get("families") else { return };
    let (least, word) = (least_families(protective), if protective { "two" } else { "three" });
    let counted = FAMILIES.iter().filter(|letter| **letter != 'G').count();
    for set in 0_u32..1 << counted {
        let has = |family: Family| {
            let at = FAMILIES.iter().position(|letter| *letter == family.0);
            at.is_some_and(|at| at < counted && set >> at & 1 == 1)
        };
        if (set.count_ones() as usize) < least && families.eval(&mut |family| has(family)) {
            let message = format!("`families` is satisfied by fewer than {word} families");
            let help = format!("name at least {word}, like `M && N && (L || P)`");
            cx.error("E142", &node.range, message, help);
            return;
        }
    }
}

fn anchor(cx: &mut Cx, fields: &Fields<'_>) -> Option<Anchor> {
    let node = fields.need(cx, "anchor")?;
    let known = ["account", "party", "merchant", "terminal", "device", "address", "wallet", "card"];
    let word =
        cx.word(node, "anchor", &known, |word| known.contains(&word).then(|| word.to_owned()))?;
    match word.as_str() {
        "account" => Some(Anchor::Account),
        "party" => Some(Anchor::Party),
        other => {
            cx.unsupported(&node.range, &format!("`anchor: {other}`"));
            None
        }
    }
}

fn roles(cx: &mut Cx, fields: &Fields<'_>) -> (Option<AnchorRole>, Option<Role>) {
    let Some(node) = fields.need(cx, "roles") else { return (None, None) };
    let Some(roles) = Fields::open(cx, node, "`roles`", &["anchor", "payers"], &[]) else {
        return (None, None);
    };
    let names = Role::ALL.map(Role::as_str);
    let anchor_names: Vec<&str> = names.into_iter().chain([SUBJECT_UNLESS_CONTROL]).collect();
    let anchor = roles.need(cx, "anchor").and_then(|node| {
        let role = cx.word(node, "role", &anchor_names, |word| match word {
            SUBJECT_UNLESS_CONTROL => Some(AnchorRole::SubjectUnlessControl),
            word => Role::parse(word).map(AnchorRole::Fixed),
        })?;
        if role == AnchorRole::Fixed(Role::PotentialVictim) {
            let message = "a potential victim cannot be the subject of a report";
            let help = "anchor on who gathers the money, or write `role_undetermined`";
            cx.error("E144", &node.range, message, help);
        }
        Some(role)
    });
    let payers = roles.get("payers").and_then(|node| cx.word(node, "role", &names, Role::parse));
    (anchor, payers)
}

type Score = (BTreeMap<Tier, u32>, Option<(u32, u32, u32)>);

fn score(cx: &mut Cx, fields: &Fields<'_>) -> Score {
    let mut points =
        BTreeMap::from([(Tier::A, 30), (Tier::B, 15), (Tier::C, 5), (Tier::Listed, 50)]);
    let default_bands = Some((40, 60, 80));
    let Some(node) = fields.get("score") else { return (points, default_bands) };
    let Some(score) = Fields::open(cx, node, "`score`", &["A", "B", "C", "A!", "bands"], &[])
    else {
        return (points, None);
    };
    for (key, node) in score.entries() {
        if let Some(tier) = tier(&key.text)
            && let Some(value) = cx.int(node)
        {
            points.insert(tier, value);
        }
    }
    let Some(node) = score.get("bands") else { return (points, default_bands) };
    let Some(bands) = Fields::open(cx, node, "`bands`", &["medium", "high", "critical"], &[])
    else {
        return (points, None);
    };
    let mut band = |key| bands.need(cx, key).and_then(|node| cx.int::<u32>(node));
    let (medium, high, critical) = (band("medium"), band("high"), band("critical"));
    let edges = medium.zip(high).zip(critical).map(|((a, b), c)| (a, b, c));
    if edges.is_some_and(|(a, b, c)| !(a < b && b < c && c <= 100)) {
        let message = "bands rise from medium over high to critical, up to 100";
        cx.error("E104", &node.range, message, "write `{medium: 40, high: 60, critical: 80}`");
    }
    (points, edges)
}

fn emit(cx: &mut Cx, fields: &Fields<'_>) -> Option<Emit> {
    let node = fields.need(cx, "emit")?;
    let emit = Fields::open(cx, node, "`emit`", &["update_when", "rearm"], &[])?;
    let mut read = Emit { new_indicator: false, amount_percent: None, rearm: Span::from_days(30) };
    if let Some(node) = emit.get("update_when") {
        for item in cx.items(node) {
            let percent = |text: &str| {
                let percent = text.strip_prefix("amount +")?.strip_suffix('%')?;
                percent.parse::<u32>().ok().filter(|percent| *percent > 0)
            };
            match cx.scalar(item) {
                Some("new_indicator") => read.new_indicator = true,
                _ => {
                    let wanted = "`new_indicator` or `amount +25%`";
                    let value = cx.parsed(item, wanted, "amount +25%", percent);
                    read.amount_percent = value.or(read.amount_percent);
                }
            }
        }
    }
    if let Some(node) = emit.need(cx, "rearm") {
        let quiet = |text: &str| Span::parse(text.strip_suffix(" quiet")?).ok();
        read.rearm = cx.parsed(node, "a quiet time", "30d quiet", quiet)?;
    }
    Some(read)
}

fn headline(
    cx: &mut Cx,
    fields: &Fields<'_>,
    rules: &Rules<'_>,
    evidence: Option<&Evidence>,
) -> Template {
    let Some(node) = fields.need(cx, "headline") else { return Template::default() };
    // Without the evidence its names cannot be told from wrong ones.
    let Some(evidence) = evidence else { return Template::default() };
    let mut indicators = Vec::new();
    let far = evidence.linked.iter().flat_map(|linked| &linked.far);
    let far = far.filter_map(|far| match far {
        Far::Indicator(id) => Some(*id),
        Far::Typology(_) => None,
    });
    for id in evidence.required.iter().chain(&evidence.boost).copied().chain(far) {
        indicators.extend(rules.indicators.get(usize::from(id.0)).map(|found| (id, found)));
    }
    template(cx, node, &Names { indicators: &indicators, ..Names::of(&[], &[]) })
}

fn report(cx: &mut Cx, fields: &Fields<'_>) -> (Vec<String>, Option<String>) {
    let Some(node) = fields.get("report") else { return (Vec::new(), None) };
    let Some(report) = Fields::open(cx, node, "`report`", &["fincen", "goaml", "key_term"], &[])
    else {
        return (Vec::new(), None);
    };
    let mut codes = Vec::new();
    for form in ["fincen", "goaml"] {
        if let Some(node) = report.get(form) {
            codes.extend(cx.texts(node).into_iter().map(|code| format!("{form}:{code}")));
        }
    }
    let key_term = report.get("key_term").and_then(|node| cx.filled(node)).map(str::to_owned);
    (codes, key_term)
}
