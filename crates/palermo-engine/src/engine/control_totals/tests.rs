//! The shapes of a statement, what a page may show, and the bounds.
//!
//! Sees: a row that is taken although it states nothing, a sum that is read or shown wrongly, a key that
//! says who somebody is, a bound that drops what somebody has to look at. What is counted, and when it
//! is forgotten, is judged by an oracle (tests/engine/control_totals.rs).

use super::*;

fn row(key: &str, fields: &[(&str, &str)]) -> ListRow {
    let field = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
    ListRow {
        list: LIST.to_owned(),
        row: key.to_owned(),
        fields: fields.iter().map(field).collect(),
        valid_from: Date(0),
        valid_to: None,
        source: "test".to_owned(),
    }
}

fn stated(key: &str, count: &str, sum: &str) -> ListRow {
    row(key, &[("count", count), ("sum", sum)])
}

/// Where a row is refused, if it is.
fn refused(row: &ListRow) -> Option<String> {
    statement::read(row).err().map(|refusal| refusal.to_string())
}

#[test]
fn a_key_is_that_of_a_batch_or_of_a_day() {
    let long = |start: &str, of: usize| format!("{start}{}", "x".repeat(of));
    for (key, good) in [
        ("batch/B-2026.11_30:1@a#b/c+d", true),
        (&long("batch/", 64), true),
        ("day/pacs.008.001.08/2026-11-30", true),
        ("day/a/b c/2026-11-30", true),
        (&format!("day/{}/2026-02-28", "ä".repeat(35)), true),
        ("batch/", false),
        ("batch", false),
        ("batch/with space", false),
        (&long("batch/", 65), false),
        ("Batch/B", false),
        ("day/2026-11-30", false),
        ("day//2026-11-30", false),
        ("day/a/2026-02-30", false),
        ("day/a/2026-2-3", false),
        ("day/a/2026-11-30/", false),
        (&format!("day/{}/2026-02-28", "ä".repeat(36)), false),
        ("month/a/2026-11", false),
    ] {
        let expected = (!good).then(|| "field_value at `row`".to_owned());
        assert_eq!(refused(&stated(key, "1", "1")), expected, "{key}");
    }
}

#[test]
fn count_and_sum_are_plain_decimals() {
    for (count, sum, expected) in [
        ("0", "0", Ok("0")),
        ("1", "12.50", Ok("12.5")),
        (
            "999999999999999999",
            "99999999999999999999.99999999",
            Ok("99999999999999999999.99999999"),
        ),
        ("3", "0.00000001", Ok("0.00000001")),
        ("3", "1000", Ok("1000")),
        ("", "1", Err("count")),
        ("01", "1", Err("count")),
        ("-1", "1", Err("count")),
        ("+1", "1", Err("count")),
        ("1.0", "1", Err("count")),
        ("1000000000000000000", "1", Err("count")),
        ("1", "", Err("sum")),
        ("1", ".5", Err("sum")),
        ("1", "5.", Err("sum")),
        ("1", "05", Err("sum")),
        ("1", "1,5", Err("sum")),
        ("1", "1e5", Err("sum")),
        ("1", "1.+5", Err("sum")),
        ("1", "1.000000000", Err("sum")),
        ("1", "100000000000000000000", Err("sum")),
        ("1", "-5", Err("sum")),
    ] {
        let read = statement::read(&stated("batch/B", count, sum));
        let read = read.map(|tally| (tally.count.to_string(), tally.to_string()));
        let read = read.map_err(|refusal| refusal.to_string());
        let expected = expected.map(|sum: &str| (count.to_owned(), sum.to_owned()));
        let expected = expected.map_err(|field| format!("field_value at `fields.{field}`"));
        assert_eq!(read, expected, "{count} {sum}");
    }
    let without = refused(&row("batch/B", &[("count", "1")]));
    assert_eq!(without.as_deref(), Some("field_value at `fields.sum`"));
    assert_eq!(
        refused(&row("batch/B", &[("sum", "1")])).as_deref(),
        Some("field_value at `fields.count`")
    );
    let more = [("count", "1"), ("currency", "EUR"), ("sum", "1")];
    assert_eq!(refused(&row("batch/B", &more)), None);
}

#[test]
fn a_key_is_shown_where_it_says_nobody() {
    for (key, as_it_is) in [
        ("batch/EOD-20261130.1", true),
        ("day/pacs.008.001.08/2026-11-30", true),
        ("batch/core.cards-2026-09-05-0001", true),
        ("batch/12345678-12345678", false),
        ("batch/4111-1111-1111-1111", false),
        ("batch/DE89-3704-0044-0532-0130-00", false),
        ("batch/20-00-00-55779911", false),
        ("batch/123456789", false),
        ("batch/DE89370400440532013000", false),
        ("batch/ann@example.org", false),
        ("day/Ann Miller/2026-11-30", false),
        ("day/Zoë/2026-11-30", false),
    ] {
        assert_eq!(shown(key) == key, as_it_is, "{key}");
    }
    // printf %s batch/123456789 | sha256sum
    assert_eq!(shown("batch/123456789"), "sha256:cc6d94aed69bff78");
}

