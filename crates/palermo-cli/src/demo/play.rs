//! Playing a world through the pipeline: write all input, drive the task until it has met it all.

use super::place::{PARTITIONS, Place};
use super::words;
use crate::exit::{Exit, Failure};
use crate::out::Out;
use crate::run::BUILD;
use crate::screen::{Moment, Screen, grouped};
use crate::signals::Signals;
use palermo_domain::{Fate, OutputTopic, Span, TopicRole};
use palermo_engine::port::Clock;
use palermo_engine::{Counters, StartAt};
use palermo_runtime::{Config, Drive, Look, RunOptions, Services, SystemClock, announce, prepare};
use palermo_synth::{Disorder, World};
use std::ops::ControlFlow;
use std::sync::Arc;

/// The screen is fed so often.
const SHOW_EVERY: u64 = 5_000;
/// Without any progress for so long, something is wrong.
const STUCK_MS: u64 = 60_000;

/// What was played.
#[derive(Debug)]
pub(crate) struct Played {
    pub payments: u64,
    pub parties: u64,
    pub making_ms: u64,
    pub playing_ms: u64,
    counters: Counters,
}

impl Played {
    fn fate(&self, fate: Fate) -> u64 {
        total(&self.counters, TopicRole::Payments, |of| of == fate)
    }

    /// How many payments met which fate.
    pub(crate) fn fates(&self) -> serde_json::Value {
        Fate::ALL
            .iter()
            .map(|fate| (fate.as_str(), self.fate(*fate)))
            .collect::<serde_json::Value>()
    }

    /// In words.
    pub(crate) fn lines(&self) -> Vec<String> {
        let seconds = |ms: u64| format!("{}.{} s", ms / 1000, ms % 1000 / 100);
        let rate = self.payments.saturating_mul(1000).checked_div(self.playing_ms).unwrap_or(0);
        vec![
            format!(
                "{} payments of {} customers made in {}, read, judged and committed in {} ({}/s)",
                grouped(self.payments),
                grouped(self.parties),
                seconds(self.making_ms),
                seconds(self.playing_ms),
                grouped(rate)
            ),
            format!(
                "every payment met one fate: {} processed, {} late, {} duplicates, {} dead letters",
                grouped(self.fate(Fate::Processed)),
                grouped(self.fate(Fate::Late)),
                grouped(self.fate(Fate::Duplicate)),
                grouped(self.fate(Fate::DeadLetter))
            ),
        ]
    }
}

fn total(counters: &Counters, role: TopicRole, which: impl Fn(Fate) -> bool) -> u64 {
    let of_role = counters.fates.iter().filter(|(partition, _)| partition.role == role);
    let counts = of_role.flat_map(|(_, fates)| Fate::ALL.into_iter().zip(fates.counts));
    counts.filter(|(fate, _)| which(*fate)).map(|(_, n)| n).fold(0, u64::saturating_add)
}

/// Plays the world; `None` where somebody interrupted.
pub(crate) fn play(
    config: &Config,
    world: &World,
    place: &Place,
    signals: &Signals,
    screen: &mut Screen,
    out: &mut Out,
) -> Result<Option<Played>, Failure> {
    let bundle = prepare(config)?;
    let clock = SystemClock::new();
    let services = Services::new()?;
    announce(&services, &bundle, config, BUILD, &clock);
    let Some((payments, parties)) = write(world, place, signals, screen, out)? else {
        screen.end();
        return Ok(None);
    };
    let making_ms = clock.monotonic_ms();
    let options = RunOptions { start: Some(StartAt::Earliest), ..RunOptions::default() };
    let drive = Drive::new(config, &options, bundle, services, Arc::new(clock));
    let mut watch = Watch {
        clock,
        began_ms: making_ms,
        moved_ms: making_ms,
        payments,
        parties,
        done: 0,
        alerts: 0,
        counters: None,
        stuck: false,
    };
    screen.begin("detecting");
    let task = config.task.clone();
    let ended =
        drive.run(&mut || place.open(&task), &mut |look| watch.look(look, signals, screen, out));
    screen.end();
    ended?;
    let playing_ms = clock.monotonic_ms().saturating_sub(making_ms);
    if watch.stuck {
        return Err(Failure::words(
            Exit::Environment,
            format!("nothing was read for {} s; is the broker well?", STUCK_MS / 1000),
        ));
    }
    let counters = watch.counters.filter(|_| watch.done >= payments);
    Ok(counters.map(|counters| Played { payments, parties, making_ms, playing_ms, counters }))
}

