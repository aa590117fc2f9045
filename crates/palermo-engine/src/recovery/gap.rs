//! Going on without what was lost (`--accept-gap`), and what that is afterwards.
//!
//! A gap is a new start of the same task: from the state of a snapshot that the topics no longer reach
//! back to, at the positions where they begin. Its first progress record names the snapshot, and
//! everything after it is folded from there on; so it is recovered as any other start, without the
//! operator saying anything again.
//!
//! Promises: nothing is gone on without unless the operator says so at this very start and nothing else
//! is in the way; which offsets were lost is on record.

use super::{Facts, History, Origin, Positions, Segment, agrees, check_bundles, notes};
use crate::EngineStop;
use crate::recovery::Base;
use crate::snapshot::Head;
use palermo_codec::{Gap, Progress, Scheduled, Started};
use palermo_domain::TopicRole;

/// The plan of a start that goes on without what was lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accept {
    /// The snapshots that can be gone on from, the newest first; never empty. The newest gap of
    /// the new start lacks the watermark of the state, which only the state itself says.
    pub bases: Vec<Base>,
    /// What was committed: lost beyond it is what was never read.
    pub committed: Positions,
    /// Number of the last progress record.
    pub seq: u64,
    /// Hash of the bundle to activate, where the snapshot has another.
    pub in_force: String,
    /// What waits for its time.
    pub scheduled: Option<Scheduled>,
    /// Hash of the bundle that was in force before the last one.
    pub before: Option<String>,
    /// Words for the operator.
    pub notes: Vec<String>,
}

impl Accept {
    /// What is gone on without, in words.
    pub fn tell(&self, gap: &Gap) -> String {
        let each = gap.lost.iter().map(|(partition, (from, to))| {
            let committed = self.committed.get(partition).copied().unwrap_or_default();
            let never = if *to > committed {
                format!(" (from {} on never read)", committed.max(*from))
            } else {
                String::new()
            };
            format!("{partition} {from} to {to}{never}")
        });
        let each: Vec<String> = each.collect();
        format!(
            "`--accept-gap`: going on from snapshot {} without the offsets {}; alerts that look back \
             before {} say so, and those that were open are not updated any more",
            gap.base,
            each.join(", "),
            gap.until
        )
    }
}

/// Whether a stop is for want of records that are gone.
pub(super) fn is_one(stop: &EngineStop) -> bool {
    matches!(stop.code, "log_truncated" | "progress_gap")
}

/// How the task can go on without what is gone.
pub(super) fn accept(
    facts: &Facts,
    history: &History,
    stop: EngineStop,
) -> Result<Accept, EngineStop> {
    let mut accept = Accept {
        bases: Vec::new(),
        committed: facts.committed.clone(),
        seq: history.seq,
        in_force: history.to_be_in_force(facts).to_owned(),
        scheduled: history.still_waits(facts),
        before: history.last.before.clone(),
        notes: notes(facts, history),
    };
    let mut passed = Vec::new();
    for head in &facts.snapshots {
        match without_what_is_gone(facts, history, head) {
            Ok(base) => accept.bases.push(base),
            Err(why) => passed.push(format!("snapshot {} is passed over: {why}", head.seq)),
        }
    }
    if !accept.bases.is_empty() {
        accept.notes.extend(passed);
        return Ok(accept);
    }
    let passed: Vec<String> = passed.iter().map(|why| format!("; {why}")).collect();
    Err(EngineStop {
        code: stop.code,
        reason: format!(
            "{}; `--accept-gap` goes on from a snapshot, and there is none that it could go on \
             from: begin a new task{}",
            stop.reason,
            passed.concat()
        ),
    })
}

