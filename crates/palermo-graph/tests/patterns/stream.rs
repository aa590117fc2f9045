//! A stream that comes late, twice and with payments taken back says of every settled payment what
//! the clean stream says.

use crate::store::{account, number};
use palermo_domain::Cents;
use palermo_graph::{ByArrival, Came, Incoming, Settled, Stream, TakenBack, View};
use palermo_ledger::Leg;
use palermo_testkit::patterns::{Paid, multigraph};
use proptest::prelude::*;

const SPAN: i64 = 40;

/// What happens, in order of arrival.
#[derive(Clone, Copy, Debug)]
enum Event {
    Comes(usize),
    TakenBack(usize),
}

/// Everything that a settled payment sees, with ids in place of numbers.
type Seen = (String, Vec<(u32, bool, String, u32, i64)>);

fn see(stream: &Stream, settled: Settled) -> Seen {
    let mut seen = Vec::new();
    if let Some(edge) = settled.edge {
        let view = View::new(stream.book(), &ByArrival, edge, SPAN);
        for (of, leg) in (0..6).flat_map(|of| Leg::BOTH.map(|leg| (of, leg))) {
            seen.extend(view.side(account(of), leg).iter().map(|step| {
                let id = stream.id(step.row()).to_owned();
                (of, leg == Leg::Debtor, id, number(step.other()), step.time())
            }));
        }
    }
    (stream.id(settled.row).to_owned(), seen)
}

/// Feeds a stream; what becomes of each event is given to `fates`.
fn feed(
    paid: &[Paid],
    events: &[Event],
    lateness: i64,
    mut fates: impl FnMut(Event, Fate),
) -> Vec<Seen> {
    let mut stream = Stream::new(SPAN, lateness);
    let mut seen = Vec::new();
    for &event in events {
        match event {
            Event::Comes(at) => {
                let Paid { source, target, time, amount } = paid[at];
                let incoming = Incoming {
                    id: &format!("p{at}"),
                    ends: [source.map(account), target.map(account)],
                    time,
                    amount: amount.map(Cents),
                    content: at as u64,
                };
                let came = stream.add(&incoming, &mut |stream, settled| {
                    seen.push(see(stream, settled));
                });
                fates(event, Fate::Came(came));
            }
            Event::TakenBack(at) => {
                let back = stream.reverse(&format!("p{at}"), paid[at].time);
                fates(event, Fate::Back(back));
            }
        }
    }
    stream.finish(&mut |stream, settled| seen.push(see(stream, settled)));
    seen
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Came(Came),
    Back(TakenBack),
}

