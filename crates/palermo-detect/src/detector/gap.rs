//! Going on after a gap in what was read, and saying so.
//!
//! Promises: every alert that looked at a time from which payments were lost says so, whatever windows
//! it looked over; without a gap every byte is as it would be if there were no gaps at all.
//! Cost: going on is linear in tracks, once; per alert a look at each gap, of which there are few.

use super::Detector;
use crate::groups::Groups;
use palermo_domain::EventTime;
use palermo_domain::alert::Against;
use palermo_lang::program::Typology;

/// A time from which payments are missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lost {
    /// What was decided before this is known; `None` where nothing is.
    pub after: Option<EventTime>,
    /// When the gap was accepted: nothing later is missing.
    pub until: EventTime,
}

impl Detector {
    /// Goes on without what was lost; `lost` is all of it, the newest last, and findings that were
    /// decided before `mute_before` are not published.
    ///
    /// The topics may hold more revisions than this state knows of: what was published counts as not
    /// published, and alerts have other ids from now on.
    pub fn go_on(&mut self, lost: Vec<Lost>, mute_before: Option<EventTime>) {
        self.lost = lost;
        self.settings.mute_before = mute_before;
        self.tracks.iter_mut().for_each(crate::episode::Track::unpublish);
        self.memories.values_mut().for_each(crate::episode::Memory::unpublish);
        self.groups = Groups::default();
    }

    /// What was lost before the state was written that this detector was read from.
    pub fn set_lost(&mut self, lost: Vec<Lost>) {
        self.lost = lost;
    }

    /// How many gaps were gone on after; part of the identity of an alert.
    pub(crate) fn gaps(&self) -> usize {
        self.lost.len()
    }

    /// What an alert that is decided at a time must say of payments that were lost.
    pub(crate) fn tell_lost<'a>(
        &'a self,
        typology: &Typology,
        time: EventTime,
    ) -> impl Iterator<Item = Against> + 'a {
        let from = self.looks_back_to(typology, time);
        let touches =
            move |lost: &&Lost| from <= lost.until && lost.after.is_none_or(|after| time >= after);
        self.lost.iter().filter(touches).map(|lost| {
            let between = match lost.after {
                Some(after) => format!("between {after} and {}", lost.until),
                None => format!("before {}", lost.until),
            };
            let text = format!(
                "some payments {between} were lost before they were read (a gap accepted at {}); \
                 what spoke for or against this may be among them",
                lost.until
            );
            Against { text, indicator: String::new() }
        })
    }

    /// The earliest time that a finding rests on: a hit of the first moment of its window has looked
    /// back as well, and so has every explanation.
    fn looks_back_to(&self, typology: &Typology, time: EventTime) -> EventTime {
        let reach = |id: palermo_lang::program::IndicatorId| {
            self.indicators.get(usize::from(id.0)).map(|bound| bound.reach)
        };
        let first = time.minus(typology.window);
        let hits = typology.indicators().filter_map(reach).map(|reach| first.minus(reach));
        let explained = typology.suppress.iter().filter_map(|id| {
            let bound = self.suppressors.get(usize::from(id.0))?;
            Some(time.minus(bound.reach))
        });
        hits.chain(explained).fold(first, EventTime::min)
    }
}
