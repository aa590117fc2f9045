//! Rows of the topic `lists`, through the engine: over the files of every rule set that is
//! activated, typed like them, and refused where they do not fit.
//!
//! Sees: rows that an activation forgets, hits that outlive the list they rest on, a row that is
//! dropped because no rule named its list yet, a row that is ignored instead of refused.

use crate::harness::{Record, config, engine, payments_partition};
use crate::rules::*;
use palermo_codec::{encode_list_row, encode_payment};
use palermo_domain::{Date, EventTime, Fate, ListRow, Partition, PaymentKind, Span, TopicRole};
use palermo_engine::{Bundle, Engine};
use palermo_lang::program::*;
use palermo_testkit::scene::{START, blank, text};

/// One indicator: two incoming transfers in a day whose purpose is in the list `words`. `rows` are
/// those of its file; `None` is a rule set that does not name the list.
fn rules(rows: Option<&[&str]>) -> RuleSet {
    let mut b = Builder::default();
    let transfer = Expr::And(vec![incoming(), kind(PaymentKind::Transfer)]);
    let condition = match rows {
        Some(_) => {
            let purpose = Expr::InList(Box::new(field(Field::Purpose)), ListId(0));
            Expr::And(vec![transfer, purpose])
        }
        None => transfer,
    };
    let selected = b.select("LL-01.listed", condition);
    let draft = Draft::days(1).aggregate(Function::Count, None, selected);
    let least = if rows.is_some() { int(1) } else { int(99) };
    b.indicator("LL-01", 'N', draft, cmp(Compare::Ge, measure(0), least));
    let mut rules = b.build();
    if let Some(rows) = rows {
        let row = |key: &&str| Row {
            key: (*key).into(),
            cells: vec![None],
            valid: (Date(0), Date(i32::MAX)),
        };
        rules.lists.push(List {
            id: "words".into(),
            version: "1.0.0".to_owned(),
            sha256: format!("{rows:?}"),
            reviewed: Date(0),
            columns: vec![("weight".into(), Type::Decimal)],
            rows: rows.iter().map(row).collect(),
        });
        rules.indicators[0].condition.lists = vec![ListId(0)];
        rules.indicators[0].condition.logic_sha256 = "names the list".into();
    }
    rules
}

struct Site {
    engine: Engine,
    offsets: [i64; 2],
}

impl Site {
    fn new(rules: &RuleSet) -> Self {
        let config = config(Span::from_days(1), Span::from_days(30));
        Self { engine: engine(&config, rules, 1), offsets: [0, 0] }
    }

    fn apply(&mut self, role: TopicRole, at: i64, value: Vec<u8>) -> (Fate, usize) {
        let payments = role == TopicRole::Payments;
        let offset = &mut self.offsets[usize::from(payments)];
        let partition = if payments { payments_partition(0) } else { Partition { role, index: 0 } };
        let record = Record { partition, offset: *offset, at, value };
        *offset += 1;
        let mut effects = Vec::new();
        let fate = self.engine.apply(record.as_ref(), &mut effects).expect("no stop");
        (fate, effects.len())
    }

    fn row(&mut self, key: &str, weight: &str) -> (Fate, usize) {
        let row = ListRow {
            list: "words".into(),
            row: key.into(),
            fields: vec![("weight".into(), weight.into())],
            valid_from: Date(0),
            valid_to: None,
            source: "test".into(),
        };
        let mut value = Vec::new();
        encode_list_row(&row, &mut value);
        self.apply(TopicRole::Lists, START.midnight().0, value)
    }

    /// A transfer on a day, and when it was.
    fn pay(&mut self, day: i64, purpose: &str) -> EventTime {
        let mut payment = blank(format!("P{day}"));
        payment.event_time = START.midnight().plus(Span::from_days(day));
        payment.currency = usd();
        payment.purpose = Some(purpose.to_owned().into());
        payment.debtor.account = Some(text("OTHER:S"));
        payment.creditor.account = Some(text("BANK:C"));
        let mut value = Vec::new();
        encode_payment(&payment, &mut value);
        let (fate, _) = self.apply(TopicRole::Payments, payment.event_time.0, value);
        assert_eq!(fate, Fate::Processed);
        payment.event_time
    }

    fn activate(&mut self, rules: &RuleSet) {
        let bundle = Bundle { sha256: "e".repeat(64), rules: rules.clone() };
        self.engine.activate(bundle, &mut Vec::new()).expect("it can be activated");
    }

    fn hits(&self) -> Vec<EventTime> {
        self.engine.hit_times("LL-01", "BANK:C")
    }
}

#[test]
fn a_rule_loaded_later_reads_what_was_sent_before() {
    let mut site = Site::new(&rules(None));
    assert_eq!(site.row("RENT", "1"), (Fate::Processed, 0), "no rule names the list: kept");
    let then = site.pay(0, "RENT");
    assert_eq!(site.hits(), []);
    site.activate(&rules(Some(&[])));
    assert_eq!(site.hits(), [then]);
}

#[test]
fn an_activation_forgets_no_row() {
    let mut site = Site::new(&rules(Some(&["SALA"])));
    site.row("RENT", "1");
    let first = site.pay(0, "RENT");
    site.activate(&rules(Some(&["SALA"])));
    let later = site.pay(5, "RENT");
    assert_eq!(site.hits(), [first, later]);
    // A new file lies under the rows, not over them.
    site.activate(&rules(Some(&[])));
    assert_eq!(site.hits(), [first, later]);
}

#[test]
fn a_changed_list_is_a_changed_indicator() {
    let mut site = Site::new(&rules(Some(&["SALA"])));
    let (wage, rent) = (site.pay(0, "SALA"), site.pay(5, "RENT"));
    assert_eq!(site.hits(), [wage]);
    site.activate(&rules(Some(&["RENT"])));
    assert_eq!(site.hits(), [rent]);
}

#[test]
fn a_row_that_does_not_fit_is_refused() {
    let mut site = Site::new(&rules(Some(&[])));
    assert_eq!(site.row("RENT", "heavy"), (Fate::DeadLetter, 1));
    site.pay(0, "RENT");
    assert_eq!(site.hits(), []);
    assert_eq!(site.row("RENT", "-1.5").0, Fate::Processed, "a sign is no mistake");
    // Sent while nobody knew the columns, found not to fit when somebody does: counted.
    let mut site = Site::new(&rules(None));
    assert_eq!(site.row("RENT", "heavy").0, Fate::Processed);
    site.activate(&rules(Some(&[])));
    assert_eq!(site.engine.totals().list_rows_refused, 1);
}