/// Keys by kind and state.
fn keys(tallies: &Tallies) -> Vec<(TotalState, u64)> {
    tallies.view().keys.into_iter().map(|((_, state), count)| (state, count)).collect()
}

#[test]
fn what_was_stated_before_a_later_beginning_is_not_judged() {
    for (began_later, first_ms, expected) in [
        (false, None, TotalState::Short),
        (true, None, TotalState::BeforeStart),
        (false, Some(9), TotalState::Short),
        (true, Some(9), TotalState::Short),
        (true, Some(10), TotalState::Short),
        (true, Some(11), TotalState::BeforeStart),
    ] {
        let mut tallies = Tallies::new(began_later);
        tallies.whole.first_ms = first_ms;
        tallies.state(&stated("batch/B", "2", "2"), 10).unwrap();
        assert_eq!(keys(&tallies), [(expected, 1)], "{began_later} {first_ms:?}");
        tallies.state(&stated("batch/B", "0", "0"), 10).unwrap();
        assert_eq!(keys(&tallies), [(TotalState::Balanced, 1)]);
    }
}

/// A tally without payments of a batch that nobody stated: as `take` makes it.
fn seen(tallies: &mut Tallies, key: &str, at_ms: i64) {
    let at = tallies.find(&[key]);
    tallies.add(at, Decimal::ONE, at_ms);
}

#[test]
fn the_bound_drops_what_nobody_stated_first_and_counts_it() {
    let mut tallies = Tallies::new(false);
    tallies.state(&stated("batch/missing", "7", "7"), 1).unwrap();
    seen(&mut tallies, "batch/unstated", 2);
    for number in 3..=KEYS_MAX {
        let at = i64::try_from(number).unwrap();
        tallies.state(&stated(&format!("batch/{number}"), "0", "0"), at).unwrap();
    }
    assert_eq!((tallies.all.len(), tallies.view().dropped), (KEYS_MAX, 0));
    seen(&mut tallies, "batch/one more", 0);
    let view = tallies.view();
    assert_eq!((tallies.all.len(), view.dropped), (KEYS_MAX - ROOM + 1, ROOM as u64));
    let here = |tallies: &Tallies, key: &str| tallies.at.contains_key(key);
    assert!(here(&tallies, "batch/missing") && !here(&tallies, "batch/unstated"));
    let oldest = format!("batch/{}", ROOM + 2);
    assert!(here(&tallies, &oldest) && !here(&tallies, &format!("batch/{}", ROOM + 1)));
    // Every entry is found where it is.
    for (at, total) in tallies.all.iter().enumerate() {
        assert_eq!(tallies.at.get(&total.key), Some(&at));
    }
    // A feed with a batch for each payment pushes out its own, and no statement.
    let statements =
        |tallies: &Tallies| tallies.all.iter().filter(|total| total.statement.is_some()).count();
    let before = statements(&tallies);
    for number in 0..KEYS_MAX * 2 {
        seen(&mut tallies, &format!("batch/own{number}"), 1_000_000);
    }
    assert!(tallies.all.len() <= KEYS_MAX && here(&tallies, "batch/missing"));
    assert_eq!(statements(&tallies), before);
    assert_eq!(tallies.view().short_payments, 7);
    assert_eq!(tallies.view().dropped % ROOM as u64, 0);
    for number in 0..KEYS_MAX * 2 {
        tallies.state(&stated(&format!("batch/s{number}"), "1", "1"), 2_000_000).unwrap();
    }
    assert!(tallies.all.len() <= KEYS_MAX && !here(&tallies, "batch/missing"));
    let open = tallies.view().open;
    assert_eq!(open.len(), OPEN_MAX);
    assert!(open.is_sorted_by_key(|open| (open.moved_ms, open.key.clone())));
}

/// Counts a payment of a source on a day of 2026.
fn take(tallies: &mut Tallies, day: &str) {
    let bytes = format!(
        r#"{{"schema":"payment.v1","payment_id":"P","event_time":"2026-{day}T12:00:00Z","kind":"transfer","rail":"p2p","amount":"2.5","currency":"EUR","debtor":{{"account":"BANK:A"}},"creditor":{{"account":"BANK:B"}},"source":"s"}}"#
    );
    let (limits, mut unknown) = (palermo_codec::Limits::default(), Default::default());
    let payment = palermo_codec::decode_payment(bytes.as_bytes(), &limits, &mut unknown).unwrap();
    tallies.take(&payment, payment.event_time.0);
}

/// What is remembered of the payment before is where that key was, and no key is there any more.
#[test]
fn a_payment_after_something_was_forgotten_counts_to_its_own_day() {
    let mut tallies = Tallies::new(false);
    for day in ["01-01", "03-03", "03-02", "03-03"] {
        take(&mut tallies, day);
    }
    tallies.forget(EventTime::parse("2026-02-01T00:00:00Z").unwrap());
    take(&mut tallies, "03-03");
    let taken: Vec<_> = tallies.all.iter().map(|t| (t.key.as_str(), t.taken.count)).collect();
    assert_eq!(taken, [("day/s/2026-03-03", 3), ("day/s/2026-03-02", 1)]);
}