/// A stream whose times all differ, a lateness, and its events: each payment up to `lateness` late,
/// some twice, some taken back before or after they come.
fn streams() -> impl Strategy<Value = (Vec<Paid>, i64, Vec<Event>, Vec<bool>)> {
    let lot = (
        0_i64..12,
        prop::option::weighted(0.3, 0_i64..12),
        prop::option::weighted(0.2, -12_i64..12),
    );
    multigraph(6, 60).prop_flat_map(move |mut paid| {
        for (at, paid) in (0_i64..).zip(&mut paid) {
            paid.time = paid.time * 3 + at;
        }
        let lots = prop::collection::vec(lot.clone(), paid.len());
        (Just(paid), 1_i64..12, lots).prop_map(|(paid, lateness, lots)| {
            // Nothing is so late that a payment of that time may be settled already.
            let most = lateness - 1;
            let mut events = Vec::new();
            let mut reversed = Vec::new();
            for (at, (late, again, back)) in lots.iter().enumerate() {
                let comes = paid[at].time + late.min(&most);
                events.push((comes, Event::Comes(at)));
                events.extend(again.map(|later| (comes + later.min(most), Event::Comes(at))));
                let back =
                    back.map(|by| (paid[at].time + by.clamp(-most, most), Event::TakenBack(at)));
                reversed.push(back.is_some());
                events.extend(back);
            }
            events.sort_by_key(|(when, _)| *when);
            (paid, lateness, events.into_iter().map(|(_, event)| event).collect(), reversed)
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]
    #[test]
    fn what_comes_late_twice_or_back_changes_no_answer((paid, lateness, events, reversed) in streams()) {
        let clean: Vec<Event> =
            (0..paid.len()).filter(|at| !reversed[*at]).map(Event::Comes).collect();
        let wanted = feed(&paid, &clean, 0, |event, fate| {
            assert_eq!(fate, Fate::Came(Came::Applied), "{event:?}");
        });
        let mut counted = [0_usize; 3];
        let got = feed(&paid, &events, lateness, |event, fate| match fate {
            Fate::Came(Came::Applied | Came::Reversed) => counted[0] += 1,
            Fate::Came(Came::Duplicate) => counted[1] += 1,
            Fate::Back(TakenBack::Unsettled | TakenBack::Waits) => counted[2] += 1,
            fate => panic!("{event:?} {fate:?}"),
        });
        prop_assert_eq!(got, wanted);
        prop_assert_eq!(counted[0], paid.len());
        prop_assert_eq!(counted[2], reversed.iter().filter(|reversed| **reversed).count());
        prop_assert_eq!(counted.iter().sum::<usize>(), events.len());
    }
}

#[test]
fn conflicts_and_what_is_too_late_change_nothing() {
    let mut stream = Stream::new(50, 10);
    let mut settled = Vec::new();
    let mut add = |stream: &mut Stream, id: &str, time: i64, content: u64| {
        let ends = [Some(account(0)), Some(account(1))];
        let incoming = Incoming { id, ends, time, amount: None, content };
        stream.add(&incoming, &mut |stream, of| settled.push(stream.id(of.row).to_owned()))
    };
    assert_eq!(add(&mut stream, "a", 100, 1), Came::Applied);
    assert_eq!(add(&mut stream, "a", 100, 1), Came::Duplicate);
    assert_eq!(add(&mut stream, "a", 100, 2), Came::Conflict);
    assert_eq!(add(&mut stream, "b", 90, 1), Came::Applied);
    assert_eq!(add(&mut stream, "c", 60, 1), Came::Late);
    assert_eq!(add(&mut stream, "d", 39, 1), Came::Beyond);
    assert_eq!(add(&mut stream, "e", 111, 1), Came::Applied);
    assert_eq!(stream.reverse("b", 111), TakenBack::Settled);
    assert_eq!(stream.reverse("b", 111), TakenBack::Again);
    assert_eq!(stream.reverse("f", 111), TakenBack::Waits);
    assert_eq!(stream.reverse("f", 111), TakenBack::Again);
    assert_eq!(add(&mut stream, "f", 105, 1), Came::Reversed);
    assert_eq!(stream.book().side_entries(account(0), Leg::Debtor).len(), 3);
    // Far ahead: everything before is settled with what it saw, then forgotten.
    assert_eq!(add(&mut stream, "g", 1 << 50, 1), Came::Applied);
    assert_eq!(
        add(&mut stream, "a", 1 << 50, 9),
        Came::Applied,
        "an id beyond the horizon is free"
    );
    stream.finish(&mut |_, _| {});
    // One that did not come while it could be kept is given up, and counted.
    assert_eq!((stream.reverse("h", 1 << 50), stream.waiting()), (TakenBack::Waits, 1));
    assert_eq!(stream.reverse("h", 1 << 50), TakenBack::Again);
    assert_eq!(add(&mut stream, "i", (1 << 50) + 61, 1), Came::Applied);
    assert_eq!((add(&mut stream, "h", (1 << 50) + 61, 1), stream.waiting()), (Came::Applied, 1));
    assert_eq!(settled, ["b", "c", "a", "e"]);
}

/// A reversal that comes first after a silence is not given up by how long ago the last payment was.
#[test]
fn a_reversal_after_a_silence_waits_from_there_on() {
    let mut stream = Stream::new(40, 10);
    let mut add = |id: &str, time: i64, back: bool| {
        let ends = [Some(account(0)), Some(account(1))];
        let incoming = Incoming { id, ends, time, amount: None, content: 1 };
        if back {
            assert_eq!(stream.reverse(id, time), TakenBack::Waits);
        }
        stream.add(&incoming, &mut |_, _| {})
    };
    assert_eq!(add("a", 10, true), Came::Reversed, "before any payment");
    assert_eq!(add("b", 10, false), Came::Applied);
    assert_eq!(add("c", 500, true), Came::Reversed);
}
