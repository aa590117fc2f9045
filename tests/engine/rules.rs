//! Conditions as the compiler would make them, each beside its naive twin, which knows nothing of
//! the program: it is written from the text above it.

use palermo_domain::alert::{Cite, Mode, Role};
use palermo_domain::{Currency, Decimal, FeedSet, PaymentKind, Rail, Span, Status};
use palermo_lang::program::*;
use std::collections::BTreeMap;

pub fn dec(text: &str) -> Decimal {
    palermo_domain::parse_amount(text).expect("a decimal in a test")
}

pub fn usd() -> Currency {
    Currency::try_new("USD").expect("a currency")
}

pub fn field(field: Field) -> Expr {
    Expr::Field(field)
}

pub fn other(field: EndField) -> Field {
    Field::End(Side::Other, field)
}

pub fn own(field: EndField) -> Field {
    Field::End(Side::Own, field)
}

pub fn cmp(op: Compare, a: Expr, b: Expr) -> Expr {
    Expr::Compare(op, Box::new(a), Box::new(b))
}

pub fn symbol(symbol: Symbol) -> Expr {
    Expr::Literal(Literal::Symbol(symbol))
}

pub fn number(text: &str) -> Expr {
    Expr::Literal(Literal::Decimal(dec(text)))
}

pub fn money(text: &str) -> Expr {
    Expr::Literal(Literal::Money(dec(text), usd()))
}

pub fn int(value: i64) -> Expr {
    Expr::Literal(Literal::Int(value))
}

pub fn measure(index: u16) -> Expr {
    Expr::Measure(MeasureId(index))
}

pub fn incoming() -> Expr {
    cmp(Compare::Eq, field(Field::Direction), symbol(Symbol::Direction(Direction::In)))
}

pub fn outgoing() -> Expr {
    cmp(Compare::Eq, field(Field::Direction), symbol(Symbol::Direction(Direction::Out)))
}

pub fn kind(kind: PaymentKind) -> Expr {
    cmp(Compare::Eq, field(Field::Kind), symbol(Symbol::Kind(kind)))
}

pub fn p2p() -> Expr {
    cmp(Compare::Eq, field(Field::Rail), symbol(Symbol::Rail(Rail::P2p)))
}

pub fn booked() -> Expr {
    cmp(Compare::Eq, field(Field::Status), symbol(Symbol::Status(Status::Booked)))
}

pub fn near_home(km: &str) -> Expr {
    let distance =
        Expr::Distance(Box::new(field(Field::Place)), Box::new(field(own(EndField::Home))));
    cmp(Compare::Le, distance, number(km))
}

/// A rule set under construction.
#[derive(Default)]
pub struct Builder {
    pub rules: Vec<Indicator>,
    pub suppressors: Vec<Suppressor>,
    pub selections: Vec<Selection>,
    pub typologies: Vec<Typology>,
}

/// One condition under construction.
pub struct Draft {
    pub window: Span,
    pub selections: Vec<(String, SelectionId)>,
    pub measures: Vec<Measure>,
    pub sequence: Option<Sequence>,
    pub feeds: FeedSet,
    pub daily: bool,
}

impl Builder {
    pub fn select(&mut self, label: &str, condition: Expr) -> SelectionId {
        let condition = Expr::And(vec![condition, booked()]);
        self.selections.push(Selection { label: label.into(), condition, gate: Gate::default() });
        SelectionId(u16::try_from(self.selections.len() - 1).expect("few selections"))
    }

    /// A selection that names the status itself.
    pub fn select_any_status(&mut self, label: &str, condition: Expr) -> SelectionId {
        let id = self.select(label, condition.clone());
        self.selections[usize::from(id.0)].condition = condition;
        id
    }

    pub fn gate(&mut self, id: SelectionId, gate: Gate) {
        self.selections[usize::from(id.0)].gate = gate;
    }

    pub fn indicator(&mut self, id: &str, family: char, draft: Draft, holds: Expr) -> IndicatorId {
        let condition = condition(id, draft, holds);
        self.rules.push(Indicator {
            condition,
            crime: vec!["laundering".into()],
            family: Family(family),
            tier: Tier::B,
            subject_role: Some(Role::RoleUndetermined),
            other_role: Some(Role::CounterpartyOnly),
        });
        IndicatorId(u16::try_from(self.rules.len() - 1).expect("few rules"))
    }

    pub fn suppressor(&mut self, id: &str, draft: Draft, holds: Expr) -> SuppressorId {
        let condition = condition(id, draft, holds);
        let text_not = Template(vec![Piece::Text("its facts do not hold".into())]);
        self.suppressors.push(Suppressor { condition, text_not });
        SuppressorId(u16::try_from(self.suppressors.len() - 1).expect("few rules"))
    }