/// Writes the month; returns how many payments (with those that come twice) and parties.
fn write(
    world: &World,
    place: &Place,
    signals: &Signals,
    screen: &mut Screen,
    out: &mut Out,
) -> Result<Option<(u64, u64)>, Failure> {
    let clock = SystemClock::new();
    let mut writer = place.writer()?;
    let (mut parties, mut payments) = (0_u64, 0_u64);
    for party in world.parties() {
        writer.party(&party)?;
        parties = parties.saturating_add(1);
    }
    // As it happens: within a minute of each other payments change places, one in a thousand comes
    // twice.
    let disorder = Disorder {
        seed: world.config().seed,
        partitions: PARTITIONS,
        duplicates_per_mille: 1,
        shuffle_within: Span::from_millis(60_000),
        ..Disorder::default()
    };
    screen.begin("making");
    let (first, days) = (world.config().start.midnight().0, u64::from(world.config().days));
    for record in disorder.apply(world.payments()) {
        writer.payment(&record)?;
        payments = payments.saturating_add(1);
        if payments.is_multiple_of(SHOW_EVERY) {
            if signals.stopped() {
                return Ok(None);
            }
            // The number of payments is not known before they are made: the days are.
            let passed_ms = record.ingest.0.saturating_sub(first).max(1).unsigned_abs();
            let month_ms = days.saturating_mul(86_400_000);
            let total = payments.saturating_mul(month_ms).checked_div(passed_ms).unwrap_or(0);
            let elapsed_ms = clock.monotonic_ms();
            let total = total.max(payments);
            let (done, lag_records, alerts) = (payments, None, None);
            screen.show(Moment { done, total, elapsed_ms, lag_records, alerts }, out);
        }
    }
    writer.finish()?;
    Ok(Some((payments, parties)))
}

struct Watch {
    clock: SystemClock,
    began_ms: u64,
    moved_ms: u64,
    payments: u64,
    parties: u64,
    done: u64,
    alerts: usize,
    counters: Option<Counters>,
    stuck: bool,
}

impl Watch {
    fn look(
        &mut self,
        look: Look<'_>,
        signals: &Signals,
        screen: &mut Screen,
        out: &mut Out,
    ) -> ControlFlow<()> {
        for record in look.committed.iter().filter(|record| record.topic == OutputTopic::Alerts) {
            let text = record.value.as_deref().and_then(words::AlertText::read);
            if let Some(text) = text.filter(words::AlertText::created) {
                self.alerts = self.alerts.saturating_add(1);
                screen.line(&text.short(), out);
            }
        }
        let now_ms = self.clock.monotonic_ms();
        let Some(counters) = look.counters else { return self.patience(now_ms, signals) };
        let done = total(counters, TopicRole::Payments, |_| true);
        if done > self.done || self.done == 0 && look.stats.preloading {
            self.moved_ms = now_ms;
        }
        self.done = done;
        let moment = Moment {
            done,
            total: self.payments,
            elapsed_ms: now_ms.saturating_sub(self.began_ms),
            lag_records: Some(self.payments.saturating_sub(done)),
            alerts: Some(self.alerts),
        };
        screen.show(moment, out);
        let parties = total(counters, TopicRole::Parties, |_| true);
        if done >= self.payments && parties >= self.parties {
            self.counters = Some(counters.clone());
            return ControlFlow::Break(());
        }
        self.patience(now_ms, signals)
    }

    fn patience(&mut self, now_ms: u64, signals: &Signals) -> ControlFlow<()> {
        self.stuck = now_ms.saturating_sub(self.moved_ms) > STUCK_MS;
        if self.stuck || signals.stopped() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }
}
