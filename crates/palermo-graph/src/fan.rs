//! Fan and degree: how many different accounts paid an account, or were paid by it, and how often.
//!
//! Promises: exact in the window, through any selection, also where the payment that asks is not the
//! newest; cut by the budget, the newest payments are counted.
//! Cost: one look at each entry of the side in the window; hashing only in the past or with a
//! selection.

use crate::others::Others;
use crate::view::View;
use crate::work::{Answer, Spent, Work};
use palermo_ledger::Leg;

/// Which of the two ends is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FanAsk {
    /// [`Leg::Debtor`]: whom u paid (`fan_out`). [`Leg::Creditor`]: who paid v (`fan_in`).
    pub leg: Leg,
    /// Counting may stop where the number that is wanted has reached this: for those who only ask
    /// whether there are so many.
    pub enough: u32,
    /// Only the degree is wanted.
    pub degree_only: bool,
}

/// A fan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fan {
    /// The different accounts at the other end.
    pub fan: u32,
    /// The payments.
    pub degree: u32,
}

/// The search. See the module.
#[derive(Debug, Default)]
pub struct FanSearch {
    others: Others,
}

impl FanSearch {
    /// The fan of one end of the payment that asks.
    pub fn search(&mut self, view: &View<'_>, ask: &FanAsk, budget: u32) -> Answer<Fan> {
        let (mut work, mut fan) = (Work::new(budget), Fan::default());
        let end = self.count(view, *ask, &mut work, &mut fan);
        work.answer(fan, end)
    }

    fn count(
        &mut self,
        view: &View<'_>,
        ask: FanAsk,
        work: &mut Work,
        fan: &mut Fan,
    ) -> Result<(), Spent> {
        let at = view.at();
        let account = match ask.leg {
            Leg::Debtor => at.debtor,
            Leg::Creditor => at.creditor,
        };
        let side = view.side(account, ask.leg);
        self.others.of(&side);
        for look in side.looks().rev() {
            work.spend(1)?;
            let Some(step) = look else { continue };
            let wanted = if ask.degree_only { fan.degree } else { fan.fan };
            if wanted >= ask.enough {
                break;
            }
            fan.degree = fan.degree.saturating_add(1);
            fan.fan = fan.fan.saturating_add(u32::from(self.others.is_new(step)));
        }
        Ok(())
    }
}