    pub fn typology(
        &mut self,
        id: &str,
        anchor: Anchor,
        require: Logic<Need>,
        required: &[IndicatorId],
        boost: &[IndicatorId],
        rearm: Span,
    ) -> &mut Typology {
        self.typologies.push(Typology {
            id: id.into(),
            version: "1.0.0".into(),
            title: format!("{id} of the oracle"),
            mode: Mode::Live,
            crime: vec!["migrant_smuggling".into()],
            stage: vec!["placement".into()],
            amltrix: vec!["T0083".into()],
            anchor,
            window: Span::from_days(20),
            require,
            required: required.to_vec(),
            linked: Vec::new(),
            link: None,
            boost: boost.to_vec(),
            families: Logic::And(vec![Logic::Var(Family('M')), Logic::Var(Family('N'))]),
            suppress: Vec::new(),
            points: BTreeMap::from([(Tier::A, 30), (Tier::B, 15), (Tier::C, 5)]),
            bands: (30, 45, 80),
            anchor_role: AnchorRole::SubjectUnlessControl,
            payers_role: Some(Role::PotentialVictim),
            emit: Emit { new_indicator: true, amount_percent: Some(25), rearm },
            headline: Template(vec![
                Piece::Of(required[0], MeasureId(0)),
                Piece::Text(" in ".into()),
                Piece::EpisodeDays,
                Piece::Text(" days near ".into()),
                Piece::SelfText(SelfText::HomeTown),
                Piece::Text(" and then many words that nobody needs".repeat(5)),
            ]),
            investigate: vec!["who else did the senders pay".into()],
            key_term: None,
            report_codes: Vec::new(),
            protective: false,
            logic_sha256: "a".repeat(64),
            params_sha256: "b".repeat(64),
        });
        self.typologies.last_mut().expect("just pushed")
    }

    pub fn build(self) -> RuleSet {
        RuleSet {
            name: "oracle".into(),
            version: "2026.1.0".into(),
            sha256: "c".repeat(64),
            indicators: self.rules,
            suppressors: self.suppressors,
            typologies: self.typologies,
            selections: self.selections,
            lists: Vec::new(),
            modifiers: Vec::new(),
            suppressions: Vec::new(),
        }
    }
}

impl Draft {
    pub fn days(days: i64) -> Self {
        Self {
            window: Span::from_days(days),
            selections: Vec::new(),
            measures: Vec::new(),
            sequence: None,
            feeds: FeedSet::default(),
            daily: false,
        }
    }

    pub fn aggregate(self, function: Function, value: Option<Expr>, over: SelectionId) -> Self {
        self.full(function, value, Vec::new(), over, None, None)
    }

    pub fn full(
        self,
        function: Function,
        value: Option<Expr>,
        arguments: Vec<Expr>,
        over: SelectionId,
        filter: Option<Expr>,
        within: Option<Span>,
    ) -> Self {
        self.with(
            over,
            MeasureKind::Aggregate(Aggregate { function, value, arguments, over, filter, within }),
        )
    }

    pub fn with(mut self, over: SelectionId, kind: MeasureKind) -> Self {
        self.selections.push((format!("s{}", self.selections.len()), over));
        self.measures.push(Measure {
            name: format!("m{}", self.measures.len()),
            value_type: Type::Decimal,
            kind,
            cost: 1,
        });
        self
    }
}

/// A sequence of two steps, the second at most so long after the first and tied to it.
pub fn two_steps(steps: [SelectionId; 2], tie: Expr, within: Span) -> Sequence {
    let [first, second] = steps;
    let step =
        |name: &str, selection, ties, when| Step { name: name.into(), selection, ties, when };
    let steps = vec![
        step("first", first, Vec::new(), When::After),
        step("second", second, vec![tie], When::Within { of: 0, span: within }),
    ];
    Sequence { steps, across: None }
}

fn condition(id: &str, draft: Draft, holds: Expr) -> Condition {
    Condition {
        subject: palermo_domain::Subject::Account,
        id: id.into(),
        version: "1.0.0".into(),
        title: format!("{id} of the oracle"),
        window: draft.window,
        params: Vec::new(),
        selections: draft.selections,
        measures: draft.measures,
        sequence: draft.sequence,
        graph: None,
        holds,
        monotone: false,
        feeds: draft.feeds,
        daily: draft.daily,
        asks: Vec::new(),
        lists: Vec::new(),
        text: Template(vec![Piece::Measure(MeasureId(0)), Piece::Text(" seen".into())]),
        cite: Cite { key: "F20-T3".into(), source: "an institution".into(), doc: "a page".into() },
        logic_sha256: "d".repeat(64),
        params_sha256: "e".repeat(64),
    }
}