/// The new start from a snapshot that the topics no longer reach back to.
fn without_what_is_gone(facts: &Facts, history: &History, head: &Head) -> Result<Base, String> {
    let is_of_it = head.task == history.task && head.started == history.started;
    if !is_of_it && !history.is_base(head) {
        return Err("it is of another task, or of another start of this one".to_owned());
    }
    agrees(facts, history, head)?;
    let mut gap = Gap { base: head.seq, after: None, until: facts.now, ..Gap::default() };
    let mut positions = head.positions.clone();
    for (partition, extent) in &facts.extents {
        let position = positions.entry(*partition).or_default();
        if partition.role == TopicRole::Control {
            // What operators asked for was judged and is on record; it is not asked for again.
            let committed = facts.committed.get(partition).copied().unwrap_or_default();
            *position = committed.max(*position);
        }
        if extent.start > *position {
            gap.lost.insert(*partition, (*position, extent.start));
            *position = extent.start;
        }
    }
    if gap.lost.is_empty() {
        return Err("nothing of what follows it is gone".to_owned());
    }
    let since = positions.clone();
    let segments = vec![Segment {
        bundle: head.bundle.clone(),
        since,
        first_seq: history.seq.saturating_add(1),
    }];
    check_bundles(facts, &segments).map_err(|stop| stop.reason)?;
    let mut gaps = history.started.gaps.clone();
    gaps.push(gap);
    let started = Started {
        positions: positions.clone(),
        // Where the snapshot was taken before they were reached, they still come first.
        preload_ends: head.started.preload_ends.clone(),
        // What was found before was published.
        warm_up_until: history.watermark.max(history.started.warm_up_until),
        gaps,
    };
    Ok(Base { snapshot: Some(head.clone()), from: positions, segments, anew: Some(started) })
}

/// The snapshot that the task went on from after its newest gap.
pub(super) fn base_of<'a>(facts: &'a Facts, history: &History) -> Result<&'a Head, EngineStop> {
    let fits = |head: &&Head| {
        let bundle = history.segments.first().map(|segment| &segment.bundle);
        history.is_base(head)
            && bundle == Some(&head.bundle)
            && agrees(facts, history, head).is_ok()
    };
    facts.snapshots.iter().find(fits).ok_or_else(|| EngineStop {
        code: "log_truncated",
        reason: format!(
            "task `{}` went on after a gap from snapshot {}, and that is not there any more: the \
             topics alone do not say what came before",
            history.task,
            history.started.gaps.last().map_or(0, |gap| gap.base)
        ),
    })
}

impl History {
    /// Whether the task went on from this snapshot after its newest gap.
    pub(super) fn is_base(&self, head: &Head) -> bool {
        let gaps = (&self.started.gaps[..], &head.started.gaps[..]);
        head.task == self.task
            && self.started.gaps.last().is_some_and(|gap| gap.base == head.seq)
            && gaps.0.len() > gaps.1.len()
            && gaps.0.starts_with(gaps.1)
    }

    /// Whether every record after the one with this number is known.
    pub(super) fn reaches(&self, seq: u64) -> bool {
        match self.origin {
            Origin::Start | Origin::Gap => true,
            Origin::Snapshot(known) => seq >= known,
            Origin::Record(oldest) => seq.saturating_add(1) >= oldest,
        }
    }

    /// A replay from the first start is not to be had after a gap.
    pub(super) fn check_whole(&self) -> Result<(), EngineStop> {
        let Some(gap) = self.started.gaps.last() else { return Ok(()) };
        Err(EngineStop {
            code: "log_truncated",
            reason: format!(
                "task `{}` went on after a gap, accepted at {}, from snapshot {}: what came before is \
                 not in the topics, so nothing can be replayed from its beginning",
                self.task, gap.until, gap.base
            ),
        })
    }

    /// A record that names one gap more begins everything that is folded anew.
    pub(super) fn begin_anew(&mut self, progress: &Progress) -> Result<(), EngineStop> {
        let (before, now) = (&self.started.gaps, &progress.started.gaps);
        if now.len() != before.len().saturating_add(1) || !now.starts_with(before) {
            return Err(EngineStop {
                code: "progress_gap",
                reason: format!(
                    "progress record {} of task `{}` tells of other gaps than the one before it",
                    progress.seq, self.task
                ),
            });
        }
        let seq = self.seq;
        *self = Self { seq, origin: Origin::Gap, ..Self::before(progress) };
        Ok(())
    }
}
