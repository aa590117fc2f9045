//! The detector as parts of a snapshot, and back.
//!
//! What is bound to the rules is bound again when it is read; what was found, published and waited
//! for is written. What only saves work (decided profiles, searches) begins empty.
//!
//! Promises: a detector that is read back beside its ledger, under the same rules, finds and publishes
//! what the one that was written would have. Cost: linear in hits and tracks.

use super::activation::Identity;
use super::{Detector, Settings, Stats};
use crate::concern::Concerns;
use crate::episode::{Anchor, Memory, Track};
use crate::groups::Groups;
use crate::hits::Hits;
use crate::lists::Sent;
use palermo_domain::EventTime;
use palermo_domain::snapshot::{self, Sink, SnapshotError, Source};
use palermo_lang::program::RuleSet;
use palermo_ledger::{AccountId, Ledger};
use std::collections::{BTreeMap, BTreeSet};

/// What stands beside the large parts: the newest event times, here and of what is looked for on
/// linked accounts, and with whom; tracks that wait for something; counters.
type Rest = (
    (Option<EventTime>, EventTime, (EventTime, Vec<AccountId>)),
    (Waiting, BTreeMap<usize, EventTime>, Times, Times),
    Stats,
    Vec<((Identity, Anchor), Memory)>,
);
type Waiting = BTreeMap<u16, BTreeSet<usize>>;
type Times = BTreeSet<(EventTime, usize)>;

impl Detector {
    /// Hands everything over that is not bound to the rules.
    ///
    /// # Errors
    /// As the sink.
    pub fn write(&self, sink: &mut dyn Sink) -> Result<(), SnapshotError> {
        self.sent.write(sink)?;
        self.selections.write(sink)?;
        self.lacking.write(sink, |each| self.selections.pending(each))?;
        self.day_ends.write(sink)?;
        self.armed.write(sink)?;
        self.hits.write(sink)?;
        snapshot::put_all(sink, "tracks", &self.tracks, 256)?;
        self.concerns.write(sink)?;
        self.groups.write(sink)?;
        let newest = (self.newest, self.newest_far, self.asked.newest());
        let waiting = (&self.waiting, &self.found_anew, &self.settle, &self.closing);
        let memories: Vec<_> = self.memories.iter().collect();
        snapshot::put(sink, "detector", &(newest, waiting, &self.stats, memories))
    }

    /// A detector that was written, under the rules that were in force then, beside its ledger.
    ///
    /// # Errors
    /// Where a part is missing, damaged, or does not fit the rules.
    pub fn read(
        rules: RuleSet,
        settings: Settings,
        ledger: &mut Ledger,
        source: &mut dyn Source,
    ) -> Result<Self, SnapshotError> {
        let wanted = ledger.wanted();
        let mut detector = Self::with_lists(rules, settings, Sent::read(source)?, ledger);
        if ledger.wanted() != wanted {
            return Err(SnapshotError::new(
                "detector",
                "the rules are not those it was written under",
            ));
        }
        detector.selections.read(source)?;
        detector.lacking.read(source)?;
        detector.day_ends.read(source)?;
        detector.armed.read(source)?;
        detector.hits = Hits::read(source)?;
        detector.tracks = snapshot::take_all::<Track>(source, "tracks")?;
        for (index, track) in detector.tracks.iter().enumerate() {
            detector.by_anchor.entry(track.anchor).or_default().push(index);
        }
        detector.concerns = Concerns::read(source)?;
        detector.groups = Groups::read(source)?;
        let (newest, waiting, stats, memories): Rest = snapshot::take(source, "detector")?;
        let asked;
        (detector.newest, detector.newest_far, asked) = newest;
        detector.asked.set_newest(asked);
        (detector.waiting, detector.found_anew, detector.settle, detector.closing) = waiting;
        detector.stats = stats;
        detector.memories = memories.into_iter().collect();
        Ok(detector)
    }
}
