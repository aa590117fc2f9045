//! What is searched, and how far.

/// Work that a search may spend on one payment, unless the settings say otherwise.
pub const BUDGET: u32 = 4096;

/// Windows in the unit of the payments' times; `None`: not searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Distinct other ends of payer and payee in `(t - w, t]`.
    pub fan: Option<i64>,
    /// Payments of payer and payee in `(t - w, t]`.
    pub degree: Option<i64>,
    /// Accounts between a source and a sink in `[t - w, t]`, in any order.
    pub scatter_gather: Option<i64>,
    /// Sequences of accounts from payee back to payer with strictly increasing times in `[t - w, t)`.
    pub temp_cycle: Option<i64>,
    /// Simple cycles in `[t - w, t]`, in any order.
    pub lc_cycle: Option<i64>,
    /// Longest simple cycle, in payments.
    pub lc_cycle_len: u32,
    /// How much later than the newest payment one may come and still see its whole window.
    pub lateness: i64,
    /// Work that a search may spend on one payment.
    pub budget: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            fan: None,
            degree: None,
            scatter_gather: None,
            temp_cycle: None,
            lc_cycle: None,
            lc_cycle_len: 6,
            lateness: 0,
            budget: BUDGET,
        }
    }
}

impl Settings {
    /// The longest window, and the lateness: how long payments must be kept.
    pub fn span(&self) -> i64 {
        let windows = [self.fan, self.degree, self.scatter_gather, self.temp_cycle, self.lc_cycle];
        let longest = windows.into_iter().flatten().max().unwrap_or(0);
        longest.saturating_add(self.lateness)
    }
}
